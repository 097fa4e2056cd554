import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import { createDatabaseRouting } from '../../../src/create-database-routing.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { WriteOnSlaveError } from '../../../src/errors.js';
import { waitUntil } from '../../../src/testing/wait-until.js';
import { RoutingBench, answeredBy, decisionsOf } from '../knex/routing-bench.js';

const SLY = `CREATE OR REPLACE FUNCTION sly(text DEFAULT '') RETURNS bigint LANGUAGE plpgsql STABLE AS $$BEGIN RETURN sly_next('seq'); END$$`;

/** Called stable, so that it looks like a read, but it writes; only the server can tell, since the code is not in SQL. */
const SCHEMA = `
CREATE SEQUENCE seq;
CREATE FUNCTION sly_next(regclass) RETURNS bigint LANGUAGE internal STABLE STRICT AS 'nextval_oid';
${SLY};
CREATE VIEW sly_view AS SELECT 1 AS id, sly() AS n;
CREATE VIEW sly_later AS SELECT g AS id, CASE WHEN g = 5000 THEN sly() END AS n FROM generate_series(1, 5000) g;
CREATE TABLE numbered (n bigint PRIMARY KEY DEFAULT nextval('seq'), title text UNIQUE);`;

let bench: RoutingBench;
let routing: DatabaseRouting;
let db: Knex;
let warnings: string[];
let decisions: string[];

const logger = { debug() {}, warn: (message: string) => void warnings.push(message) };

beforeAll(async () => {
  bench = await RoutingBench.start(1);
  await bench.db.master.query(SCHEMA);
  await bench.db.caughtUp();
});

/** A routing of its own for each, since a refusal is remembered. */
beforeEach(async () => {
  warnings = [];
  await bench.db.master.query(`TRUNCATE numbered; SELECT setval('seq', 1, false)`);
  await bench.db.caughtUp();
  routing = await bench.routing({ logger });
  db = routing.knex;
  decisions = decisionsOf(routing);
});

afterAll(() => bench.stop());

/** How often a query that calls it really ran. */
async function timesRun(): Promise<number> {
  const [row] = await bench.db.master.query<{ n: string }>(
    'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS n FROM seq',
  );
  return Number(row?.n);
}

const SLIP = ['slave1 balanced', 'master write'];

describe('sessions on slaves', () => {
  it('are read-only on the server', async () => {
    const { rows } = await routing.usingEngine('slave1').raw('SHOW default_transaction_read_only');
    expect(rows).toEqual([{ default_transaction_read_only: 'on' }]);
    expect((await routing.usingEngine('master').raw('SHOW default_transaction_read_only')).rows).toEqual([
      { default_transaction_read_only: 'off' },
    ]);
  });

  it('are so where the slave is the master under another name', async () => {
    const twin = await bench.routing({
      logger,
      slaves: { twin: { connection: bench.db.master.connection } },
    });
    const seen = decisionsOf(twin);
    expect((await twin.run(() => twin.knex.raw('SELECT sly() AS n'))).rows).toEqual([{ n: '1' }]);
    expect(seen).toEqual(['twin balanced', 'master write']);
    const forced = twin.usingEngine('twin').transaction((trx) => trx.raw('SELECT sly()'), { readOnly: true });
    await expect(forced).rejects.toThrow(WriteOnSlaveError);
    expect(await timesRun()).toBe(1);
  });
});

