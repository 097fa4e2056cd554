import { EventEmitter } from 'node:events';
import { createSessions } from './clients/create-sessions.js';
import { Freshness } from './freshness/freshness.js';
import { DatabaseRouting } from './database-routing.js';
import { SlaveDiscovery } from './discovery/slave-discovery.js';
import { createEngine, isPostgres } from './engines/create-engine.js';
import { EngineRegistry } from './engines/engine-registry.js';
import { Health } from './health/health.js';
import { readCatalogue } from './intent/catalogue-reader.js';
import { QueryClassifier } from './intent/query-classifier.js';
import type { DatabaseRoutingOptions } from './options/database-routing-options.js';
import { resolveOptions, resolveSlave } from './options/resolve-options.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import type { RoutingEvents } from './routing/decision-announcer.js';
import { HealthAnnouncer } from './routing/health-announcer.js';

/**
 * The core without Nest, for scripts, workers and tests. Connects when the first query runs; call `destroy()` at the
 * end. Throws `InvalidOptionsError` or `UnknownEngineError` for options that can't work.
 */
export function createDatabaseRouting(options: DatabaseRoutingOptions): DatabaseRouting {
  const resolved = resolveOptions(options);
  const master = createEngine('master', resolved.master);
  const isOnPostgres = isPostgres(master.knex);
  const slaves = resolved.slaves.map((slave) => createEngine('slave', slave));
  const engines = new EngineRegistry(master, Object.freeze(slaves), {
    balancing: slaves.length > 0 || resolved.slaveSource !== undefined,
    createSlave: (name, slave) => createEngine('slave', resolveSlave(name, slave, resolved.shared)),
  });
  if (!engines.balancing) {
    resolved.logger.warn(
      'No slaves are configured: reads and writes run on the master. Add them under `slaves`.',
    );
  }
  // PostgreSQL's catalogue and grammar for PostgreSQL; other dialects' SQL is not looked into
  const reader = isOnPostgres ? () => readCatalogue(engines.master.probes) : undefined;
  const classifier = new QueryClassifier(reader, resolved.classify, resolved.logger);
  const reads = isOnPostgres && engines.balancing ? createReads(resolved, engines) : undefined;
  const events: RoutingEvents = new EventEmitter();
  const health = isOnPostgres ? createHealth(resolved, engines, reads, events) : undefined;
  const sessions = createSessions(resolved, reads, engines);
  const discovery = createDiscovery(resolved, engines);
  discovery?.start();
  return new DatabaseRouting(resolved, engines, {
    classifier,
    reads,
    health,
    sessions,
    discovery,
    events,
    nowMs,
  });
}

/** A clock that never goes back. */
const nowMs = () => performance.now();

function createReads({ balancer, bookmark }: ResolvedOptions, engines: EngineRegistry): Freshness {
  return new Freshness(engines, balancer, bookmark.waitMs, nowMs);
}

function createHealth(
  { health, failover, logger }: ResolvedOptions,
  engines: EngineRegistry,
  reads: Freshness | undefined,
  events: RoutingEvents,
): Health {
  return new Health(engines, reads, health, failover, new HealthAnnouncer(logger, events), nowMs);
}

function createDiscovery(
  { slaveSource, logger }: ResolvedOptions,
  engines: EngineRegistry,
): SlaveDiscovery | undefined {
  return slaveSource && new SlaveDiscovery(engines, slaveSource, logger);
}
