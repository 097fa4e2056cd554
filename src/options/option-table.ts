import type { Knex } from 'knex';
import { BALANCER_NAMES } from '../balancer/balancer.js';
import { checkConsistency } from '../context/consistency.js';
import type { BookmarkOptions, CookieOptions } from './bookmark-options.js';
import { refuse } from './check.js';
import type { DatabaseRoutingOptions } from './database-routing-options.js';
import type { EngineOptions, SlaveOptions } from './engine-options.js';
import type { FailoverOptions, HealthOptions, MasterBudgetOptions } from './health-options.js';
import { MODES } from './mode.js';
import * as a from './option-check.js';
import type { CheckOption, Checks } from './option-check.js';
import type { CookielessOptions, PinOptions } from './pin-options.js';
import { checkHandlers } from './pinned-handlers.js';
import { TOKEN } from './token.js';

/** What may stand in a cookie's attribute (RFC 6265, path-value). */
const ATTRIBUTE = /^[\x20-\x3A\x3C-\x7E]+$/;

const POOL = {
  min: a.limit,
  max: a.limit,
  acquireTimeoutMillis: a.waitMs,
  createTimeoutMillis: a.waitMs,
  createRetryIntervalMillis: a.waitMs,
  destroyTimeoutMillis: a.waitMs,
  idleTimeoutMillis: a.waitMs,
  reapIntervalMillis: a.waitMs,
  maxConnectionLifetimeMillis: a.limit,
  maxConnectionLifetimeJitterMillis: a.limit,
  propagateCreateError: a.flag,
  afterCreate: a.func('(connection, done)'),
  validate: a.func('(connection)'),
  log: a.func('(message, level)'),
  // of the pool that Knex had before; today's refuses them
  name: a.anything,
  refreshIdle: a.anything,
  returnToHead: a.anything,
  priorityRange: a.anything,
} satisfies Checks<Knex.PoolConfig>;

/** A slave without one is told with its name, where all of its options are looked at. */
const ENGINE = {
  connection: isConnection,
  connectionPool: a.object,
  pool: a.group(POOL),
  acquireConnectionTimeout: a.waitMs,
  searchPath: a.textOrTexts,
  version: a.text,
} satisfies Checks<EngineOptions>;

const SLAVE = {
  ...ENGINE,
  weight: a.number('a number, 0 or more', (value) => value >= 0 && Number.isFinite(value)),
} satisfies Checks<SlaveOptions>;

const COOKIE = {
  name: a.matching("a cookie's name", TOKEN),
  path: a.matching("a cookie's", ATTRIBUTE),
  domain: a.matching("a cookie's", ATTRIBUTE),
  sameSite: a.oneOf('lax', 'strict', 'none'),
  secure: a.flag,
  httpOnly: a.flag,
} satisfies Checks<CookieOptions>;

const BOOKMARK = {
  secret: a.textOrTexts,
  waitMs: a.waitMs,
  maxAgeSeconds: a.seconds,
  cookie: a.unlessOff(a.group(COOKIE)),
  header: a.unlessOff(a.matching("a header's name or false", TOKEN)),
  store: a.store,
  key: a.func('(request) that names the client'),
  messages: a.flag,
  sockets: a.flag,
} satisfies Checks<BookmarkOptions>;

const COOKIELESS = { store: a.store, cookie: a.group(COOKIE) } satisfies Checks<CookielessOptions>;

const PIN = {
  by: a.oneOf('position', 'time'),
  seconds: a.seconds,
  cookie: a.group(COOKIE),
  unsafeMethods: a.flag,
  handlers: (_path, value) => checkHandlers(value),
  when: a.func('(request) that says whether it writes'),
  cookieless: a.group(COOKIELESS),
} satisfies Checks<PinOptions>;

const HEALTH = {
  intervalMs: a.periodMs,
  timeoutMs: a.periodMs,
  maxLagMs: a.limit,
  maxLagBytes: a.limit,
  slowMs: a.limit,
  slowStartMs: a.limit,
} satisfies Checks<HealthOptions>;

