import type { Knex } from 'knex';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { Engine, type EngineRole } from '../../../src/engines/engine.js';

const NO_KNEX = {} as Knex;

/** An engine without a database. */
export function stubEngine(
  name: string,
  role: EngineRole = 'slave',
  { weight = 1, knex = NO_KNEX, probes = NO_KNEX }: { weight?: number; knex?: Knex; probes?: Knex } = {},
): Engine {
  return new Engine({ name, role, weight, knex, probes, clock: SYSTEM_CLOCK });
}
