import knex, { type Knex } from 'knex';
import type { Consistency } from '../context/consistency.js';
import type { EngineChoice } from '../context/context.js';
import { KNEX_EVENTS, type KnexClient, type KnexWithContext, clientOf } from '../knex-internals.js';
import type { KnexParts } from './knex-parts.js';
import type { SessionMethods } from './session-methods.js';
import { methodProperties } from './transaction-methods.js';
import { routedClientClass } from './routed-client.js';

declare module 'knex' {
  namespace Knex {
    /** A transaction stays on its engine, whatever is named inside: `usingEngine(name)` is the transaction itself. */
    interface Transaction<TRecord extends {} = any, TResult = any[]> extends SessionMethods {}
    interface QueryBuilder<TRecord extends {} = any, TResult = any> {
      /** Runs this query on an engine, or with `'slave'` on any slave (rule 3). A write still goes to the master. */
      usingEngine(engine: string): this;
      /** How fresh this read is: `'session'`, `'eventual'`, `'strong'` or `bounded(maxLagMs)`. */
      consistency(consistency: Consistency): this;
    }
    interface Raw<TResult = any> {
      /** Runs this query on an engine, or with `'slave'` on any slave (rule 3). A write still goes to the master. */
      usingEngine(engine: string): this;
      /** How fresh this read is: `'session'`, `'eventual'`, `'strong'` or `bounded(maxLagMs)`. */
      consistency(consistency: Consistency): this;
    }
  }
}

export type RoutedKnex = Knex & SessionMethods;

/** A Knex whose queries are dispatched, by the configuration that all engines share. */
export function createRoutedKnex(config: Knex.Config, parts: KnexParts): RoutedKnex {
  const { engines, knexEngine, methods } = parts;
  const client = routedClientClass(parts) as unknown as typeof Knex.Client;
  const routed = knex({ ...config, client });
  const engine = engines.find(knexEngine ?? 'master') ?? engines.master;
  const shown = clientOf(engine.knex);
  const { client: name, connection } = shown.config;
  Object.assign(clientOf(routed).config, { client: name, ...(connection && { connection }) });
  return extend(routed, methods, shown, knexEngine);
}

/** Lets listeners on the routed Knex hear the queries of a Knex that names an engine. */
export function forwardEvents(from: Knex, to: Knex): void {
  for (const event of KNEX_EVENTS) {
    clientOf(from).on(event, (...args: unknown[]) => clientOf(to).emit(event, ...args));
  }
}

/** Gives a Knex, and each copy that `withUserParams` makes of it, the methods, and the master for migrations and seeds. */
function extend(
  routed: Knex,
  methods: SessionMethods,
  shown: KnexClient,
  knexEngine: EngineChoice | undefined,
): RoutedKnex {
  showAs(clientOf(routed), shown);
  const properties = methodProperties(methods);
  if (knexEngine !== 'master') {
    const onMaster = () => copyFor(routed, methods.usingEngine('master'));
    properties['migrate'] = { get: () => onMaster().migrate, configurable: true };
    properties['seed'] = { get: () => onMaster().seed, configurable: true };
  }
  const { context } = routed as KnexWithContext;
  const withUserParams = context.withUserParams.bind(context);
  context.withUserParams = (params) => extend(withUserParams(params), methods, shown, knexEngine);
  return Object.defineProperties(routed, properties) as RoutedKnex;
}

/** What other libraries look up on `knex.client` is the engine's; not enumerable, since `withUserParams` copies deeply. */
function showAs(client: KnexClient, shown: KnexClient): void {
  for (const field of ['pool', 'driver', 'version', 'connectionSettings'] as const) {
    Object.defineProperty(client, field, { get: () => shown[field], configurable: true, enumerable: false });
  }
}

/** The master's Knex as if it were another: with that one's user params, and heard by that one's listeners only. */
function copyFor(routed: Knex, master: Knex): Knex {
  const copy = master.withUserParams(routed.userParams);
  clientOf(copy).removeAllListeners();
  forwardEvents(copy, routed);
  return copy;
}
