import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabaseRouting, type DatabaseRouting } from '../../../../src/index.js';
import {
  checkConsistency,
  ConsistencyStore,
  knexDriver,
  type ReplicatedPostgres,
  startReplicatedPostgres,
} from '../../../../src/testing/index.js';
import { UNHURRIED } from '../../knex/routing-bench.js';

describe('the Knex driver', () => {
  let db: ReplicatedPostgres;
  let routing: DatabaseRouting;

  beforeAll(async () => {
    db = await startReplicatedPostgres({ slaves: 2 });
    routing = createDatabaseRouting({
      client: 'pg',
      master: { connection: db.master.connection },
      slaves: {
        slave1: { connection: db.slave('slave1').connection },
        slave2: { connection: db.slave('slave2').connection },
      },
      health: UNHURRIED,
    });
    await knexDriver(routing).prepare?.();
  });

  afterAll(async () => {
    await routing.destroy();
    await db.stop();
  });

  it('makes the tables, which its slaves show when it is prepared', async () => {
    for (const { knex } of routing.engines.all())
      expect(await new ConsistencyStore(knex).hasTables()).toBe(true);
  });

  it('gives versions and items in the order of the commits', async () => {
    const store = new ConsistencyStore(routing.knex);
    const written = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.append('order', `item${index}`)),
    );
    expect(written.map(({ version }) => version).toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    const { values } = await store.readList('order');
    for (const [index, { version }] of written.entries()) expect(values[version - 1]).toBe(`item${index}`);
  });

  it('reads nothing of what was never written', async () => {
    const client = knexDriver(routing).client(0);
    expect(await client.read('never')).toMatchObject({ version: 0, value: null });
    expect(await client.readList('never')).toMatchObject({ values: [] });
  });

  it('tells which engine has answered', async () => {
    const report = await checkConsistency({ routing, operations: 1000, writeShare: 0.05 });
    expect(report.errors).toEqual([]);
    expect(Object.keys(report.readsByEngine)).not.toContain('unknown');
    const onSlaves = ['slave1', 'slave2'].map((name) => report.readsByEngine[name]?.share ?? 0);
    expect(Math.min(...onSlaves)).toBeGreaterThan(0.1);
  });

  it('finds nothing where all reads are forced to the master', async () => {
    const driver = knexDriver(routing, { engine: 'master' });
    const report = await checkConsistency({ driver, operations: 1000, writeShare: 0.3, maxLagMs: 1 });
    expect(report.anomalies).toBe(0);
    expect(report.readsByEngine).toEqual({ master: { reads: report.reads.answered, share: 1 } });
  });
});
