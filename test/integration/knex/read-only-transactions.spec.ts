import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { WriteOnSlaveError } from '../../../src/errors.js';
import { RoutingBench, decisionsOf } from './routing-bench.js';

let bench: RoutingBench;
let routing: DatabaseRouting;
let decisions: string[];

beforeAll(async () => {
  bench = await RoutingBench.start(1);
  await bench.db.master.query(`
    CREATE TABLE tenants (tenant text, n int);
    INSERT INTO tenants VALUES ('a', 1), ('b', 2);
    CREATE ROLE app LOGIN PASSWORD 'app';
    CREATE ROLE reader;
    GRANT reader TO app;
    GRANT SELECT ON tenants TO app, reader;
    ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON tenants USING (tenant = current_setting('app.tenant', true));
    CREATE FUNCTION set_tenant(text) RETURNS void LANGUAGE plpgsql AS $$BEGIN PERFORM set_config('app.tenant', $1, true); END$$;
    CREATE FUNCTION locks() RETURNS void LANGUAGE plpgsql AS $$BEGIN PERFORM pg_advisory_lock(1); END$$;
    CREATE FUNCTION inserts() RETURNS void LANGUAGE plpgsql AS $$BEGIN INSERT INTO tenants VALUES ('c', 3); END$$;
    CREATE PROCEDURE tenancy(text) LANGUAGE plpgsql AS $$BEGIN PERFORM set_config('app.tenant', $1, true); END$$`);
  await bench.db.caughtUp();
  const as = (connection: object) => ({
    connection: { ...connection, user: 'app', password: 'app' },
    pool: { min: 0, max: 1 },
  });
  routing = await bench.routing({
    master: as(bench.db.master.connection),
    slaves: { slave1: as(bench.db.slave('slave1').connection) },
  });
});

beforeEach(() => {
  decisions = decisionsOf(routing);
});

afterAll(() => bench.stop());

const readOnly = <Result>(work: (trx: Knex.Transaction) => Promise<Result>, config = {}) =>
  routing.run(() => routing.knex.transaction(work, { readOnly: true, ...config }));

/** What of a connection outlives its transactions; its pool has only this one. */
const stateOfSlave = async () => {
  const { rows } = await routing.usingEngine('slave1').raw<{ rows: [object] }>(
    `SELECT coalesce(current_setting('app.tenant', true), '') AS tenant, current_user AS role,
      current_setting('statement_timeout') AS timeout, current_setting('default_transaction_read_only') AS read_only,
      (SELECT count(*)::int FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS locks,
      (SELECT count(*)::int FROM pg_cursors WHERE name = 'c') AS cursors`,
  );
  return rows[0];
};
const CLEAN = { tenant: '', role: 'app', timeout: '0', read_only: 'on', locks: 0, cursors: 0 };

