import type { NaiveSession } from './naive.driver.js';
import type { PlainEngines } from './plain-engines.js';

/** Reads from any slave: TurboGears' BalancedSession, TypeORM, Sequelize, kysely-replication and most others. */
export class RandomSession implements NaiveSession {
  constructor(private readonly engines: PlainEngines) {}

  readFrom(): string {
    const { slaveNames } = this.engines;
    return slaveNames[Math.floor(Math.random() * slaveNames.length)] ?? 'master';
  }
}
