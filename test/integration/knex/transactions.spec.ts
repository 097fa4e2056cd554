import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { UnknownEngineError, WriteOnSlaveError } from '../../../src/errors.js';
import { RoutingBench, answeredBy, decisionsOf } from './routing-bench.js';

const SLAVE = expect.stringMatching(/^slave[12]$/);

let bench: RoutingBench;
let routing: DatabaseRouting;
let db: Knex;

beforeAll(async () => {
  bench = await RoutingBench.start();
  routing = await bench.routing({ bookmark: { waitMs: 10_000 } });
  db = routing.knex;
});

beforeEach(() => bench.db.master.query('TRUNCATE posts'));

afterAll(() => bench.stop());

const rowsOnMaster = () => bench.db.master.query('SELECT title FROM posts ORDER BY id');
const inFlight = () => routing.status().engines.map((engine) => engine.inFlight);

describe('a choice inside a transaction must not split it over two engines', () => {
  it('runs a whole transaction on the master, where a slave is forced too, and it sees its own rows', async () => {
    const decisions = decisionsOf(routing);
    await routing.usingEngine('slave1', () =>
      db.transaction(async (trx) => {
        await trx('posts').insert({ title: 'A' });
        expect(await trx('posts').pluck('title')).toEqual(['A']);
        expect(await trx('server').usingEngine('slave2').pluck('name')).toEqual(['master']);
        expect(await routing.usingEngine('slave2', () => answeredBy(trx))).toBe('master');
        expect(await db('server').transacting(trx).pluck('name')).toEqual(['master']);
        await trx.transaction(async (inner) => void (await inner('posts').insert({ title: 'B' })));
        expect(await answeredBy(db)).toBe('slave1');
      }),
    );
    expect(decisions[0]).toBe('master write');
    expect(new Set(decisions.slice(1))).toEqual(new Set(['master transaction', 'slave1 scope']));
    expect(await rowsOnMaster()).toEqual([{ title: 'A' }, { title: 'B' }]);
  });

  it('runs a read-only one whole on one slave, in one snapshot', async () => {
    const decisions = decisionsOf(routing);
    await routing.run(() =>
      db.transaction(
        async (trx) => {
          const names = [await answeredBy(trx), await answeredBy(trx)];
          expect(names).toEqual([SLAVE, names[0]]);
          expect(await routing.usingEngine('master', () => answeredBy(trx))).toBe(names[0]);
          expect(await trx.transaction((inner) => answeredBy(inner))).toBe(names[0]);
          expect(await db('server').transacting(trx).pluck('name')).toEqual([names[0]]);
        },
        { readOnly: true, isolationLevel: 'repeatable read' },
      ),
    );
    expect(decisions[0]).toMatch(/^slave[12] balanced$/);
    expect(new Set(decisions.slice(1))).toEqual(new Set([`${decisions[0]?.split(' ')[0]} transaction`]));
  });

  it('chooses the engine of a read-only one by the rules for reads', async () => {
    const where = () => db.transaction((trx) => answeredBy(trx), { readOnly: true });
    expect(await where()).toBe('master');
    expect(await routing.usingEngine('slave2', where)).toBe('slave2');
    expect(
      await routing.usingEngine('slave1').transaction((trx) => answeredBy(trx), { readOnly: true }),
    ).toBe('slave1');
    await routing.run(async () => {
      const kept = await answeredBy(db);
      expect(await where()).toBe(kept);
      await db('posts').insert({ title: 'A' });
      expect(await where()).toBe('master');
    });
    await routing.run(async () => {
      const trx = await db.transactionProvider({ readOnly: true })();
      expect(await answeredBy(trx)).toEqual(SLAVE);
      await trx.rollback();
    });
  });

  it('refuses a write in a read-only one on a slave before it is sent, and it may go on', async () => {
    await routing.usingEngine('slave1', () =>
      db.transaction(
        async (trx) => {
          await expect(trx('posts').insert({ title: 'A' })).rejects.toThrow(WriteOnSlaveError);
          await expect(trx('posts').forShare()).rejects.toThrow("slave 'slave1' runs reads only");
          expect(await answeredBy(trx)).toBe('slave1');
        },
        { readOnly: true },
      ),
    );
    expect(await rowsOnMaster()).toEqual([]);
  });

  it('has a slave itself refuse what could not be told to be a write', async () => {
    const hidden = routing.usingEngine('slave1', () =>
      db.transaction((trx) => trx.raw(`insert into posts (title) values ('A')`), { readOnly: true }),
    );
    await expect(hidden).rejects.toThrow(/read-only transaction|runs reads only/);
    expect(await rowsOnMaster()).toEqual([]);
  });
});