describe('a read-only transaction on a slave', () => {
  it.each<[string, (trx: Knex.Transaction) => PromiseLike<unknown>]>([
    ['set_config', (trx) => trx.raw(`SELECT set_config('app.tenant', ?, true)`, ['a'])],
    ['set_config in a builder', (trx) => trx.select(trx.raw(`set_config('app.tenant', 'a', true)`))],
    ['set_config for longer', (trx) => trx.raw(`SELECT set_config('app.tenant', 'a', false)`)],
    ['SET LOCAL', (trx) => trx.raw(`SET LOCAL app.tenant = 'a'`)],
    ['SET', (trx) => trx.raw(`SET app.tenant = 'a'`)],
    ['several at once', (trx) => trx.raw(`SET LOCAL app.tenant = 'a'; SET LOCAL ROLE reader`)],
    ['a function of its own', (trx) => trx.raw(`SELECT set_tenant('a')`)],
    ['a procedure', (trx) => trx.raw(`CALL tenancy('a')`)],
    ['DO', (trx) => trx.raw(`DO $$BEGIN PERFORM set_config('app.tenant', 'a', true); END$$`)],
  ])('says its tenant by %s, and nothing of it stays', async (_what, say) => {
    const rows = await readOnly(async (trx) => {
      await say(trx);
      return trx('tenants').select('n');
    });
    expect(rows).toEqual([{ n: 1 }]);
    expect(new Set(decisions.map((decision) => decision.split(' ')[0]))).toEqual(new Set(['slave1']));
    expect(await stateOfSlave()).toEqual(CLEAN);
  });

  it.each<[string, string, string, unknown[]]>([
    ['SET LOCAL ROLE', 'SET LOCAL ROLE reader', 'SELECT current_user AS v', [{ v: 'reader' }]],
    [
      'statement_timeout',
      `SET LOCAL statement_timeout = '5s'`,
      `SELECT current_setting('statement_timeout') AS v`,
      [{ v: '5s' }],
    ],
    [
      'a cursor',
      'DECLARE c CURSOR WITH HOLD FOR SELECT g AS v FROM generate_series(1, 9) g',
      'FETCH 2 FROM c',
      [{ v: 1 }, { v: 2 }],
    ],
    [
      'SET TRANSACTION',
      'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
      `SELECT current_setting('transaction_isolation') AS v`,
      [{ v: 'repeatable read' }],
    ],
    [
      'a savepoint',
      `SAVEPOINT s; SET LOCAL app.tenant = 'a'; ROLLBACK TO s`,
      `SELECT current_setting('app.tenant', true) AS v`,
      [{ v: '' }],
    ],
    ['a lock of the transaction', 'SELECT pg_advisory_xact_lock(7)', 'SELECT 1 AS v', [{ v: 1 }]],
    ['LOCK TABLE', 'LOCK TABLE tenants IN ACCESS SHARE MODE', 'SELECT 1 AS v', [{ v: 1 }]],
    ['locks by a function', 'SELECT locks()', 'SELECT 1 AS v', [{ v: 1 }]],
  ])('takes %s, and nothing of it stays', async (_what, sql, query, rows) => {
    // prettier-ignore
    const { rows: found } = await readOnly(async (trx) => {
      await trx.raw(sql);
      return trx.raw<{ rows: unknown[] }>(query);
    });
    expect(found).toEqual(rows);
    expect(await stateOfSlave()).toEqual(CLEAN);
  });

  it('leaves nothing either where it is rolled back, or ended by hand', async () => {
    const failing = readOnly(async (trx) => {
      await trx.raw(`SET app.tenant = 'a'`);
      await trx.raw('SELECT locks()');
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect(await stateOfSlave()).toEqual(CLEAN);
    const trx = await routing.run(() => routing.knex.transaction({ readOnly: true }));
    await trx.raw(`SET app.tenant = 'a'`);
    await trx.commit();
    expect(await stateOfSlave()).toEqual(CLEAN);
  });

  it.each<[string, (trx: Knex.Transaction) => PromiseLike<unknown>]>([
    ['an insert', (trx) => trx('tenants').insert({ n: 3 })],
    ['a lock on rows', (trx) => trx('tenants').forShare()],
    ['a lock of the session', (trx) => trx.raw('SELECT pg_advisory_lock(1)')],
    ['PREPARE', (trx) => trx.raw('PREPARE p AS SELECT 1')],
    ['READ WRITE', (trx) => trx.raw('SET TRANSACTION READ WRITE')],
    ['READ WRITE by its setting', (trx) => trx.raw('SET LOCAL transaction_read_only = off')],
    ['COMMIT', (trx) => trx.raw('COMMIT')],
    ['a cursor that locks', (trx) => trx.raw('DECLARE c CURSOR FOR SELECT pg_advisory_lock(1)')],
    ['a write among others', (trx) => trx.raw('SET LOCAL ROLE reader; DELETE FROM tenants')],
  ])('refuses before it is sent: %s', async (_what, run) => {
    await readOnly(async (trx) => {
      await expect(run(trx)).rejects.toThrow(WriteOnSlaveError);
      expect((await trx.raw<{ rows: unknown[] }>('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
    });
    expect(await stateOfSlave()).toEqual(CLEAN);
  });

  it('has the server refuse what a function writes', async () => {
    const writing = readOnly((trx) => trx.raw('SELECT inserts()'));
    await expect(writing).rejects.toMatchObject({
      code: 'DATABASE_ROUTING_WRITE_ON_SLAVE',
      cause: { code: '25006' },
    });
  });
});

describe('what a read-only transaction takes', () => {
  it('is refused on a Knex that names the slave, and on its connection', async () => {
    const sql = `SELECT set_config('app.tenant', 'a', true)`;
    await expect(routing.usingEngine('slave1').raw(sql)).rejects.toThrow(WriteOnSlaveError);
    const knex = routing.usingEngine('slave1');
    const connection: unknown = await knex.client.acquireConnection();
    try {
      await expect(knex.raw(sql).connection(connection)).rejects.toThrow(WriteOnSlaveError);
      await expect(knex.raw('SET app.tenant = 1').connection(connection)).rejects.toThrow(WriteOnSlaveError);
    } finally {
      await knex.client.releaseConnection(connection);
    }
    expect(await stateOfSlave()).toEqual(CLEAN);
  });

  it('runs on the master outside of one', async () => {
    await routing.run(() => routing.knex.raw(`SELECT set_config('app.tenant', 'a', true)`));
    expect(decisions).toEqual(['master write']);
  });
});