describe('a write that looked like a read', () => {
  it('is run once on the master, its context is pinned, and it is logged without its values', async () => {
    await routing.run(async () => {
      expect(await answeredBy(db)).toBe('slave1');
      decisions.length = 0;
      const { rows } = await db.raw(`SELECT sly('a secret') AS n, 4711 /* secret */, ?::text`, ['secret']);
      expect(rows).toMatchObject([{ n: '1' }]);
      expect(decisions).toEqual(SLIP);
      expect(await answeredBy(db)).toBe('master');
      expect(decisions.at(-1)).toBe('master wrote');
    });
    expect(await timesRun()).toBe(1);
    expect(warnings).toEqual([
      'Slave slave1 refused a write that looked like a read; it runs on the master: SELECT sly(?) AS n, ? , $1::text',
    ]);
  });

  it('is remembered by its text', async () => {
    const ask = (id: number) => routing.run(() => db.raw('SELECT sly(?) AS n', [id]));
    await ask(1);
    await ask(2);
    expect(decisions).toEqual([...SLIP, 'master write']);
    expect(warnings).toHaveLength(1);
    expect(routing.explain(db.raw('SELECT sly(?) AS n', [3]))).toMatchObject({
      intent: 'write',
      because: 'a slave refused it before',
      engine: 'master',
    });
    expect(routing.explain(db.raw('SELECT 1'))).toMatchObject({ intent: 'read' });
  });

  it('is remembered by its function, for all texts, until that is changed', async () => {
    for (let i = 0; i < 20; i++) await routing.run(() => db.raw(`SELECT sly('${i}'), upper('x') AS n${i}`));
    expect(decisions).toEqual([...SLIP, ...Array<string>(19).fill('master write')]);
    expect(warnings).toHaveLength(1);
    await bench.db.master.query(
      `CREATE OR REPLACE FUNCTION sly(text DEFAULT '') RETURNS bigint LANGUAGE plpgsql STABLE AS $$BEGIN RETURN 1; END$$`,
    );
    try {
      await bench.db.caughtUp();
      const isRead = async () => routing.explain(db.raw('SELECT sly()')).intent === 'read';
      await waitUntil({ what: 'the new version to be known', timeoutMs: 20_000 }, isRead);
    } finally {
      await bench.db.master.query(SLY);
      await bench.db.caughtUp();
    }
  });

  it('is remembered by its table where a builder names no other', async () => {
    expect(await routing.run(() => db('sly_view').select('n').where('id', 1))).toEqual([{ n: '1' }]);
    expect(await routing.run(() => db('sly_view').first('id', 'n').orderBy('n'))).toEqual({ id: 1, n: '2' });
    expect(decisions).toEqual([...SLIP, 'master write']);
    expect(await timesRun()).toBe(2);
  });

  it('does not keep other tables that it names from slaves', async () => {
    const joined = () => db('posts').rightJoin('sly_view', 'posts.id', 'sly_view.id').select('n');
    await routing.run(joined);
    await routing.run(joined);
    expect(decisions).toEqual([...SLIP, 'master write']);
    await routing.run(() => db('posts').select('id'));
    expect(decisions.at(-1)).toBe('slave1 balanced');
  });

  it('streams from the master where the slave refused it before the first row, each row once', async () => {
    const rows: unknown[] = [];
    await routing.run(async () => {
      for await (const row of db('sly_view').select('n').stream()) rows.push(row);
      expect(await answeredBy(db)).toBe('master');
    });
    expect(rows).toEqual([{ n: '1' }]);
    expect(decisions.slice(0, 2)).toEqual(SLIP);
    expect(warnings).toHaveLength(1);
    expect(await timesRun()).toBe(1);
  });

  it('streams an error, and no row twice, where the slave refused it after some', async () => {
    const ids: number[] = [];
    const streaming = routing.run(async () => {
      const stream = db('sly_later').select('id', 'n').stream({ batchSize: 10, highWaterMark: 10 });
      for await (const { id } of stream as AsyncIterable<{ id: number }>) ids.push(id);
    });
    await expect(streaming).rejects.toMatchObject({ code: '25006' });
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(0);
    expect(await timesRun()).toBe(0);
  });

  it('is an error in a read-only transaction', async () => {
    const transaction = routing.run(() =>
      db.transaction((trx) => trx.raw('SELECT sly()'), { readOnly: true }),
    );
    const error: unknown = await transaction.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(WriteOnSlaveError);
    expect(error).toMatchObject({ engine: 'slave1', cause: { code: '25006' } });
    expect(await timesRun()).toBe(0);
  });

  it('is an error on a Knex that names the slave, streamed or not', async () => {
    const slave = routing.usingEngine('slave1');
    await expect(slave.raw('SELECT sly()')).rejects.toMatchObject({
      code: 'DATABASE_ROUTING_WRITE_ON_SLAVE',
      cause: { code: '25006' },
    });
    const streaming = (async () => {
      for await (const row of slave('sly_view').stream()) void row;
    })();
    await expect(streaming).rejects.toMatchObject({ cause: { code: '25006' } });
    expect(await timesRun()).toBe(0);
  });
});

describe('a write', () => {
  it('that the master refuses is not run again', async () => {
    const insert = () => routing.run(() => db('numbered').insert({ title: 'one' }));
    await insert();
    await expect(insert()).rejects.toMatchObject({ code: '23505' });
    expect(decisions).toEqual(['master write', 'master write']);
    expect(await timesRun()).toBe(2);
  });

  it('that a read-only transaction on the master refuses is neither', async () => {
    const inside = routing
      .usingEngine('master')
      .transaction((trx) => trx('numbered').insert({ title: 'one' }), { readOnly: true });
    await expect(inside).rejects.toMatchObject({ code: '25006' });
    expect(decisions).toEqual(['master query', 'master transaction']);
  });

  it('is never sent to a slave in the first place', async () => {
    for (const sql of [
      `SELECT nextval('seq')`,
      'SELECT * FROM numbered FOR UPDATE',
      'SELECT pg_advisory_xact_lock(1)',
    ]) {
      await routing.run(() => db.raw(sql));
    }
    expect(new Set(decisions)).toEqual(new Set(['master write']));
    expect(warnings).toEqual([]);
  });
});

