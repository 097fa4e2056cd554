import knex from 'knex';
import { DatabaseRouting } from './database-routing.js';
import { Engine } from './engines/engine.js';
import { EngineRegistry } from './engines/engine-registry.js';
import { builderIntent } from './intent/builder-intent.js';
import type { DatabaseRoutingOptions } from './options/database-routing-options.js';
import { resolveOptions } from './options/resolve-options.js';
import type { ResolvedEngineOptions } from './options/resolved-options.js';

/**
 * The core without Nest, for scripts, workers and tests. Connects when the first query runs; call `destroy()` at the
 * end. Throws `InvalidOptionsError` or `UnknownEngineError` for options that can't work.
 */
export function createDatabaseRouting(options: DatabaseRoutingOptions): DatabaseRouting {
  const resolved = resolveOptions(options);
  const engines = new EngineRegistry(createEngine('master', resolved.master), createSlaves(resolved.slaves));
  if (!engines.balancing) {
    resolved.logger.warn(
      'No slaves are configured: reads and writes run on the master. Add them under `slaves`.',
    );
  }
  return new DatabaseRouting(resolved, engines, builderIntent);
}

function createSlaves(slaves: readonly ResolvedEngineOptions[]): readonly Engine[] {
  return Object.freeze(slaves.map((slave) => createEngine('slave', slave)));
}

function createEngine(role: Engine['role'], { name, weight, config }: ResolvedEngineOptions): Engine {
  return new Engine(name, role, weight, knex(config));
}
