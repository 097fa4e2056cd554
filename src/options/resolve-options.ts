import type { Knex } from 'knex';
import { ANY_SLAVE } from '../context/context.js';
import { InvalidOptionsError, UnknownEngineError } from '../errors.js';
import { DEFAULT_SET } from './default-set.js';
import { resolveBookmarkOptions } from './resolve-bookmark-options.js';
import {
  resolveFailoverOptions,
  resolveHealthOptions,
  resolveMasterBudget,
} from './resolve-health-options.js';
import { resolvePinOptions } from './resolve-pin-options.js';
import { checkObject, refuse } from './check.js';
import type { DatabaseRoutingOptions } from './database-routing-options.js';
import { checkDialect } from './dialect.js';
import type { EngineOptions, SlaveOptions } from './engine-options.js';
import { periodMs } from './option-check.js';
import { SHARED_KNEX_KEYS, checkOptions, checkSlave } from './option-table.js';
import type { ResolvedEngineOptions, ResolvedOptions, ResolvedSlaveSource } from './resolved-options.js';
import { SILENT_LOGGER } from '../routing-logger.js';
import { type Slaves, isSlaveSource } from './slave-source.js';

const LOOK_EVERY_MS = 10_000;

const POSTGRES_CLIENTS: ReadonlySet<string> = new Set(['pg', 'postgres', 'postgresql', 'pgnative']);
const POSTGRES_PROTOCOLS: ReadonlySet<string> = new Set(['postgres:', 'postgresql:', 'pg:', 'socket:']);

/** The one place that looks at what a user wrote: defaults, checks, freeze. Throws `InvalidOptionsError`. */
export function resolveOptions(options: DatabaseRoutingOptions): ResolvedOptions {
  checkOptions('', options);
  const shared = knexPart(options);
  if (!shared.client && !shared.dialect) refuse('client', "a Knex client such as 'pg'", options.client);
  checkDialect(options);
  const name = options.name ?? DEFAULT_SET;
  const slaves = resolveSlaves(options.slaves ?? {}, shared);
  const bookmark = resolveBookmarkOptions(options.bookmark, name);
  return Object.freeze({
    name,
    shared,
    master: resolveEngine('master', options.master, { name: 'master', shared }),
    slaves,
    slaveSource: resolveSource(options.slaves),
    mode: options.mode ?? 'on',
    balancer: options.balancer ?? 'least-busy',
    slavePer: options.slavePer ?? 'context',
    rules: resolveRules(options, ['master', ...slaves.map((slave) => slave.name)]),
    bookmark,
    pin: resolvePinOptions(options.pin, name, bookmark.secrets.length > 0),
    readThenWrite: options.readThenWrite ?? 'warn',
    noContext: options.noContext ?? 'master',
    classify: options.classify,
    health: resolveHealthOptions(options.health),
    failover: resolveFailoverOptions(options.failover),
    hedge: options.hedge ?? true,
    retryWrites: options.retryWrites ?? 'never',
    masterBudget: resolveMasterBudget(options.masterBudget),
    exposeDecisions: options.exposeDecisions ?? false,
    logger: options.logger ?? SILENT_LOGGER,
  });
}

function resolveSlaves(slaves: Slaves, shared: Knex.Config): ResolvedEngineOptions[] {
  if (isSlaveSource(slaves)) return [];
  return Object.entries(slaves).map(([name, options]) => resolveSlave(name, options, shared));
}

function resolveSource(slaves: Slaves = {}): ResolvedSlaveSource | undefined {
  if (!isSlaveSource(slaves)) return undefined;
  const { intervalMs = LOOK_EVERY_MS } = slaves;
  periodMs('slaves.intervalMs', intervalMs);
  return Object.freeze({ intervalMs, findSlaves: (signal: AbortSignal) => slaves.findSlaves(signal) });
}

/** Checks one slave's options. Throws `InvalidOptionsError`. */
export function resolveSlave(
  name: string,
  options: SlaveOptions,
  shared: Knex.Config,
): ResolvedEngineOptions {
  checkSlaveName(name);
  checkSlave(`slaves.${name}`, options ?? {});
  const { weight = 1, ...engine } = options ?? {};
  return { ...resolveEngine(`slaves.${name}`, engine, { name, shared, poolMin: 0 }), weight };
}

function resolveEngine(
  path: string,
  options: EngineOptions,
  { name, shared, poolMin }: { name: string; shared: Knex.Config; poolMin?: number },
): ResolvedEngineOptions {
  checkObject(path, options);
  if (!options.connection && !options.connectionPool)
    refuse(`${path}.connection`, 'a connection string, object or function', options.connection);
  checkUrl(`${path}.connection`, options.connection, shared);
  const pool = { ...(poolMin !== undefined && { min: poolMin }), ...shared.pool, ...options.pool };
  return {
    name,
    weight: 1,
    config: { ...shared, ...options, ...(Object.keys(pool).length > 0 && { pool }) },
  };
}

/** Knex takes a text that is no URL for the name of a file, and pg then connects to wherever its own defaults say. */
function checkUrl(path: string, connection: unknown, { client }: Knex.Config): void {
  if (typeof connection !== 'string' || typeof client !== 'string' || !POSTGRES_CLIENTS.has(client)) return;
  const protocol = URL.canParse(connection) ? new URL(connection).protocol : '';
  if (!POSTGRES_PROTOCOLS.has(protocol))
    throw new InvalidOptionsError(
      `${path} must be a PostgreSQL URL such as postgres://app:secret@10.0.0.1:5432/shop, got a text that is none`,
    );
}

function checkSlaveName(name: string): void {
  if (name === 'master')
    throw new InvalidOptionsError(`slaves.master: a slave can't be named 'master'. Give it another name.`);
  if (name === ANY_SLAVE) {
    throw new InvalidOptionsError(
      `slaves.slave: 'slave' stands for any slave. Give this one a name of its own, such as 'slave1'.`,
    );
  }
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) refuse("A slave's name", 'letters, digits, _, . and - only', name);
  if (name.length > 128) refuse("A slave's name", '128 characters long at most', name);
}

function resolveRules(options: DatabaseRoutingOptions, engines: readonly string[]): ResolvedOptions['rules'] {
  const { router, tables = {}, reads = 'slaves', consistency = 'session' } = options;
  for (const [table, engine] of Object.entries(tables)) {
    if (engine === ANY_SLAVE || engines.includes(engine) || engines.length === 1) continue;
    throw new UnknownEngineError(engine, engines, `tables.${table}`);
  }
  return Object.freeze({
    router,
    tables: Object.freeze({ ...tables }),
    consistency,
    reads,
  });
}

/** What of the options is Knex's own. */
function knexPart(options: DatabaseRoutingOptions): Knex.Config {
  return Object.fromEntries(Object.entries(options).filter(([key]) => SHARED_KNEX_KEYS.includes(key)));
}
