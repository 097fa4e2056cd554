import type { DatabaseRouting } from '../../../src/index.js';
import type { RegisterReading, Written } from '../../../src/testing/index.js';

interface Row {
  key: string;
  version: number;
  value: string;
}

export const SETS = 4;

/** Three tables: owners, things that refer to them, and what a trigger writes of the things. */
const TABLES = Array.from({ length: SETS }, (_, at) => [
  `CREATE TABLE IF NOT EXISTS owners_${at} (key text PRIMARY KEY, version int NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS things_${at} (key text PRIMARY KEY REFERENCES owners_${at} ON DELETE CASCADE,
     version int NOT NULL, value text NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS logs_${at} (key text PRIMARY KEY, version int NOT NULL, value text NOT NULL)`,
  `CREATE OR REPLACE FUNCTION log_${at}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     INSERT INTO logs_${at} VALUES (NEW.key, NEW.version, NEW.value)
       ON CONFLICT (key) DO UPDATE SET version = NEW.version, value = NEW.value;
     RETURN NEW; END $$`,
  `CREATE OR REPLACE TRIGGER logged_${at} AFTER INSERT OR UPDATE ON things_${at} FOR EACH ROW EXECUTE FUNCTION log_${at}()`,
]).flat();

/** Registers that are rows of these tables, each of one set: its number is the set's. Its writes give no rows back. */
export class RelatedStore {
  /** Things whose owner was not there, or older, right after they were read. */
  torn = 0;
  private readonly versions = new Map<string, number>();
  private readonly writing = new Map<string, Promise<unknown>>();

  constructor(private readonly routing: DatabaseRouting) {}

  async createTables(): Promise<void> {
    for (const sql of TABLES) await this.routing.knex.raw(sql);
    await this.routing.ready();
  }

  /** One after the other for each register, so that the order of versions is that of commits. */
  write(key: string, value: string): Promise<Written> {
    const written = (this.writing.get(key) ?? Promise.resolve()).then(() => this.writeNext(key, value));
    this.writing.set(
      key,
      written.catch(() => undefined),
    );
    return written;
  }

  /** Of a thing, and then of its owner; or of what the trigger has written. */
  async read(key: string, ofLog: boolean): Promise<RegisterReading> {
    const at = setOf(key);
    const row = await this.row(`${ofLog ? 'logs' : 'things'}_${at}`, key);
    if (!ofLog && row.version > 0) {
      const owner = await this.row(`owners_${at}`, key);
      if (owner.version < row.version) this.torn++;
    }
    return row;
  }

  private async writeNext(key: string, value: string): Promise<Written> {
    const { knex } = this.routing;
    const version = (this.versions.get(key) ?? 0) + 1;
    this.versions.set(key, version);
    const at = setOf(key);
    await knex(`owners_${at}`).insert({ key, version }).onConflict('key').merge(['version']);
    await knex(`things_${at}`).insert({ key, version, value }).onConflict('key').merge(['version', 'value']);
    return { version, engine: 'master' };
  }

  private async row(table: string, key: string): Promise<RegisterReading> {
    let engine: string | undefined;
    const query = this.routing.knex<Row>(table).where({ key }).first();
    void query.on('query', (sent: { engine?: string }) => (engine = sent.engine));
    const row = await query;
    return { version: row?.version ?? 0, value: row?.value ?? null, engine };
  }
}

export function setOf(key: string): number {
  return Number(key.slice(key.lastIndexOf('-') + 1)) % SETS;
}
