import type { Knex } from 'knex';
import type { Balancer, BalancerName } from '../balancer/balancer.js';
import type { ClassifySql } from '../intent/intent.js';
import type { QueryRouter } from './query-router.js';
import type { Consistency } from '../context/consistency.js';
import type { BookmarkOptions } from './bookmark-options.js';
import type { Mode } from './mode.js';
import type { FailoverOptions, HealthOptions, MasterBudgetOptions } from './health-options.js';
import type { EngineOptions } from './engine-options.js';
import type { PinOptions } from './pin-options.js';
import type { RoutingLogger } from '../routing-logger.js';
import type { Slaves } from './slave-source.js';

/** Knex's own configuration, without what differs from engine to engine. */
export type SharedKnexOptions = Omit<Knex.Config, 'connection' | 'connectionPool'>;

/**
 * What `DatabaseRoutingModule.forRoot` and `createDatabaseRouting` take: Knex's own keys (`client`, `pool`,
 * `migrations`, `postProcessResponse`, …) for all engines, and the keys below. Unknown keys are refused.
 */
export interface DatabaseRoutingOptions extends SharedKnexOptions {
  /** Where writes go. */
  master: EngineOptions;
  /**
   * Where reads go, by name. None: everything runs on the master. The master may be listed again under another name. Or a
   * source that finds them while the app runs, such as `fromDns({ host, connection })`.
   */
  slaves?: Slaves;
  /**
   * Whether reads go to slaves at all. `'shadow'`: everything runs on the master, and `routing.report()` tells what would have gone to
   * slaves; none need be configured. `'master'`: everything runs on the master. `routing.mode` changes it while the app runs. Default `'on'`.
   */
  mode?: Mode;
  /** How a slave is chosen among those that may serve. Default `'least-busy'`. */
  balancer?: BalancerName | Balancer;
  /** Whether one context (a request, a message, a job) keeps the slave it first read from. Default `'context'`. */
  slavePer?: 'context' | 'query';
  /** `'master'`: only what `tables`, `router` or a force sends to a slave is read there. Default `'slaves'`. */
  reads?: 'slaves' | 'master';
  /**
   * Engine by table for reads, `'slave'` for any slave. Of several tables in a query, one on the master decides. With `reads:
   * 'master'` a query goes to a slave only if all its tables are named. Default: none.
   */
  tables?: Readonly<Record<string, string>>;
  /** The user's own rule for reads; asked before `tables`. Undefined: no opinion. Default: none. */
  router?: QueryRouter;
  /** How fresh reads are where nobody says otherwise. Default `'session'`. */
  consistency?: Consistency;
  /** How a client's session goes on from one request to the next, on PostgreSQL with slaves. */
  bookmark?: BookmarkOptions;
  /** What counts as a write; and for how long a writer reads from the master where positions can't be told. */
  pin?: PinOptions;
  /**
   * What becomes of a write to a table that the same request, message or job has read on a slave before: what it was decided
   * by may be old. `'warn'`: the log tells it, once for each shape of query, with the file and line that waits for it.
   * `'refuse'`: it throws `ReadThenWriteError` and is not sent. `'off'`: nothing. Reading the table on the master in between
   * settles the matter. Default `'warn'`.
   */
  readThenWrite?: 'warn' | 'refuse' | 'off';
  /**
   * What becomes of a read that belongs to no request, message or job. `'refuse'`: it throws `NoContextError`, unless an engine is named
   * for it; for teams that want to know of all work that nothing frames. What guards and middleware read belongs to their request.
   * Default `'master'`.
   */
  noContext?: 'master' | 'refuse';
  /** How the engines are watched, and when a slave serves no reads. */
  health?: HealthOptions;
  /** Whether a promoted slave takes the writes; `false`: the configured master stays the master. */
  failover?: FailoverOptions | false;
  /**
   * Whether a read that waits for its slave longer than 99 of 100 do is asked of a second slave as well, on PostgreSQL: at most 2 % more
   * reads, and 100 at once. Default true.
   */
  hedge?: boolean;
  /**
   * Whether a write that failed for the master's sake is run again. `'safe'`: where it was certainly not applied, once there
   * is a master again, within `failover.waitMs`. Default `'never'`.
   */
  retryWrites?: 'never' | 'safe';
  /** How many reads the master takes over while no slave may serve. Default: all. */
  masterBudget?: MasterBudgetOptions;
  /**
   * The last word on SQL that can't be proved a read: on PostgreSQL what can't be parsed or names unknown functions, on
   * other databases all raw SQL. Return `'read'`, `'write'`, or undefined for no opinion; asked once per text.
   */
  classify?: ClassifySql;
  /** Every HTTP response names the engines that served it in a `Database-Engine` header. Default false. */
  exposeDecisions?: boolean;
  /** Where log lines go. Default: nowhere; the Nest module puts Nest's `Logger` here. */
  logger?: RoutingLogger;
  /** Name of this set of engines, where an app has several. Default `'default'`. The Nest module sets it from `forRoot({ name })`. */
  name?: string;
}
