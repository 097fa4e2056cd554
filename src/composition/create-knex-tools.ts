import type { Balancer } from '../balancer/balancer.js';
import type { Clock } from '../clock.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { Explainer } from '../dispatch/explainer.js';
import { Hedging } from '../dispatch/hedging.js';
import { MissedGuards } from '../dispatch/missed-guards.js';
import { LaggingCatalogues, NAMES_AT_ONCE, NAMES_PER_SECOND } from '../dispatch/lagging-catalogues.js';
import { OtherSlave } from '../dispatch/other-slave.js';
import { RETRIES_AT_ONCE, RETRIES_PER_SECOND, Retries } from '../dispatch/retries.js';
import type { ReadThenWrite } from '../dispatch/read-then-write.js';
import { SeenTracker } from '../dispatch/seen-tracker.js';
import { SlaveGrants } from '../dispatch/slave-grants.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { Freshness } from '../freshness/freshness.js';
import type { Health } from '../health/health.js';
import { TokenBucket } from '../health/token-bucket.js';
import type { AskName } from '../intent/name-question.js';
import type { QueryClassifier } from '../intent/query-classifier.js';
import { HeldConnections } from '../knex/held-connections.js';
import type { KnexTools } from '../knex/knex-parts.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Observer } from '../dispatch/observer.js';
import type { ByMode } from '../routing/by-mode.js';
import type { Decider } from '../routing/decider.js';
import type { Foresight } from '../routing/foresight.js';
import { DecisionAnnouncer, type RoutingEvents } from '../routing/decision-announcer.js';

/** What a query meets on its way, as it stands already. */
export interface Rooms {
  readonly engines: EngineRegistry;
  readonly classifier: QueryClassifier;
  readonly balancer: Balancer;
  readonly decider: Decider;
  readonly byMode: ByMode;
  readonly observer: Observer;
  readonly readThenWrite: ReadThenWrite | undefined;
  readonly foresight: Foresight;
  readonly health: Health | undefined;
  /** Undefined where positions can't be told. */
  readonly freshness: Freshness | undefined;
  /** Whether clients carry positions; else what they have seen is kept by time. */
  readonly clientsByPosition: boolean;
  readonly events: RoutingEvents;
  readonly askName: AskName;
  readonly clock: Clock;
}

/** What all routed Knexes of a set share. */
export function createKnexTools(options: ResolvedOptions, rooms: Rooms): KnexTools {
  const { name: set, logger, retryWrites: writes, failover } = options;
  const { engines, classifier, decider, foresight, health, freshness, clientsByPosition, events, clock } =
    rooms;
  const { askName, byMode, observer, readThenWrite } = rooms;
  const names = new TokenBucket(NAMES_AT_ONCE, NAMES_PER_SECOND, clock);
  const lagging = new LaggingCatalogues({ engines, decider, classifier, freshness, askName, budget: names });
  const isContested = () => health?.isContested === true;
  const misses = new MissedGuards(options.bookmark.waitMs / 4, clock);
  const tracker = new SeenTracker(freshness, clientsByPosition, misses, classifier.writes);
  const announcer = new DecisionAnnouncer(engines, logger, events);
  const shared = { set, classifier, isContested, byMode, observer };
  const dispatcher = new Dispatcher({ ...shared, decider, announcer, tracker, logger, lagging });
  const budget = new TokenBucket(RETRIES_AT_ONCE, RETRIES_PER_SECOND, clock);
  const grants = new SlaveGrants(() => engines.master, logger);
  const hedging =
    options.hedge && health && engines.balancing ? createHedging(options, rooms, announcer) : undefined;
  const retries = new Retries({ health, grants, writes, waitMs: failover.waitMs, budget, events, clock });
  const held = new HeldConnections();
  const { rules } = decider;
  const explainer = new Explainer({ ...shared, engines, rules, foresight, readThenWrite });
  return {
    engines,
    dispatcher,
    tracker,
    misses,
    held,
    retries,
    lagging,
    hedging,
    readThenWrite,
    explainer,
    observer,
    clock,
  };
}

function createHedging(
  { bookmark: { waitMs } }: ResolvedOptions,
  { engines, balancer, freshness, byMode: { mode }, clock }: Rooms,
  announcer: DecisionAnnouncer,
): Hedging {
  return new Hedging({
    others: new OtherSlave({ engines, balancer, freshness, mode, waitMs }),
    announcer,
    clock,
  });
}