const FAILOVER = { waitMs: a.waitMs } satisfies Checks<FailoverOptions>;

const MASTER_BUDGET = {
  perSecond: a.limit,
  share: a.number('a number from 0 up to 1', (value) => value >= 0 && value <= 1),
  otherwise: a.oneOf('refuse', 'wait', 'stale'),
  waitMs: a.waitMs,
} satisfies Checks<MasterBudgetOptions>;

/** What Knex takes for all engines. Of `returning` and `userParams` its types know nothing. */
const KNEX = {
  client: isClient,
  dialect: isClient,
  debug: a.flag,
  jsonbSupport: a.flag,
  version: a.text,
  pool: a.group(POOL),
  migrations: a.object,
  seeds: a.object,
  postProcessResponse: a.func('(result, context)'),
  wrapIdentifier: a.func('(name, original, context)'),
  acquireConnectionTimeout: a.waitMs,
  useNullAsDefault: a.flag,
  searchPath: a.textOrTexts,
  asyncStackTraces: a.flag,
  log: a.object,
  compileSqlOnError: a.flag,
  fetchAsString: a.textOrTexts,
  defaultDateTimePrecision: a.limit,
  returning: a.anything,
  userParams: a.object,
} satisfies Checks<Omit<Knex.Config, 'connection' | 'connectionPool'>> & Record<string, CheckOption>;

const ROUTING = {
  master: a.group(ENGINE),
  slaves: a.object, // listed or sought; looked at one by one
  mode: a.oneOf(...MODES),
  balancer: isBalancer,
  slavePer: a.oneOf('context', 'query'),
  reads: a.oneOf('slaves', 'master'),
  tables: a.object,
  router: a.func('(query, context)'),
  classify: a.func('(sql)'),
  consistency: (path, value) => void checkConsistency(value as 'session', path),
  bookmark: a.group(BOOKMARK),
  pin: a.group(PIN),
  readThenWrite: a.oneOf('warn', 'refuse', 'off'),
  noContext: a.oneOf('master', 'refuse'),
  health: a.group(HEALTH),
  failover: a.unlessOff(a.group(FAILOVER)),
  hedge: a.flag,
  retryWrites: a.oneOf('never', 'safe'),
  masterBudget: a.group(MASTER_BUDGET),
  exposeDecisions: a.flag,
  logger: isLogger,
  name: a.text,
} satisfies Checks<Omit<DatabaseRoutingOptions, keyof Knex.Config>>;

/** What is Knex's own among the options. */
export const SHARED_KNEX_KEYS: readonly string[] = Object.keys(KNEX);

/** Each option that there is; throws `InvalidOptionsError` for the first value that can't be. */
export const checkOptions: CheckOption = a.group({ ...ROUTING, ...KNEX });

/** The same of one slave. */
export const checkSlave: CheckOption = a.group(SLAVE);

function isConnection(path: string, value: unknown): void {
  if (!value || !['string', 'object', 'function'].includes(typeof value))
    refuse(path, 'a connection string, object or function', value);
}

function isClient(path: string, value: unknown): void {
  if (!value || !['string', 'function'].includes(typeof value))
    refuse(path, "a Knex client such as 'pg'", value);
}

function isBalancer(path: string, value: unknown): void {
  if (typeof value === 'string') return a.oneOf(...BALANCER_NAMES)(path, value);
  if (typeof (value as { choose?: unknown } | null)?.choose === 'function') return;
  refuse(path, `one of ${BALANCER_NAMES.join(', ')} or an object with a method choose(slaves)`, value);
}

function isLogger(path: string, value: unknown): void {
  const { debug, warn } = (value ?? {}) as Record<string, unknown>;
  if (typeof debug !== 'function' || typeof warn !== 'function')
    refuse(path, 'an object with the methods debug(message) and warn(message)', value);
}
