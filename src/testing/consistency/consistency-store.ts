import type { Knex } from 'knex';
import type { ListReading, RegisterReading, Written } from './consistency-driver.js';

const REGISTERS = 'consistency_registers';
const ITEMS = 'consistency_items';

interface Register {
  key: string;
  version: number;
  value: string;
}

interface Item {
  list: string;
  position: number;
  value: string;
}

/**
 * Registers and lists in two tables of a PostgreSQL database, `consistency_registers` and `consistency_items`, through
 * any Knex. For drivers, and for the handlers of an app that `httpDriver` checks. The order of versions is the order of
 * commits: a writer holds the register's row until its transaction ends.
 */
export class ConsistencyStore {
  constructor(private readonly knex: Knex) {}

  /** Creates the tables where they are not there. */
  async createTables(): Promise<void> {
    await this.knex.schema.raw(
      `CREATE TABLE IF NOT EXISTS ${REGISTERS} (key text PRIMARY KEY, version integer NOT NULL, value text NOT NULL)`,
    );
    await this.knex.schema.raw(
      `CREATE TABLE IF NOT EXISTS ${ITEMS}
         (list text, position integer, value text NOT NULL, PRIMARY KEY (list, position))`,
    );
  }

  async hasTables(): Promise<boolean> {
    const row = await this.knex<{ schemaname: string; tablename: string }>('pg_catalog.pg_tables')
      .whereIn('tablename', [REGISTERS, ITEMS])
      .whereRaw('schemaname = ANY (current_schemas(false))')
      .count<{ count: string }[]>();
    return Number(row[0]?.count) >= 2;
  }

  write(key: string, value: string): Promise<Written> {
    return this.nextVersion(this.knex, key, value);
  }

  /** Two statements in one transaction: the register of the list's name gives the new item's position. */
  append(list: string, value: string): Promise<Written> {
    return this.knex.transaction(async (transaction) => {
      const written = await this.nextVersion(transaction, list, value);
      await transaction<Item>(ITEMS).insert({ list, position: written.version, value });
      return written;
    });
  }

  async read(key: string): Promise<RegisterReading> {
    const query = this.knex<Register>(REGISTERS).where({ key }).first('version', 'value');
    const engine = engineOf(query);
    const row = await query;
    return { version: row?.version ?? 0, value: row?.value ?? null, engine: engine() };
  }

  async readList(list: string): Promise<ListReading> {
    const query = this.knex<Item>(ITEMS).where({ list }).orderBy('position').pluck('value');
    const engine = engineOf(query);
    return { values: await query, engine: engine() };
  }

  /** One after the other, not in one statement or transaction. */
  async readAll(keys: readonly string[]): Promise<RegisterReading[]> {
    const readings: RegisterReading[] = [];
    for (const key of keys) readings.push(await this.read(key));
    return readings;
  }

  private async nextVersion(knex: Knex, key: string, value: string): Promise<Written> {
    const query = knex<Register>(REGISTERS)
      .insert({ key, version: 1, value })
      .onConflict('key')
      .merge({ version: knex.raw('?? + 1', [`${REGISTERS}.version`]) as unknown as number, value })
      .returning('version');
    const engine = engineOf(query);
    const [row] = await query;
    if (!row) throw new Error(`the write of ${key} returned no version; look at ${REGISTERS}`);
    return { version: row.version, engine: engine() };
  }
}

/** The routed Knex puts the engine's name on its query events; the last one counts where a query was run again. */
function engineOf(query: Knex.QueryBuilder | Knex.ChainableInterface): () => string | undefined {
  let engine: string | undefined;
  (query as Knex.QueryBuilder).on('query', (sent: { engine?: string }) => (engine = sent.engine));
  return () => engine;
}
