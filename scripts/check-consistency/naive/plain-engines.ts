import knex, { type Knex } from 'knex';
import type { ReplicatedPostgres } from '../../../src/testing/index.js';

/** A Knex for each server and nothing between them and the caller: what the naive routers choose from. */
export class PlainEngines {
  private constructor(
    readonly master: Knex,
    readonly slaves: Readonly<Record<string, Knex>>,
  ) {}

  static to({ master, slaves }: ReplicatedPostgres): PlainEngines {
    const created = Object.values(slaves).map(
      ({ name, connection }) => [name, plainKnex(connection)] as const,
    );
    return new PlainEngines(plainKnex(master.connection), Object.fromEntries(created));
  }

  get slaveNames(): readonly string[] {
    return Object.keys(this.slaves);
  }

  /** `'master'` or a slave's name. */
  named(name: string): Knex {
    const engine = name === 'master' ? this.master : this.slaves[name];
    if (!engine) throw new Error(`there is no ${name}; there are master, ${this.slaveNames.join(', ')}`);
    return engine;
  }

  async destroy(): Promise<void> {
    await Promise.all([this.master, ...Object.values(this.slaves)].map((engine) => engine.destroy()));
  }
}

function plainKnex(connection: Knex.StaticConnectionConfig): Knex {
  return knex({ client: 'pg', connection, pool: { min: 0, max: 10 }, log: { warn() {} } });
}
