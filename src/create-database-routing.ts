import { createBalancer } from './balancer/create-balancer.js';
import { createClassifier } from './composition/create-classifier.js';
import { createClients } from './composition/create-clients.js';
import { createDecider } from './composition/create-decider.js';
import { createEngines, createFreshness } from './composition/create-engines.js';
import { createHealth } from './composition/create-health.js';
import { createKnexTools } from './composition/create-knex-tools.js';
import { createObserver } from './composition/create-observer.js';
import { OUTSIDE, type Outside } from './composition/outside.js';
import { DatabaseRouting } from './database-routing.js';
import { SlaveDiscovery } from './discovery/slave-discovery.js';
import { isPostgres } from './engines/create-engine.js';
import { EngineViews } from './knex/engine-view.js';
import { Lifecycle } from './lifecycle.js';
import { assertLoadedOnce } from './loaded-once.js';
import { createRoutedKnex } from './knex/routed-knex.js';
import type { DatabaseRoutingOptions } from './options/database-routing-options.js';
import { resolveOptions } from './options/resolve-options.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import { ModeSwitch } from './routing/mode-switch.js';
import { createRoutingEvents } from './routing/routing-events.js';

/**
 * The core without Nest, for scripts, workers and tests. Connects when the first query runs; call `destroy()` at
 * the end. Throws `InvalidOptionsError` or `UnknownEngineError` for options that can't work.
 */
export function createDatabaseRouting(options: DatabaseRoutingOptions): DatabaseRouting {
  return compose(resolveOptions(options), OUTSIDE);
}

/** Puts a set together; nothing else creates what others share. */
export function compose(options: ResolvedOptions, outside: Outside): DatabaseRouting {
  assertLoadedOnce();
  const { clock } = outside;
  const { shared, slaveSource, logger } = options;
  const engines = createEngines(options, outside);
  if (!engines.balancing && options.mode !== 'shadow') {
    logger.warn('No slaves are configured: reads and writes run on the master. Add them under `slaves`.');
  }
  const onPostgres = isPostgres(engines.master.knex);
  const balancer = createBalancer(options.balancer, outside.random);
  const events = createRoutingEvents(logger);
  const mode = new ModeSwitch(options.mode, logger, events);
  const freshness =
    onPostgres && engines.balancing ? createFreshness(options, engines, balancer, outside) : undefined;
  const health = onPostgres ? createHealth(options, engines, freshness, { events, outside }) : undefined;
  const clients = createClients(options, { freshness, engines, health }, outside);
  const classifier = createClassifier(options, engines, health, outside);
  const clientsByPosition = clients.bookmarks !== undefined;
  const known = { engines, freshness, health, balancer, classifier, clientsByPosition, mode, clock };
  const { decider, foresight, byMode } = createDecider(options, known);
  const lookers = createObserver(options, { ...known, decider, events, onPostgres });
  const { observer, readThenWrite, keptByTime } = lookers;
  const { askName } = outside;
  const deciding = { decider, foresight, byMode };
  const rooms = { ...known, ...deciding, observer, readThenWrite, events, askName };
  const tools = createKnexTools(options, rooms);
  const discovery = slaveSource && new SlaveDiscovery(engines, slaveSource, logger, clock);
  discovery?.start();
  return new DatabaseRouting({
    options,
    engines,
    classifier,
    decider,
    mode,
    observer,
    keptByTime,
    health,
    bookmarks: clients.bookmarks,
    carrier: clients.carrier,
    lifecycle: new Lifecycle({ engines, classifier, health, discovery, hedging: tools.hedging, observer }),
    events,
    patient: { engines, probeTimeoutMs: options.health.timeoutMs, clock },
    createKnex: (knexEngine, face) =>
      createRoutedKnex(shared, { ...tools, ...face, knexEngine, views: new EngineViews() }),
  });
}