describe('a transaction that may write', () => {
  it('is no write where it only read, also on a connection whose last one wrote', async () => {
    const one = await bench.routing({ pool: { min: 0, max: 1 } });
    await one.run(() => one.knex.transaction((trx) => trx('posts').insert({ title: 'A' })));
    await one.run(async () => {
      await one.knex.transaction((trx) => trx('posts').select());
      expect(await answeredBy(one.knex)).toEqual(SLAVE);
      await one.knex.transaction((trx) => trx.raw('update posts set title = title'));
      expect(await answeredBy(one.knex)).toBe('master');
    });
  });
});

describe('a read after a transaction', () => {
  const afterwards = (transaction: () => PromiseLike<unknown>) =>
    routing.run(async () => {
      await transaction();
      return answeredBy(db);
    });

  it.each<[string, () => PromiseLike<unknown>]>([
    ['committed by its work', () => db.transaction((trx) => trx('posts').insert({ title: 'A' }))],
    [
      'committed by hand',
      async () => {
        const trx = await db.transaction();
        await trx('posts').insert({ title: 'A' });
        await trx.commit();
      },
    ],
    ['with batchInsert', () => db.batchInsert('posts', [{ title: 'A' }])],
    [
      'written in a nested one',
      () => db.transaction((trx) => trx.transaction((inner) => inner('posts').insert({ title: 'A' }))),
    ],
    [
      'on a connection in hand',
      async () => {
        const connection: unknown = await db.client.acquireConnection();
        await db.transaction((trx) => trx('posts').insert({ title: 'A' }), { connection });
        await db.client.releaseConnection(connection);
      },
    ],
    [
      'committed in a scope and a branch of its own',
      () =>
        Promise.all([
          answeredBy(db),
          routing.usingEngine('slave1', () => db.transaction((trx) => trx('posts').insert({ title: 'A' }))),
        ]),
    ],
    [
      'on the Knex of the master',
      () => routing.usingEngine('master').transaction((trx) => trx('posts').insert({ title: 'A' })),
    ],
  ])('is on the master: %s', async (_what, transaction) => {
    expect(await afterwards(transaction)).toBe('master');
    expect(await rowsOnMaster()).toEqual([{ title: 'A' }]);
  });

  it.each<[string, () => PromiseLike<unknown>]>([
    ['rolled back by hand', async () => (await db.transaction()).rollback()],
    [
      'rolled back by an error',
      () => db.transaction(async (trx) => { await trx('posts').insert({ title: 'A' }); throw new Error('no'); }).catch(() => undefined), // prettier-ignore
    ],
    ['read-only', () => db.transaction((trx) => trx('posts').first(), { readOnly: true })],
    [
      'read-only, on the master',
      () =>
        routing.usingEngine('master', () =>
          db.transaction((trx) => trx('posts').first(), { readOnly: true }),
        ),
    ],
  ])('is on a slave: %s', async (_what, transaction) => {
    expect(await afterwards(transaction)).toEqual(SLAVE);
    expect(await rowsOnMaster()).toEqual([]);
  });

  it('marks the context that began it, though the commit comes from another', async () => {
    await routing.run(async () => {
      const trx = await db.transaction();
      await trx('posts').insert({ title: 'A' });
      await routing.run(async () => {
        await trx.commit();
        expect(await answeredBy(db)).toEqual(SLAVE);
      });
      expect(await answeredBy(db)).toBe('master');
    });
  });

  it('is on the master while the commit is on its way, and when its answer is an error', async () => {
    await routing.run(async () => {
      await db.raw('create table if not exists pairs (a int unique deferrable initially deferred)');
    });
    await routing.run(async () => {
      const failing = db.transaction(async (trx) => {
        await trx('pairs').insert([{ a: 1 }, { a: 1 }]);
      });
      await expect(failing).rejects.toMatchObject({ code: '23505' });
      expect(await answeredBy(db)).toBe('master');
    });
  });
});

