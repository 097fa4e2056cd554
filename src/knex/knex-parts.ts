import type { Clock } from '../clock.js';
import type { EngineChoice } from '../context/context.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { Explainer } from '../dispatch/explainer.js';
import type { Hedging } from '../dispatch/hedging.js';
import type { MissedGuards } from '../dispatch/missed-guards.js';
import type { LaggingCatalogues } from '../dispatch/lagging-catalogues.js';
import type { Observer } from '../dispatch/observer.js';
import type { ReadThenWrite } from '../dispatch/read-then-write.js';
import type { Retries } from '../dispatch/retries.js';
import type { SeenTracker } from '../dispatch/seen-tracker.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import { InvalidOptionsError } from '../errors.js';
import type { KnexClient, KnexConnection } from '../knex-internals.js';
import { type EngineViews, viewedEngine } from './engine-view.js';
import type { SessionMethods } from './session-methods.js';
import type { HeldConnections } from './held-connections.js';

/** What all routed Knexes of a set share. */
export interface KnexTools {
  readonly engines: EngineRegistry;
  readonly dispatcher: Dispatcher;
  readonly tracker: SeenTracker;
  readonly misses: MissedGuards;
  readonly held: HeldConnections;
  readonly retries: Retries;
  readonly lagging: LaggingCatalogues;
  /** Undefined where no read is asked of two slaves. */
  readonly hedging: Hedging | undefined;
  /** Undefined where nobody asks for it. */
  readonly readThenWrite: ReadThenWrite | undefined;
  readonly explainer: Explainer;
  /** Undefined where nobody asks for a report. */
  readonly observer?: Observer;
  readonly clock: Clock;
}

/** What a routed Knex shows to its users beyond Knex, and how it begins and ends. */
export interface KnexFace {
  readonly methods: SessionMethods;
  /** Lets all engines connect again, after they were destroyed. */
  readonly initialize: () => void;
  /** Ends all engines, or the master where the Knex names it; refused where it names a slave. */
  readonly destroy: () => Promise<void>;
}

/** What one routed Knex is put together from. Its classes keep it in a closure, since Knex copies clients field by field. */
export interface KnexParts extends KnexTools, KnexFace {
  /** The engine that this Knex names; undefined on the routed one. */
  readonly knexEngine: EngineChoice | undefined;
  readonly views: EngineViews;
}

/** Whose connections a client hands out: those of the engine that it views, else of the one that the Knex names. */
export function engineOf(client: KnexClient, { dispatcher, knexEngine }: KnexParts): Engine {
  return viewedEngine(client) ?? dispatcher.connection(knexEngine);
}

/** The client of the engine that a connection belongs to. */
export function ownerOf(connection: KnexConnection, client: KnexClient, parts: KnexParts): KnexClient {
  return (parts.held.engineOf(connection) ?? engineOf(client, parts)).knex.client as KnexClient;
}

/** Its slave would stay in the set, and fail. */
export async function refuseDestroy(): Promise<void> {
  throw new InvalidOptionsError(
    "destroy() of a Knex that names a slave: the slave would stay in the set. It leaves by engines.remove('slave1'), and destroy() of " +
      'the routing closes all.',
  );
}
