import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { RoutingBench, answeredBy, decisionsOf } from '../knex/routing-bench.js';

let bench: RoutingBench;
let routing: DatabaseRouting;
let db: Knex;
let decisions: string[];

beforeAll(async () => {
  bench = await RoutingBench.start(1);
  await bench.db.master.query(`CREATE SEQUENCE seq; SELECT nextval('seq');
    CREATE VIEW locks AS SELECT mode FROM pg_locks; CREATE VIEW over_locks AS SELECT * FROM locks;
    CREATE VIEW plain AS SELECT id FROM posts`);
  await bench.db.caughtUp();
  routing = await bench.routing();
  db = routing.knex;
});

beforeEach(() => {
  decisions = decisionsOf(routing);
});

afterAll(() => bench.stop());

describe('what a slave that has caught up answers differently', () => {
  it.each<[string, () => Knex.QueryBuilder | Knex.Raw]>([
    ["a sequence's last value", () => db('seq').select('last_value')],
    ['the same in a raw', () => db.raw('SELECT last_value FROM public.seq')],
    ['all sequences', () => db('pg_sequences').select('last_value')],
    ['pg_sequence_last_value', () => db.raw(`SELECT pg_sequence_last_value('seq'::regclass)`)],
    ['statistics', () => db('pg_stat_user_tables').select('n_tup_ins')],
    ['statistics by function', () => db.raw(`SELECT pg_stat_get_tuples_inserted('posts'::regclass)`)],
    ['locks', () => db.withSchema('pg_catalog').from('pg_locks').count()],
    ['replication', () => db('pg_stat_replication').select()],
    ['slots', () => db('pg_replication_slots').select('slot_name')],
    ['prepared transactions', () => db('pg_prepared_xacts').select('gid')],
    ['snapshots', () => db.raw('SELECT pg_snapshot_xip(pg_current_snapshot())')],
    ['recovery', () => db.raw('SELECT pg_is_in_recovery() AS slave')],
    ['whether it is read-only', () => db.raw(`SELECT current_setting('transaction_read_only')`)],
    ['the same by SHOW', () => db.raw('SHOW transaction_read_only')],
    ['a view over it', () => db('locks').select('mode')],
    ['a view over that', () => db('posts').join('over_locks', 'mode', 'title').select('mode')],
  ])('is read on the master: %s', async (_what, query) => {
    expect(routing.explain(query()).intent).toBe('read');
    await routing.run(async () => query());
    expect(decisions).toEqual(['master consistency']);
    decisions.length = 0;
    await routing.usingEngine('slave1', async () => query());
    await routing.usingEngine('slave', async () => query());
    expect(decisions).toEqual(['slave1 scope', 'slave1 scope']);
  });

  it('leaves the other reads of its context on slaves', async () => {
    await routing.run(async () => {
      await db('seq').select('last_value');
      expect(await answeredBy(db)).toBe('slave1');
    });
  });

  it.each<[string, () => Knex.QueryBuilder | Knex.Raw]>([
    ['a view of tables', () => db('plain').select()],
    ['what planners know of tables', () => db('pg_stats').select('tablename')],
    ['another setting', () => db.raw(`SELECT current_setting('work_mem')`)],
  ])('is not: %s', async (_what, query) => {
    await routing.run(async () => query());
    expect(decisions).toEqual(['slave1 balanced']);
  });
});

describe('serializable reads, which no slave knows', () => {
  it('run on the master as transactions of their own', async () => {
    const config = { readOnly: true, isolationLevel: 'serializable' } as const;
    const read = (knex: Knex) => knex.transaction((trx) => answeredBy(trx), config);
    expect(await routing.run(() => read(db))).toBe('master');
    expect(decisions[0]).toBe('master consistency');
    await expect(read(routing.usingEngine('slave1'))).rejects.toMatchObject({ code: '0A000' });
  });

  it('run on the master where they are what the database begins by default', async () => {
    const options = '-c default_transaction_isolation=serializable';
    const serializable = await bench.routing({
      master: { connection: { ...bench.db.master.connection, options } },
      slaves: { slave1: { connection: { ...bench.db.slave('slave1').connection, options } } },
    });
    const { knex } = serializable;
    for (const read of [
      () => answeredBy(knex),
      () =>
        knex.raw<{ rows: [{ name: string }] }>('SELECT name FROM server').then(({ rows }) => rows[0].name),
      () => knex.transaction((trx) => answeredBy(trx), { readOnly: true }),
    ])
      expect(await serializable.run(async () => read())).toBe('master');
  });
});