describe('the catalogue', () => {
  const intentOf = (sql: string) => routing.explain(db.raw(sql)).intent;
  const createFunction = (name: string, volatility = 'STABLE') =>
    `CREATE OR REPLACE FUNCTION ${name}() RETURNS int LANGUAGE sql ${volatility} AS 'SELECT 1'`;

  it('means master for functions until it was read', async () => {
    const fresh = createDatabaseRouting({
      client: 'pg',
      master: { connection: bench.db.master.connection },
      slaves: bench.slaves(),
    });
    const of = (sql: string) => fresh.run(() => fresh.explain(fresh.knex.raw(sql)));
    expect(of('SELECT now()')).toMatchObject({ intent: 'unproved', engine: 'master', reason: 'write' });
    await fresh.ready();
    expect(of('SELECT now()')).toMatchObject({ intent: 'read', engine: 'slave', reason: 'balanced' });
    await fresh.destroy();
  });

  it('is missed with what the server says, and nothing of the query', async () => {
    const hurried = (connection: object) => ({
      connection: { ...connection, options: '-c statement_timeout=1' },
    });
    const master = hurried(bench.db.master.connection);
    const slaves = { slave1: hurried(bench.db.slave('slave1').connection) };
    await bench.routing({ logger, master, slaves }, { asked: false });
    expect(warnings.filter((warning) => warning.includes('catalogue'))).toEqual([
      expect.stringMatching(
        /^The master's catalogue can't be read, .* master: canceling statement due to [a-z ]+$/,
      ),
    ]);
  });

  it('is read anew after DDL as raw SQL, and means master until then', async () => {
    await db.raw(createFunction('by_raw'));
    expect(intentOf('SELECT by_raw()')).not.toBe('read');
    await routing.ready();
    expect(intentOf('SELECT by_raw()')).toBe('read');
    await db.raw(createFunction('by_raw', 'VOLATILE'));
    expect(intentOf('SELECT by_raw()')).not.toBe('read');
    await routing.ready();
    expect(intentOf('SELECT by_raw()')).toBe('write');
  });

  it('is read anew after the schema builder changed something', async () => {
    await db.schema.createTable('by_builder', (table) => void table.increments());
    await routing.ready();
    expect(routing.explain(db('by_builder'))).toMatchObject({ intent: 'read' });
    await db.schema.dropTable('by_builder');
    await routing.ready();
    expect(routing.explain(db('by_builder'))).toMatchObject({ intent: 'unproved' });
  });

  it('is not forgotten for a question to the schema builder', async () => {
    await db.schema.hasTable('posts');
    expect(intentOf('SELECT now()')).toBe('read');
  });

  it('is read anew when the transaction around the DDL has ended', async () => {
    await db.transaction(async (trx) => {
      await trx.raw(createFunction('in_transaction'));
      expect(intentOf('SELECT now()')).toBe('read');
      expect(intentOf('SELECT in_transaction()')).toBe('unproved');
    });
    await routing.ready();
    expect(intentOf('SELECT in_transaction()')).toBe('read');
  });

  it('knows nothing of DDL that was rolled back', async () => {
    const failing = db.transaction(async (trx) => {
      await trx.raw(createFunction('rolled_back'));
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    await routing.ready();
    expect(intentOf('SELECT rolled_back()')).toBe('unproved');
    expect(intentOf('SELECT now()')).toBe('read');
  });

  it('is read anew where a query names a function or a view that somebody else has made', async () => {
    await bench.db.master.query(createFunction('behind_our_back'));
    await bench.db.master.query('CREATE VIEW view_behind_our_back AS SELECT behind_our_back() AS n');
    await bench.db.master.query(`CREATE VIEW bad_view_behind_our_back AS SELECT nextval('seq') AS n`);
    await waitUntil({ what: 'the catalogue to be read', timeoutMs: 5_000 }, async () => {
      const { intent } = routing.explain(db('bad_view_behind_our_back')); // made last
      return intent === 'write';
    });
    expect(intentOf('SELECT behind_our_back()')).toBe('read');
    expect(routing.explain(db('view_behind_our_back'))).toMatchObject({ intent: 'read' });
  });
});

describe('explain', () => {
  it.each<[string, () => Knex.QueryBuilder | Knex.Raw, object]>([
    ['a builder', () => db('posts').select('id'), { intent: 'read', because: 'everything in it is known to only read', engine: 'slave', reason: 'balanced' }], // prettier-ignore
    ['a write', () => db('posts').del(), { intent: 'write', because: 'its method is del', engine: 'master', reason: 'write' }], // prettier-ignore
    ['a lock', () => db('posts').forShare(), { intent: 'write', because: 'it locks rows', engine: 'master', reason: 'write' }], // prettier-ignore
    ['a volatile function', () => db('posts').select(db.raw(`nextval('seq')`)), { intent: 'write', because: 'function nextval is volatile', engine: 'master', reason: 'write' }], // prettier-ignore
    ['something unknown', () => db.raw('SELECT missing()'), { intent: 'unproved', because: 'function missing is unknown', engine: 'master', reason: 'write' }], // prettier-ignore
    ['what can not be parsed', () => db.raw('SELEC 1'), { intent: 'unproved', because: expect.stringContaining('syntax error'), engine: 'master', reason: 'write' }], // prettier-ignore
    ['a query that names its engine', () => db('posts').usingEngine('slave1'), { intent: 'read', engine: 'slave1', reason: 'query' }], // prettier-ignore
  ])('tells of %s what it is, why, and where it goes', (_what, query, expected) => {
    expect(routing.run(() => routing.explain(query()))).toMatchObject(expected);
    expect(decisions).toEqual([]);
  });
});
