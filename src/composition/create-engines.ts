import type { Balancer } from '../balancer/balancer.js';
import { createEngine, isPostgres } from '../engines/create-engine.js';
import { EngineRegistry } from '../engines/engine-registry.js';
import { Freshness } from '../freshness/freshness.js';
import { MasterPositions } from '../freshness/master-positions.js';
import { MasterVisibility } from '../freshness/master-visibility.js';
import { SlaveReplay } from '../freshness/slave-replay.js';
import type { Engine } from '../engines/engine.js';
import { checkKnex } from '../knex-check.js';
import { clientOf } from '../knex-internals.js';
import { resolveSlave } from '../options/resolve-options.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Outside } from './outside.js';

/** The set's engines. None of them connects before its first query. */
export function createEngines(options: ResolvedOptions, { clock }: Outside): EngineRegistry {
  const master = createEngine('master', options.master, clock);
  checkKnex(clientOf(master.knex), options.logger);
  const slaves = options.slaves.map((slave) => createEngine('slave', slave, clock));
  return new EngineRegistry(master, Object.freeze(slaves), {
    balancing: slaves.length > 0 || options.slaveSource !== undefined,
    watched: isPostgres(master.knex),
    sought: options.slaveSource !== undefined,
    createSlave: (name, slave) => createEngine('slave', resolveSlave(name, slave, options.shared), clock),
    clock,
  });
}

/** What servers show. */
export function createFreshness(
  { bookmark: { waitMs } }: ResolvedOptions,
  engines: EngineRegistry,
  balancer: Balancer,
  { freshness: questions, clock }: Outside,
): Freshness {
  const ofMaster = (): Engine => engines.master;
  const master = new MasterPositions(questions, ofMaster, clock);
  const visibility = new MasterVisibility(questions, ofMaster, clock);
  const epoch = () => master.latest?.epoch;
  const createReplay = (slave: Engine) => new SlaveReplay(slave, epoch, questions, clock);
  return new Freshness({ engines, balancer, master, visibility, createReplay, waitMs, clock });
}
