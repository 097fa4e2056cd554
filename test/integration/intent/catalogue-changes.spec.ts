import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import pg from 'pg';
import { createDatabaseRouting } from '../../../src/create-database-routing.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { waitUntil } from '../../../src/testing/wait-until.js';
import { RoutingBench, decisionsOf } from '../knex/routing-bench.js';

let bench: RoutingBench;
let routing: DatabaseRouting;
let db: Knex;
/** Another process. */
let other: pg.Client;

const declare = (volatility: string, body = 'SELECT 1') =>
  `CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql ${volatility} AS '${body}'`;

beforeAll(async () => {
  bench = await RoutingBench.start(1);
  other = new pg.Client(bench.db.master.connection as pg.ClientConfig);
  await other.connect();
  routing = await bench.routing();
  db = routing.knex;
});

beforeEach(async () => {
  await other.query(`RESET ALL; DROP VIEW IF EXISTS v; DROP TABLE IF EXISTS t; CREATE TABLE t (id int);
    CREATE VIEW v AS SELECT * FROM t; ${declare('STABLE')};
    CREATE OR REPLACE FUNCTION migrate() RETURNS void LANGUAGE plpgsql AS $$BEGIN
      EXECUTE 'CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql VOLATILE AS ''SELECT 1'''; END$$;
    CREATE OR REPLACE PROCEDURE migration() LANGUAGE plpgsql AS $$BEGIN PERFORM migrate(); END$$`);
  await db.raw(`DO $$BEGIN END$$`);
  await routing.ready();
  expect(intentOf('SELECT f()')).toBe('read');
});

afterAll(async () => {
  await other.end();
  await bench.stop();
});

const intentOf = (sql: string) => routing.explain(db.raw(sql)).intent;
const eventually = (what: string, is: () => boolean) =>
  waitUntil({ what, timeoutMs: 20_000 }, async () => is());

describe('what another process does to the catalogue is noticed', () => {
  it.each<[string, string, string, string]>([
    ['a function becomes volatile', declare('VOLATILE'), 'SELECT f()', 'write'],
    ['a function gets another body that is volatile', declare('VOLATILE', 'SELECT 2'), 'SELECT f()', 'write'],
    ['a table becomes unlogged', 'DROP VIEW v; ALTER TABLE t SET UNLOGGED', 'SELECT * FROM t', 'write'],
    [
      'a view calls something volatile',
      `CREATE OR REPLACE VIEW v AS SELECT nextval('posts_id_seq')::int AS id`,
      'SELECT * FROM v',
      'write',
    ],
    [
      'a policy calls something volatile',
      `ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (nextval('posts_id_seq') > 0)`,
      'SELECT * FROM t',
      'write',
    ],
    ['a table is dropped', 'DROP TABLE t CASCADE', 'SELECT * FROM t', 'unproved'],
  ])('%s', async (_what, sql, query, intent) => {
    // prettier-ignore
    expect(intentOf(query)).toBe('read');
    await other.query(sql);
    await eventually('it to be noticed', () => intentOf(query) === intent);
  });

  it('with track_counts off too', async () => {
    await other.query(`SET track_counts = off; ${declare('VOLATILE')}`);
    await eventually('it to be noticed', () => intentOf('SELECT f()') === 'write');
  });
});

describe('what runs here and migrates inside is noticed', () => {
  it.each<[string, () => PromiseLike<unknown>]>([
    ['select migrate()', () => db.raw('SELECT migrate()')],
    ['call', () => db.raw('CALL migration()')],
    ['do', () => db.raw('DO $$BEGIN PERFORM migrate(); END$$')],
    ['in a transaction', () => db.transaction((trx) => trx.raw('SELECT migrate()'))],
  ])('%s', async (_what, run) => {
    await run();
    await eventually('it to be noticed', () => intentOf('SELECT f()') === 'write');
  });
});

