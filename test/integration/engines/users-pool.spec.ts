import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually } from '../testing/eventually.js';
import { RoutingBench, answeredBy } from '../knex/routing-bench.js';

let bench: RoutingBench;

beforeAll(async () => {
  bench = await RoutingBench.start(1);
  await bench.db.master.query('CREATE VIEW nap AS SELECT 1 AS one FROM pg_sleep(0.5)');
});

afterAll(() => bench.stop());

describe('a pool that is the user’s (`connectionPool`)', () => {
  it('gets back at the end what is in use, and stays open', async () => {
    const pool = new pg.Pool({ ...bench.db.master.connection, max: 3 } as pg.PoolConfig);
    pool.on('error', () => undefined);
    const routing = await bench.routing({ master: { connectionPool: pool }, slaves: {} });
    const running = routing.knex('nap').then((rows: unknown) => rows);
    const transaction = await routing.knex.transaction();
    await eventually(() => expect(pool.totalCount - pool.idleCount).toBeGreaterThanOrEqual(2));
    const ended = routing.destroy();
    expect(await running).toEqual([{ one: 1 }]);
    await transaction.rollback();
    await ended;
    await eventually(() => expect([pool.totalCount - pool.idleCount, pool.waitingCount]).toEqual([0, 0]));
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });
});

describe('a Knex that names a slave', () => {
  it('is not destroyed by itself: its engine leaves the set by `engines.remove`', async () => {
    const routing = await bench.routing();
    for (const name of ['slave1', 'slave'])
      await expect(routing.usingEngine(name).destroy()).rejects.toThrow(`engines.remove('slave1')`);
    expect(await answeredBy(routing.usingEngine('slave1'))).toBe('slave1');
  });
});
