import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { WriteFailedError } from '../../../src/errors.js';
import { type KnexConnection, sever } from '../../../src/knex-internals.js';
import { eventually } from '../testing/eventually.js';
import { CLOSELY } from '../health/health-bench.js';
import { RoutingBench, UNHURRIED } from './routing-bench.js';

let bench: RoutingBench;
let routing: DatabaseRouting;
let db: Knex;

type Work = (trx: Knex.Transaction) => Promise<unknown>;

/** The ways to write a transaction, each awaited to its end. */
const FORMS: Record<string, (work: Work) => Promise<unknown>> = {
  'by a callback': async (work) => db.transaction(work),
  'by hand': async (work) => {
    const trx = await db.transaction();
    await work(trx);
    await trx.commit();
  },
  'by a provider': async (work) => {
    const trx = await db.transactionProvider()();
    await work(trx);
    await trx.commit();
  },
  'by hand in a callback': async (work) =>
    db.transaction((trx) => {
      work(trx)
        .then(() => trx.commit())
        .catch((error: Error) => trx.rollback(error));
    }),
};
const EACH = Object.keys(FORMS);

const failureOf = (ending: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(ending).then(
    () => undefined,
    (error: unknown) => error,
  );

/** What the caller of each form gets for the same work, one after the other. */
async function failures(work: Work): Promise<unknown[]> {
  const met: unknown[] = [];
  for (const form of EACH) met.push(await failureOf(FORMS[form]!(work)));
  return met;
}

const inEachForm = (expected: object) => EACH.map(() => expect.objectContaining(expected));
const titles = async () =>
  (await bench.db.master.query<{ title: string }>('SELECT title FROM posts ORDER BY id')).map(
    ({ title }) => title,
  );

beforeAll(async () => {
  bench = await RoutingBench.start(1);
  const { master } = bench.db;
  await master.query('CREATE TABLE pairs (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)');
  await master.query('CREATE TABLE once (a int UNIQUE)');
  await master.query(
    `CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(20); RETURN NEW; END'`,
  );
  await master.query('CREATE TABLE naps (title text)');
  await master.query(
    `CREATE CONSTRAINT TRIGGER nap AFTER INSERT ON naps DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION nap()`,
  );
  await bench.db.caughtUp();
});

beforeEach(async () => {
  await bench.db.master.start();
  routing = await bench.routing({ health: CLOSELY, retryWrites: 'never' });
  db = routing.knex;
  await bench.db.master.query('TRUNCATE posts, pairs, once');
  await routing.run(() => db('posts').insert({ title: 'before' }));
  await eventually(() => expect(routing.engines.master.state.kind).toBe('up'));
});

afterEach(() => routing.destroy());

afterAll(() => bench.stop());

describe('acknowledged means committed: each form of a transaction rejects', () => {
  it('where the server was killed before COMMIT was sent, and it was certainly not applied', async () => {
    let written = 0;
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const all = EACH.map((form) =>
      failureOf(
        FORMS[form]!(async (trx) => {
          await trx('posts').insert({ title: 'lost' });
          written += 1;
          await gate;
        }),
      ),
    );
    await eventually(() => expect(written).toBe(EACH.length));
    await bench.db.master.kill();
    await eventually(() => expect(routing.engines.master.state.kind).toBe('down'));
    open();
    expect(await Promise.all(all)).toEqual(
      inEachForm({ name: 'WriteFailedError', engine: 'master', mayHaveBeenApplied: false }),
    );
    await bench.db.master.start();
    expect(await titles()).toEqual(['before']);
  });

  it('where the server was killed while COMMIT was on its way, and it may have been applied', async () => {
    const all = EACH.map((form) =>
      failureOf(FORMS[form]!((trx) => trx('naps').insert({ title: 'perhaps' }))),
    );
    await eventually(async () => {
      const sql = `SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query ILIKE 'commit%'`;
      expect(await bench.db.master.query(sql)).toHaveLength(EACH.length);
    });
    await bench.db.master.kill();
    expect(await Promise.all(all)).toEqual(
      inEachForm({
        name: 'WriteFailedError',
        code: 'DATABASE_ROUTING_WRITE_FAILED',
        mayHaveBeenApplied: true,
      }),
    );
  });

  it('where the server ended the idle session', async () => {
    const met = await failures(async (trx) => {
      const { rows } = await trx.raw<{ rows: { pid: number }[] }>('select pg_backend_pid() as pid');
      await trx('posts').insert({ title: 'lost' });
      await trx.raw('set local idle_in_transaction_session_timeout = 20');
      await eventually(async () => {
        const alive = await bench.db.master.query('SELECT FROM pg_stat_activity WHERE pid = $1', [
          rows[0]?.pid,
        ]);
        expect(alive).toEqual([]);
      });
    });
    expect(met).toEqual(inEachForm({ name: 'WriteFailedError', mayHaveBeenApplied: false }));
    expect(await titles()).toEqual(['before']);
  });

  it.each<[string, (work: () => Promise<unknown[]>) => Promise<unknown[]>]>([
    ['in a job', (work) => routing.run(work)],
    ['outside', (work) => work()],
  ])(
    "where a deferred constraint refuses, with the driver's error and its code: %s",
    async (_where, within) => {
      const met = await within(() => failures((trx) => trx('pairs').insert([{ a: 1 }, { a: 1 }])));
      expect(met).toEqual(
        inEachForm({
          name: 'WriteFailedError',
          mayHaveBeenApplied: false,
          code: '23505',
          message: expect.stringContaining('duplicate key value'),
          cause: expect.objectContaining({ code: '23505', constraint: 'pairs_a_key' }),
        }),
      );
      expect(await db('pairs').forShare()).toEqual([]);
    },
  );

  it.each<[string, (work: () => Promise<unknown[]>) => Promise<unknown[]>]>([
    ['in a job', (work) => routing.run(work)],
    ['outside', (work) => work()],
  ])('where a statement had failed and COMMIT was answered with ROLLBACK: %s', async (_where, within) => {
    const met = await within(() =>
      failures(async (trx) => {
        await trx('posts').insert({ title: 'lost' });
        await trx('once')
          .insert([{ a: 1 }, { a: 1 }])
          .catch(() => undefined);
        await trx('posts').catch(() => undefined); // 25P02, of which nobody learns anything
      }),
    );
    expect(met).toEqual(
      inEachForm({
        name: 'WriteFailedError',
        mayHaveBeenApplied: false,
        code: 'DATABASE_ROUTING_WRITE_FAILED',
        message: expect.stringContaining('rolled'),
        cause: expect.objectContaining({ code: '23505', constraint: 'once_a_key' }),
      }),
    );
    expect(await titles()).toEqual(['before']);
  });

  it('where a stream had failed in it', async () => {
    const trx = await db.transaction();
    const rows = trx.raw('select 1 / (3 - n) from generate_series(1, 3) n').stream();
    const broken = new Promise((resolve) => rows.once('error', resolve));
    rows.resume();
    expect(await broken).toMatchObject({ code: '22012' });
    await expect(trx.commit()).rejects.toMatchObject({ mayHaveBeenApplied: false, cause: await broken });
  });

  it('where BEGIN failed: its callback never runs, and it has no handle', async () => {
    let ran = 0;
    const met: unknown[] = [];
    for (const form of EACH) {
      const { pool } = db.client as { pool: { used: { resource: KnexConnection }[] } };
      const cut = ({ sql }: { sql: string }) => {
        if (sql === 'BEGIN;') for (const { resource } of pool.used) sever(resource);
      };
      db.on('query', cut);
      met.push(await failureOf(FORMS[form]!(async () => void ran++)));
      db.removeListener('query', cut);
    }
    expect(met).toEqual(inEachForm({ name: 'WriteFailedError', mayHaveBeenApplied: false }));
    expect(ran).toBe(0);
  });

  it('and commit() and the transaction tell the same error', async () => {
    const trx = await db.transaction();
    await trx('pairs').insert([{ a: 1 }, { a: 1 }]);
    const [byCommit, again, byTransaction] = await Promise.all(
      [trx.commit(), trx.commit(), trx.executionPromise].map(failureOf),
    );
    expect(byCommit).toBeInstanceOf(WriteFailedError);
    expect([again, byTransaction]).toEqual([byCommit, byCommit]);
    expect(trx.isCompleted()).toBe(true);
  });

  it('where it was rolled back before', async () => {
    const undone = await db.transaction();
    await undone('posts').insert({ title: 'lost' });
    await undone.rollback();
    await expect(undone.commit()).rejects.toMatchObject({ mayHaveBeenApplied: false });
    await expect(undone.executionPromise).resolves.toBeUndefined();
    const both = await db.transaction();
    const [rollback, commit] = await Promise.allSettled([
      both.rollback(),
      both.commit(),
      both.executionPromise,
    ]);
    expect(rollback.status).toBe('fulfilled');
    expect(commit).toMatchObject({ reason: { name: 'WriteFailedError', mayHaveBeenApplied: false } });
    expect(await db.transaction(async (trx) => void (await trx.rollback()))).toBeUndefined();
    expect(await titles()).toEqual(['before']);
  });
});

describe('a transaction that is committed', () => {
  it('says so as often as it is asked, and a rollback that comes too late changes nothing', async () => {
    const trx = await db.transaction();
    await trx('posts').insert({ title: 'kept' });
    await Promise.all([trx.commit('value'), trx.commit(), trx.rollback(new Error('too late'))]);
    expect(await trx.executionPromise).toBe('value');
    expect(await titles()).toEqual(['before', 'kept']);
  });

  it('keeps what was done around a savepoint in which a statement failed', async () => {
    for (const form of EACH)
      await FORMS[form]!(async (trx) => {
        const inner = await trx.transaction();
        const twice = inner('once').insert([{ a: 1 }, { a: 1 }]);
        await expect(twice).rejects.toMatchObject({ code: '23505' });
        await inner.rollback();
        await trx('posts').insert({ title: form });
      });
    expect(await titles()).toEqual(['before', ...EACH]);
  });
});

describe('a failure that nobody awaits', () => {
  /** Jest fails the test in which a rejection is left unhandled. */
  const unhandledAreSeen = () => new Promise((resolve) => setTimeout(resolve, 50));

  it('of a commit() is no unhandled rejection', async () => {
    const trx = await db.transaction();
    await trx('pairs').insert([{ a: 1 }, { a: 1 }]);
    void trx.commit();
    await unhandledAreSeen();
    expect(await failureOf(trx.executionPromise)).toBeInstanceOf(WriteFailedError);
  });

  it('of a transaction is none, where the error is of this module', async () => {
    const trx = await new Promise<Knex.Transaction>((resolve) => {
      void db.transaction(async (one) => {
        await one('once')
          .insert([{ a: 1 }, { a: 1 }])
          .catch(() => undefined);
        resolve(one);
      });
    });
    await unhandledAreSeen();
    expect(await failureOf(trx.executionPromise)).toBeInstanceOf(WriteFailedError);
  });
});

describe("what a transaction's callback throws", () => {
  class PaymentRefused extends Error {
    code = 'ECONNREFUSED';
  }
  const ELSEWHERE: [string, Error][] = [
    ['of a class of its own', new PaymentRefused('payments are down')],
    ['of another service', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
    [
      'of another database',
      Object.assign(new Error('Connection terminated unexpectedly'), { code: '57P01' }),
    ],
    [
      'of another pool',
      Object.assign(new Error('Timeout acquiring a connection.'), { name: 'KnexTimeoutError' }),
    ],
  ];

  it.each(ELSEWHERE)('comes out as it is, and says nothing of the master: %s', async (_what, error) => {
    const unasked = await bench.routing({ health: { ...UNHURRIED, intervalMs: 600_000 } });
    const { knex } = unasked;
    await unasked.asked();
    await knex.transaction((trx) => trx('posts')); // a new connection asks who is the master
    let asked = 0;
    unasked.engines.master.probes.on('query', () => asked++);
    const throwing = async (trx: Knex.Transaction) => {
      await trx('posts').insert({ title: 'undone' });
      throw error;
    };
    expect(await failureOf(knex.transaction(throwing))).toBe(error);
    expect(await failureOf(knex.transaction(() => { throw error; }))).toBe(error); // prettier-ignore
    const trx = await knex.transaction();
    await trx.rollback(error);
    expect(await failureOf(trx.executionPromise)).toBe(error);
    expect(asked).toBe(0);
    await unasked.destroy();
    expect(await titles()).toEqual(['before']);
  });

  it("is the engine's failure only where a query of this transaction met it", async () => {
    const end = 'select pg_terminate_backend(pg_backend_pid())';
    const elsewhere = failureOf(bench.db.master.query(end));
    expect(await failureOf(db.transaction(async (trx) => { await trx('posts'); throw await elsewhere; }))).toBe(await elsewhere); // prettier-ignore
    const own = { name: 'WriteFailedError', mayHaveBeenApplied: false };
    const met: unknown[] = [];
    const throwing = db.transaction((trx) =>
      trx('posts')
        .whereRaw('pg_terminate_backend(pg_backend_pid())')
        .catch((error: unknown) => {
          met.push(error);
          throw error;
        }),
    );
    expect(await failureOf(throwing)).toMatchObject({ ...own, cause: expect.anything() });
    const streaming = db.transaction(async (trx) => {
      for await (const row of trx.raw(end).stream()) met.push(row);
    });
    expect(await failureOf(streaming)).toMatchObject({ ...own, cause: { code: '57P01' } });
    const nested = db.transaction((trx) => trx.transaction((inner) => inner.raw(end)));
    expect(await failureOf(nested)).toMatchObject(own);
    expect(met).toHaveLength(1);
  });

  it("keeps Knex's hint where a write outside it found the pool empty", async () => {
    const one = await bench.routing({ pool: { min: 0, max: 1 }, acquireConnectionTimeout: 1_500 });
    const outside = one.run(() =>
      one.knex.transaction(async () => void (await one.knex('posts').insert({ title: 'outside' }))),
    );
    expect(await failureOf(outside)).toMatchObject({
      name: 'KnexTimeoutError',
      message: expect.stringContaining('missing a .transacting(trx) call'),
    });
    await one.destroy();
  });
});