describe('a connection in hand', () => {
  it("is the master's, or that of the engine that the Knex names", async () => {
    for (const [knex, engine] of [
      [db, 'master'],
      [routing.usingEngine('slave2'), 'slave2'],
    ] as const) {
      const connection: unknown = await knex.client.acquireConnection();
      expect(await knex('server').connection(connection).pluck('name')).toEqual([engine]);
      expect(await db('server').connection(connection).pluck('name')).toEqual([engine]);
      await knex.client.releaseConnection(connection);
    }
    expect(inFlight()).toEqual([0, 0, 0]);
  });

  it('of a slave gets no writes, and one of the master marks its context', async () => {
    const connection: unknown = await routing.usingEngine('slave2').client.acquireConnection();
    await expect(db('posts').insert({ title: 'A' }).connection(connection)).rejects.toThrow(
      WriteOnSlaveError,
    );
    await db.client.releaseConnection(connection);
    await routing.run(async () => {
      const own: unknown = await db.client.acquireConnection();
      await db('posts').insert({ title: 'A' }).connection(own);
      await db.client.releaseConnection(own);
      expect(await answeredBy(db)).toBe('master');
    });
  });
});

describe('a query that takes too long', () => {
  it('is cancelled on the engine that runs it, and only there', async () => {
    for (const engine of ['slave1', 'slave2', 'master']) {
      const one = await bench.routing({ pool: { min: 0, max: 1 }, acquireConnectionTimeout: 5_000 });
      const pid = () => one.usingEngine(engine, () => one.knex('server').pluck('pid'));
      const before = await pid();
      const slow = one.usingEngine(engine, () => one.knex('slow').timeout(60, { cancel: true }));
      await expect(slow).rejects.toMatchObject({ name: 'KnexTimeoutError' });
      expect(await pid()).toEqual(before);
      await one.destroy();
    }
  });
});

describe('queries in flight', () => {
  it('leave a connection that was passed to a stream with its owner', async () => {
    const client = db.client as {
      acquireConnection(): Promise<object>;
      releaseConnection(one: object): void;
    };
    const connection = await client.acquireConnection();
    await bench.db.master.query("INSERT INTO posts (title) VALUES ('a')");
    for await (const row of db('posts').connection(connection).stream()) expect(row).toHaveProperty('title');
    await new Promise(setImmediate);
    expect(inFlight()[0]).toBe(1);
    client.releaseConnection(connection);
    expect(inFlight()[0]).toBe(0);
  });

  it('are counted while they hold a connection, whatever they are', async () => {
    expect(routing.status().engines).toMatchObject([
      { name: 'master', role: 'master', inFlight: 0 },
      { name: 'slave1', role: 'slave', inFlight: 0 },
      { name: 'slave2', role: 'slave', inFlight: 0 },
    ]);
    const trx = await db.transaction();
    const readOnly = await routing.usingEngine('slave1').transaction({ readOnly: true });
    const stream = routing.usingEngine('slave2')('many').stream();
    expect(inFlight()).toEqual([1, 1, 1]);
    await Promise.all([trx('posts').first(), trx.transaction((inner) => inner('posts').first())]);
    expect(inFlight()).toEqual([1, 1, 1]);
    await trx.commit();
    await readOnly.rollback();
    let rows = 0;
    for await (const _row of stream) rows++;
    expect(rows).toBe(100_000);
    await db('posts').first();
    expect(inFlight()).toEqual([0, 0, 0]);
  });

  it('are none after errors, streams left early, timeouts and full pools', async () => {
    const full = await bench.routing({ pool: { min: 0, max: 1 }, acquireConnectionTimeout: 60 });
    const counts = () => full.status().engines.map((engine) => engine.inFlight);
    const { knex } = full;
    await full.run({ engine: 'slave1' }, async () => {
      await expect(knex('nowhere')).rejects.toThrow();
      await expect(knex('slow').timeout(20, { cancel: true })).rejects.toThrow('timeout');
      await expect(knex('slow').timeout(20)).rejects.toThrow('timeout');
      for await (const _row of knex('server').stream()) break;
      const bad = knex('nowhere').stream().resume();
      await new Promise((resolve) => bad.once('error', resolve));
      await knex('server').first();
      const named = full.usingEngine('slave1');
      const held = await named.transaction({ readOnly: true });
      await expect(named('server')).rejects.toMatchObject({ name: 'KnexTimeoutError' });
      await expect(named.transaction(async () => undefined, { readOnly: true })).rejects.toThrow('Timeout');
      expect(counts()).toEqual([0, 1, 0]);
      expect(await answeredBy(knex)).toBe('master'); // where no Knex names the slave
      expect(counts()).toEqual([0, 1, 0]);
      await held.rollback();
    });
    await expect(knex.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(full.usingEngine('slave1')('posts').insert({})).rejects.toThrow(WriteOnSlaveError);
    expect(counts()).toEqual([0, 0, 0]);
  });

  it('do not share a connection: a stream gives its own back once', async () => {
    const one = await bench.routing({ pool: { min: 0, max: 1 } });
    const slave = one.usingEngine('slave1');
    const pool = slave.client.pool as { numUsed(): number };
    const used: number[] = [];
    let open = 0;
    const read = async () => {
      for await (const row of slave('server').stream()) expect(row).toHaveProperty('name');
    };
    const alone = () =>
      slave.transaction(
        async (trx) => {
          open += 1;
          await trx('server').first();
          used.push(open, pool.numUsed());
          open -= 1;
        },
        { readOnly: true },
      );
    await Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 ? read() : alone())));
    expect(used).toEqual(Array.from({ length: 10 }, () => 1));
    expect([pool.numUsed(), one.status().engines[1]?.inFlight]).toEqual([0, 0]);
  });
});

