import knex, { type Knex } from 'knex';
import { createSessions } from './consistency/create-sessions.js';
import { ReadConsistency } from './consistency/read-consistency.js';
import { DatabaseRouting } from './database-routing.js';
import { Engine } from './engines/engine.js';
import { EngineRegistry } from './engines/engine-registry.js';
import { readOnlySessions } from './engines/read-only-session.js';
import { readCatalogue } from './intent/catalogue-reader.js';
import { QueryClassifier } from './intent/query-classifier.js';
import type { DatabaseRoutingOptions } from './options/database-routing-options.js';
import { resolveOptions } from './options/resolve-options.js';
import type { ResolvedEngineOptions, ResolvedOptions } from './options/resolved-options.js';

/**
 * The core without Nest, for scripts, workers and tests. Connects when the first query runs; call `destroy()` at the
 * end. Throws `InvalidOptionsError` or `UnknownEngineError` for options that can't work.
 */
export function createDatabaseRouting(options: DatabaseRoutingOptions): DatabaseRouting {
  const resolved = resolveOptions(options);
  const master = createEngine('master', resolved.master);
  const isPostgres = master.knex.client.driverName === 'pg';
  const slaves = resolved.slaves.map((slave) =>
    isPostgres ? createReadOnlySlave(slave) : createEngine('slave', slave),
  );
  const engines = new EngineRegistry(master, Object.freeze(slaves));
  if (!engines.balancing) {
    resolved.logger.warn(
      'No slaves are configured: reads and writes run on the master. Add them under `slaves`.',
    );
  }
  // PostgreSQL's catalogue and grammar for PostgreSQL; other dialects' SQL is not looked into
  const reader = isPostgres ? () => readCatalogue(master.probes) : undefined;
  const classifier = new QueryClassifier(reader, resolved.classify, resolved.logger);
  const reads = isPostgres && engines.balancing ? createReads(resolved, engines) : undefined;
  return new DatabaseRouting(resolved, engines, classifier, reads, createSessions(resolved, reads, engines));
}

/** A clock that never goes back. */
const nowMs = () => performance.now();

function createReads({ balancer, bookmark }: ResolvedOptions, engines: EngineRegistry): ReadConsistency {
  return new ReadConsistency(engines, balancer, bookmark.waitMs, nowMs);
}

function createReadOnlySlave({ config, ...options }: ResolvedEngineOptions): Engine {
  const pool = readOnlySessions(config.pool, (startedAt) => (slave.startedAt = startedAt));
  const slave = createEngine('slave', { ...options, config: { ...config, pool } });
  return slave;
}

function createEngine(role: Engine['role'], { name, weight, config }: ResolvedEngineOptions): Engine {
  return new Engine(name, role, weight, knex(config), knex(probesOf(config)));
}

/**
 * The same server on one connection, made when it is first needed, with an answer soon or none, and without what the app
 * does to its own queries and rows.
 */
function probesOf(config: Knex.Config): Knex.Config {
  const pool = { ...config.pool, min: 0, max: 1, acquireTimeoutMillis: PROBE_ACQUIRE_TIMEOUT_MS };
  const { client, connection, connectionPool, version } = config;
  return { client, connection, connectionPool, version, pool, log: SILENT_KNEX_LOG };
}

const PROBE_ACQUIRE_TIMEOUT_MS = 1_000;

/** A probe that fails is an answer, not an incident. */
const SILENT_KNEX_LOG: Knex.Logger = { warn() {}, error() {}, debug() {}, deprecate() {} };