describe('what a slave shows before it is noticed here', () => {
  const LOCKS = `CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE plpgsql VOLATILE AS
    $$BEGIN PERFORM pg_try_advisory_lock(1); PERFORM set_config('app.left', 'it', false); RETURN 2; END$$`;
  const CALLS = `CREATE OR REPLACE FUNCTION calls() RETURNS int LANGUAGE sql STABLE AS 'SELECT f()'`;

  it.each<[string, () => Knex.Raw | Knex.QueryBuilder]>([
    ['a function', () => db.raw('SELECT f()')],
    ['a function that another one calls', () => db.raw('SELECT calls()')],
    ['a view', () => db('by_f').select('f')],
    ['a policy', () => db('t').select('id')],
  ])('is run on the master: %s', async (_what, query) => {
    await other.query(`${CALLS}; CREATE VIEW by_f AS SELECT f() AS f; INSERT INTO t VALUES (1);
      ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (f() > 0)`);
    try {
      await db.raw('DO $$BEGIN END$$');
      await routing.ready();
      await bench.db.caughtUp();
      const decisions = decisionsOf(routing);
      await routing.run(async () => query());
      expect(decisions).toEqual(['slave1 balanced']);
      decisions.length = 0;
      await other.query(`SET track_counts = off; ${LOCKS}`);
      await bench.db.caughtUp();
      await routing.run(async () => query());
      expect(decisions).toEqual(['slave1 balanced', 'master bookmark']);
      expect(
        await bench.db.slave('slave1').query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`),
      ).toEqual([]);
    } finally {
      await other.query('DROP VIEW by_f');
    }
  });
});

describe('meanwhile', () => {
  it('a view that a migration has locked is read on the master, the catalogue is read, and nothing waits', async () => {
    await other.query('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
    try {
      await db.raw(declare('VOLATILE'));
      await routing.ready();
      expect(intentOf('SELECT f()')).toBe('write');
      expect(intentOf('SELECT * FROM v')).toBe('unproved');
      expect(intentOf('SELECT * FROM server')).toBe('read');
    } finally {
      await other.query('ROLLBACK');
    }
    await eventually('the view to be read', () => intentOf('SELECT * FROM v') === 'read');
  });

  it('ten temporary tables a second leave raw reads on slaves', async () => {
    const decisions = decisionsOf(routing);
    for (let i = 0; i < 25; i++) {
      await other.query(`CREATE TEMP TABLE temp_${i} (id int); CREATE TEMP VIEW temp_view_${i} AS SELECT 1`);
      await routing.run(() => db.raw('SELECT f()'));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(new Set(decisions)).toEqual(new Set(['slave1 balanced']));
  });

  it("another session's temporary table holds nothing of the same name", async () => {
    await other.query('CREATE TEMP TABLE posts (id int)');
    await db.raw('DO $$BEGIN END$$');
    await routing.ready();
    expect(routing.explain(db('posts')).intent).toBe('read');
    await other.query('DROP TABLE pg_temp.posts');
  });
});

describe('the first reads of a process', () => {
  async function firstReads(master: Knex.StaticConnectionConfig): Promise<string[]> {
    const fresh = createDatabaseRouting({
      client: 'pg',
      master: { connection: master },
      slaves: bench.slaves(),
    });
    const decisions = decisionsOf(fresh);
    try {
      await Promise.all([
        fresh.run(() => fresh.knex('posts').select('id')),
        fresh.run(() => fresh.knex.raw('SELECT now()')),
      ]);
      return decisions;
    } finally {
      await fresh.destroy();
    }
  }

  it('wait for the catalogue and go to a slave, builders and raws alike', async () => {
    expect(await firstReads(bench.db.master.connection)).toEqual(['slave1 balanced', 'slave1 balanced']);
  });

  it('do so where the master is away: a slave has the catalogue too', async () => {
    const nobody = { ...bench.db.master.connection, port: 1 };
    expect(await firstReads(nobody)).toEqual(['slave1 balanced', 'slave1 balanced']);
  });
});
