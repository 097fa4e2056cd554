import type { Knex } from 'knex';
import type { BookmarkOptions, CookieOptions } from './bookmark-options.js';
import type { DatabaseRoutingOptions } from './database-routing-options.js';
import type { EngineOptions, SlaveOptions } from './engine-options.js';
import * as as from './env-readers.js';
import { type Each, type Target, variablesOf } from './env-table.js';
import type { FailoverOptions, HealthOptions, MasterBudgetOptions } from './health-options.js';
import type { PinOptions } from './pin-options.js';

const POOL = {
  min: as.number,
  max: as.number,
  acquireTimeoutMillis: as.number,
  createTimeoutMillis: as.number,
  createRetryIntervalMillis: as.number,
  destroyTimeoutMillis: as.number,
  idleTimeoutMillis: as.number,
  reapIntervalMillis: as.number,
  maxConnectionLifetimeMillis: as.number,
  maxConnectionLifetimeJitterMillis: as.number,
  propagateCreateError: as.flag,
  afterCreate: undefined,
  validate: undefined,
  log: undefined,
  // of the pool that Knex had before; today's refuses them
  name: undefined,
  refreshIdle: undefined,
  returnToHead: undefined,
  priorityRange: undefined,
} satisfies Each<Knex.PoolConfig>;

const MIGRATIONS = {
  database: as.text,
  directory: as.oneOrMore,
  extension: as.text,
  stub: as.text,
  tableName: as.text,
  schemaName: as.text,
  disableTransactions: as.flag,
  disableMigrationsListValidation: as.flag,
  sortDirsSeparately: as.flag,
  loadExtensions: as.list,
  name: as.text,
  migrationSource: undefined,
} satisfies Each<Knex.MigratorConfig>;

const SEEDS = {
  directory: as.oneOrMore,
  extension: as.text,
  loadExtensions: as.list,
  specific: as.text,
  timestampFilenamePrefix: as.flag,
  recursive: as.flag,
  sortDirsSeparately: as.flag,
  stub: as.text,
  variables: undefined,
  seedSource: undefined,
} satisfies Each<Knex.SeederConfig>;

const ENGINE = {
  connection: as.text,
  pool: { parts: POOL },
  acquireConnectionTimeout: as.number,
  searchPath: as.list,
  version: as.text,
  connectionPool: undefined,
} satisfies Each<EngineOptions>;

const SLAVE = { ...ENGINE, weight: as.number } satisfies Each<SlaveOptions>;

const COOKIE = {
  name: as.text,
  path: as.text,
  domain: as.text,
  sameSite: as.text,
  secure: as.flag,
  httpOnly: as.flag,
} satisfies Each<CookieOptions>;

const BOOKMARK = {
  secret: as.oneOrMore,
  waitMs: as.number,
  maxAgeSeconds: as.number,
  cookie: { parts: COOKIE, whole: as.off },
  header: as.textOrOff,
  store: undefined,
  key: undefined,
  messages: as.flag,
  sockets: as.flag,
} satisfies Each<BookmarkOptions>;

const PIN = {
  by: as.text,
  seconds: as.number,
  cookie: { parts: COOKIE },
  unsafeMethods: as.flag,
  handlers: as.list,
  when: undefined,
  cookieless: undefined,
} satisfies Each<PinOptions>;

const HEALTH = {
  intervalMs: as.number,
  timeoutMs: as.number,
  maxLagMs: as.number,
  maxLagBytes: as.number,
  slowMs: as.number,
  slowStartMs: as.number,
} satisfies Each<HealthOptions>;

const FAILOVER = { waitMs: as.number } satisfies Each<FailoverOptions>;

const MASTER_BUDGET = {
  perSecond: as.number,
  share: as.number,
  otherwise: as.text,
  waitMs: as.number,
} satisfies Each<MasterBudgetOptions>;

const SET = {
  client: as.text,
  debug: as.flag,
  jsonbSupport: as.flag,
  pool: ENGINE.pool,
  acquireConnectionTimeout: ENGINE.acquireConnectionTimeout,
  searchPath: ENGINE.searchPath,
  version: ENGINE.version,
  migrations: { parts: MIGRATIONS },
  seeds: { parts: SEEDS },
  useNullAsDefault: as.flag,
  asyncStackTraces: as.flag,
  compileSqlOnError: as.flag,
  fetchAsString: as.list,
  defaultDateTimePrecision: as.number,
  dialect: undefined, // what `client` says
  postProcessResponse: undefined,
  wrapIdentifier: undefined,
  log: undefined,
  master: undefined, // below, and so are slaves
  slaves: undefined,
  mode: as.text,
  balancer: as.text,
  slavePer: as.text,
  reads: as.text,
  tables: as.pairs,
  consistency: as.consistency,
  bookmark: { parts: BOOKMARK },
  pin: { parts: PIN },
  health: { parts: HEALTH },
  failover: { parts: FAILOVER, whole: as.off },
  readThenWrite: as.text,
  noContext: as.text,
  hedge: as.flag,
  retryWrites: as.text,
  masterBudget: { parts: MASTER_BUDGET },
  exposeDecisions: as.flag,
  router: undefined,
  classify: undefined,
  logger: undefined,
  name: undefined, // most apps call their database by DATABASE_NAME, and Nest's tokens are made of it before any factory runs
} satisfies Each<DatabaseRoutingOptions>;

/** By a variable's name without its prefix: what holds for the whole set, and for the master. */
export const SET_VARIABLES: ReadonlyMap<string, Target> = new Map([
  ...variablesOf(SET),
  ...variablesOf(ENGINE, ['master']),
]);

/** What may follow a slave's name. */
export const SLAVE_VARIABLES: ReadonlyMap<string, Target> = new Map(variablesOf(SLAVE));