describe("a transaction's Knex in place of the routed one", () => {
  const forms: [string, (work: (trx: Knex.Transaction) => Promise<unknown>) => Promise<unknown>][] = [
    ['a callback', (work) => db.transaction(work)],
    ['a read-only one', (work) => db.transaction(work, { readOnly: true })],
    ['by hand', async (work) => {
      const trx = await db.transaction();
      await work(trx);
      await trx.rollback();
    }],
    ['a provider', async (work) => {
      const trx = await db.transactionProvider()();
      await work(trx);
      await trx.rollback();
    }],
    ['a savepoint', (work) => db.transaction((outer) => outer.transaction(work))],
    ['on a Knex that names an engine', (work) => routing.usingEngine('master').transaction(work)],
  ]; // prettier-ignore

  it.each(forms)('has the methods of a session: %s', async (_form, run) => {
    await routing.run(() =>
      run(async (trx) => {
        const names = ['usingEngine', 'explain', 'markWrite', 'bookmark'] as const;
        expect(names.map((name) => typeof trx[name])).toEqual(names.map(() => 'function'));
        expect(trx.explain(trx('posts'))).toMatchObject({ reason: 'transaction', error: undefined });
        expect(await trx.bookmark()).toEqual(expect.anything());
      }),
    );
  });

  it('stays on its engine and connection, whatever is named', async () => {
    await db.transaction(async (trx) => {
      await trx('posts').insert({ title: 'A' });
      expect(trx.usingEngine('slave1')).toBe(trx);
      expect(await trx.usingEngine('slave1')('posts').pluck('title')).toEqual(['A']);
      expect(await trx.usingEngine('slave1', () => answeredBy(trx))).toBe('master');
      expect(await trx.usingEngine('slave1', () => answeredBy(db))).toBe('slave1');
      expect(() => trx.usingEngine('slave7')).toThrow(UnknownEngineError);
      await trx.rollback();
    });
    expect(await rowsOnMaster()).toEqual([]);
  });

  it('refuses in explain() what a slave would', async () => {
    await routing.run(() =>
      db.transaction(
        async (trx) => {
          expect(await answeredBy(trx)).toEqual(SLAVE);
          expect(trx.explain(trx('posts').insert({ title: 'A' })).error).toBeInstanceOf(WriteOnSlaveError);
        },
        { readOnly: true },
      ),
    );
  });
});
