import { once } from 'node:events';
import { setTimeout as passMs } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import { bounded } from '../../../src/context/consistency.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import type { PostgresSlave } from '../../../src/testing/index.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import { RoutingBench } from '../knex/routing-bench.js';
import { eventually } from '../testing/eventually.js';
import { SessionClient, titles } from '../../unit/freshness/session-client.js';

/** More than a slave that nothing holds back needs on a busy machine. */
const PATIENT_MS = 5_000;
const LONG_DELAY_MS = 60_000;

const BY_A_SLAVE = [expect.stringMatching(/^slave[12] bookmark$/)];

let bench: RoutingBench;
let slave1: PostgresSlave;
let slave2: PostgresSlave;

beforeAll(async () => {
  bench = await RoutingBench.start(2);
  slave1 = bench.db.slave('slave1');
  slave2 = bench.db.slave('slave2');
  // slave2 is synchronous for those who ask for it
  await bench.db.master.query('ALTER SYSTEM SET synchronous_commit = local');
  await bench.db.master.query(`ALTER SYSTEM SET synchronous_standby_names = 'slave2'`);
  await bench.db.master.query('SELECT pg_reload_conf()');
  // what a slave shows at least when it has crashed
  for (const server of [bench.db.master, slave1, slave2]) await server.query('CHECKPOINT');
});

beforeEach(async () => {
  await bench.db.master.query('DELETE FROM posts');
  await bench.db.caughtUp();
});

/** Nothing holds anything back any more. */
afterEach(async () => {
  for (const slave of [slave1, slave2].filter(({ following }) => following)) {
    await slave.start();
    await slave.delay(0);
    await slave.resume();
  }
  await bench.db.caughtUp();
});

afterAll(() => bench.stop());

const preferring = (first: string): NonNullable<DatabaseRoutingOptions['balancer']> => ({
  choose: (slaves) => slaves.find(({ name }) => name === first) ?? slaves[0]!,
});

/** With a wait in which nothing is late by chance, and slave1 first. */
function patient(more: Partial<DatabaseRoutingOptions> = {}): Promise<DatabaseRouting> {
  return bench.routing({ balancer: preferring('slave1'), bookmark: { waitMs: PATIENT_MS }, ...more });
}

function hasty(waitMs: number, more: Partial<DatabaseRoutingOptions> = {}): Promise<DatabaseRouting> {
  return bench.routing({ balancer: preferring('slave1'), bookmark: { waitMs }, ...more });
}

const pauseBoth = () => Promise.all([slave1.pause(), slave2.pause()]);
const resumeBoth = () => Promise.all([slave1.resume(), slave2.resume()]);
/** Written by somebody else. */
const writtenElsewhere = (title: string) =>
  bench.db.master.query('INSERT INTO posts (title) VALUES ($1)', [title]);
const titlesOn = async (server: { query: PostgresSlave['query'] }) =>
  (await server.query<{ title: string }>('SELECT title FROM posts ORDER BY id')).map(({ title }) => title);

/** Questions to an engine beside the app's own queries, and beside the monitor's, which come whatever is asked. */
function questionsTo(routing: DatabaseRouting, name: string): string[] {
  const asked: string[] = [];
  routing.engines.get(name, 'a test').probes.on('query', ({ sql }: { sql: string }) => {
    if (!isOfMonitor(sql)) asked.push(sql);
  });
  return asked;
}

const isOfMonitor = (sql: string) => sql.includes('min_recovery_end_timeline');

describe('a client that wrote', () => {
  it('reads it from the master while no slave shows it, and from a slave again once one does', async () => {
    const client = new SessionClient(await hasty(20));
    await pauseBoth();
    await client.write('A');
    for (let times = 0; times < 5; times++) {
      expect(await client.read()).toEqual(['A']);
      expect(client.decisions).toEqual(['master bookmark']);
    }
    expect(await new SessionClient(await hasty(20)).read()).toEqual([]); // without a bookmark it would not
    await resumeBoth();
    await eventually(async () => {
      expect(await client.read()).toEqual(['A']);
      expect(client.decisions).toEqual(BY_A_SLAVE);
    });
  });

  it('waits for a slave that gets there in time', async () => {
    const client = new SessionClient(await patient());
    await pauseBoth();
    await client.write('A');
    const reading = client.read();
    await slave2.resume();
    expect(await reading).toEqual(['A']);
    expect(client.decisions).toEqual(['slave2 bookmark']);
  });

  it('waits no longer than it is told', async () => {
    const client = new SessionClient(await hasty(200));
    await client.write('warm');
    await client.read();
    await pauseBoth();
    await client.job((db) => db.transaction((trx) => trx('posts').insert({ title: 'A' })));
    const questions = questionsTo(client.routing, 'slave1');
    expect(await client.read()).toEqual(['warm', 'A']); // though no slave ever gets there
    expect(client.decisions).toEqual(['master bookmark']);
    expect(questions.length).toBeGreaterThan(1);
  });

  it('does not wait at all with waitMs 0, and uses slaves as they are known to have caught up', async () => {
    const client = new SessionClient(await hasty(0));
    await client.write('A');
    await eventually(async () => {
      expect(await client.read()).toEqual(['A']);
      expect(client.decisions).toEqual(BY_A_SLAVE);
    });
    await pauseBoth();
    await client.write('B');
    expect(await client.read()).toEqual(['A', 'B']);
    expect(client.decisions).toEqual(['master bookmark']);
  });

  it('reads it with synchronous_commit off, where the written position is behind', async () => {
    const { connection } = bench.db.master;
    const routing = await patient({
      master: { connection: { ...connection, options: '-c synchronous_commit=off' } },
    });
    expect(
      await routing
        .usingEngine('master')
        .raw('show synchronous_commit')
        .then(({ rows }) => rows),
    ).toEqual([{ synchronous_commit: 'off' }]);
    const client = new SessionClient(routing);
    for (let round = 0; round < 6; round++) {
      if (round % 2) await client.write(`${round}`);
      else await client.job((db) => db.transaction((trx) => trx('posts').insert({ title: `${round}` })));
      expect((await client.read()).at(-1)).toBe(`${round}`);
      expect(client.decisions).toEqual(BY_A_SLAVE);
    }
  });

  it('sees it in a read-only transaction too, which waits for its slave', async () => {
    const client = new SessionClient(await patient());
    await pauseBoth();
    await client.write('A');
    const reading = client.job((db) => db.transaction((trx) => titles(trx), { readOnly: true }));
    await slave2.resume();
    expect(await reading).toEqual(['A']);
    expect(client.decisions[0]).toBe('slave2 bookmark');
  });

  it('reads what it was told by markWrite() that somebody else wrote for it', async () => {
    const routing = await hasty(20);
    const client = new SessionClient(routing);
    await pauseBoth();
    await client.job(async () => {
      await writtenElsewhere('A');
      routing.markWrite();
    });
    expect(await client.read()).toEqual(['A']);
  });

  it('reads it under eventual consistency no earlier than the slaves, and after it in sessions', async () => {
    const client = new SessionClient(await hasty(20));
    await pauseBoth();
    await client.job((db) => db('posts').insert({ title: 'A' }), { consistency: 'eventual' });
    expect(await client.read({ consistency: 'eventual' })).toEqual([]);
    expect(await client.read()).toEqual(['A']);
  });

  it('reads all that its parallel queries wrote', async () => {
    const client = new SessionClient(await hasty(20));
    await pauseBoth();
    await client.job((db) =>
      Promise.all([
        db('posts').insert({ title: 'A' }),
        titles(db),
        db.transaction((trx) => trx('posts').insert({ title: 'B' })),
        titles(db),
        db('posts').insert({ title: 'C' }),
      ]),
    );
    expect((await client.read()).toSorted()).toEqual(['A', 'B', 'C']);
  });
});

describe('a client that has read', () => {
  it('never goes back in time when its queries alternate between slaves', async () => {
    const routing = await hasty(20, { balancer: 'round-robin', slavePer: 'query' });
    const client = new SessionClient(routing);
    await slave1.pause();
    await writtenElsewhere('A');
    await bench.db.caughtUp([slave2]);
    await eventually(async () => expect(await client.read()).toEqual(['A']));
    for (let times = 0; times < 10; times++)
      expect(await client.job(async (db) => [await titles(db), await titles(db)])).toEqual([['A'], ['A']]);
  });

  it('never goes back in time when the slave that it reads from is restarted and shows less', async () => {
    const client = new SessionClient(await hasty(20));
    await writtenElsewhere('A');
    await bench.db.caughtUp();
    expect(await client.read()).toEqual(['A']);
    expect(client.decisions).toEqual(['slave1 balanced']);
    await slave1.delay(LONG_DELAY_MS);
    await slave1.kill();
    await slave1.start();
    expect(await titlesOn(slave1)).toEqual([]);
    expect(await client.read()).toEqual(['A']);
    expect(await client.job((db) => db.transaction((trx) => titles(trx), { readOnly: true }))).toEqual(['A']);
  });

  it('never goes back within one piece of work either, nor in a read-only transaction', async () => {
    const client = new SessionClient(await hasty(20, { slaves: { slave1: bench.slaves()['slave1']! } }));
    await writtenElsewhere('A');
    await bench.db.caughtUp();
    await client.job(async (db) => {
      expect(await titles(db)).toEqual(['A']);
      await slave1.delay(LONG_DELAY_MS);
      await slave1.kill();
      await slave1.start();
      expect(await db.transaction((trx) => titles(trx), { readOnly: true })).toEqual(['A']);
      expect(await titles(db)).toEqual(['A']);
    });
    expect(await titlesOn(slave1)).toEqual([]);
  });

  it('never goes back when a process of its slave crashes, after which the server runs on and shows less', async () => {
    const client = new SessionClient(await hasty(20, { slaves: { slave1: bench.slaves()['slave1']! } }));
    await client.write('A');
    await bench.db.caughtUp();
    await eventually(async () => {
      await client.read();
      expect(client.decisions).toEqual(['slave1 bookmark']);
    });
    await writtenElsewhere('B');
    await bench.db.caughtUp();
    expect(await client.read()).toEqual(['A', 'B']);
    expect(client.decisions).toEqual(['slave1 bookmark']);
    await slave1.delay(LONG_DELAY_MS);
    const { pid } = await client.job((db) =>
      db('server').usingEngine('slave1').first<{ pid: number }>('pid'),
    );
    process.kill(pid, 'SIGKILL');
    await eventually(async () => expect(await titlesOn(slave1)).toEqual([]));
    await eventually(async () => expect(await client.read()).toEqual(['A', 'B'])); // its connections end first
  });

  it('keeps what a rolled back transaction has read on the master', async () => {
    const client = new SessionClient(await hasty(20));
    await client.read();
    await pauseBoth();
    await writtenElsewhere('A');
    const failed = client.job((db) =>
      db.transaction(async (trx) => {
        expect(await titles(trx)).toEqual(['A']);
        throw new Error('no more');
      }),
    );
    await expect(failed).rejects.toThrow('no more');
    expect(await client.read()).toEqual(['A']);
  });

  it('keeps what a transaction that is still open has read, for the reads beside it', async () => {
    const client = new SessionClient(await hasty(500));
    await client.read();
    await client.job((db) =>
      db.transaction(async (trx) => {
        await titles(trx);
        expect(await titles(db)).toEqual([]);
        await pauseBoth();
        await writtenElsewhere('A');
        expect(await titles(trx)).toEqual(['A']);
        expect(await titles(db)).toEqual(['A']);
      }),
    );
    const beside = client.decisions.filter((decision) => !/transaction|write/.test(decision));
    expect(beside).toEqual([expect.stringMatching(/^slave[12] bookmark$/), 'master bookmark']);
  });

  it('keeps what a stream has shown, whether it was read to its end or not', async () => {
    const client = new SessionClient(await hasty(20));
    await pauseBoth();
    await writtenElsewhere('A');
    await client.job(async (db) => {
      const stream = db('posts').usingEngine('master').stream();
      const [row] = (await once(stream, 'data')) as [object];
      expect(row).toMatchObject({ title: 'A' });
      stream.destroy();
    });
    expect(await client.read()).toEqual(['A']);
  });

  it('has its connection back from a stream that was left while a slave was waited for', async () => {
    const one = { pool: { min: 0, max: 1 } };
    const slaves = Object.fromEntries(
      Object.entries(bench.slaves()).map(([name, slave]) => [name, { ...slave, ...one }]),
    );
    const client = new SessionClient(await patient({ slaves }));
    await client.write('A');
    await pauseBoth();
    await client.write('B');
    await client.job(async (db) => {
      const stream = db('posts').stream();
      const closed = once(stream, 'close');
      stream.destroy();
      await resumeBoth();
      await closed;
      expect(await titles(db)).toEqual(['A', 'B']);
    });
    expect(client.decisions.at(-1)).toMatch(/^slave[12] bookmark$/);
  });

  it('sees what others see, by turns of writing and reading under lag that changes', async () => {
    const routing = await hasty(20, { balancer: 'random' });
    const clients = Array.from({ length: 6 }, () => new SessionClient(routing));
    let rounds = 0;
    const held = async () => {
      const holds = [
        () => slave1.pause(),
        () => slave1.resume(),
        () => slave2.delay(40),
        () => slave2.delay(0),
      ];
      for (let turn = 0; rounds < 30 * clients.length; turn++) await holds[turn % holds.length]!();
    };
    const lives = async (client: SessionClient, name: string) => {
      let seen: string[] = [];
      for (let round = 0; round < 30; round++, rounds++) {
        const own = `${name}${round}`;
        if (round % 5 === 0) await client.write(own);
        const now = await client.read();
        if (round % 5 === 0) expect(now).toContain(own);
        expect(now).toEqual(expect.arrayContaining(seen));
        seen = now;
      }
    };
    await Promise.all([held(), ...clients.map((client, at) => lives(client, 'abcdef'[at]!))]);
  });
});

describe('a transaction', () => {
  it('costs no question: its position comes with COMMIT', async () => {
    const routing = await hasty(20);
    const client = new SessionClient(routing);
    await client.write('warm');
    const questions = questionsTo(routing, 'master');
    const sent: string[] = [];
    routing.knex.on('query', ({ sql }: { sql: string }) => sent.push(sql));
    await pauseBoth();
    const before = client.bookmark;
    await client.job((db) => db.transaction((trx) => trx('posts').insert({ title: 'A' })));
    expect(sent).toHaveLength(3);
    expect(questions).toEqual([]);
    expect(client.bookmark).not.toBe(before);
    expect(await client.read()).toEqual(['warm', 'A']);
  });

  it('is told by hand as well', async () => {
    const routing = await hasty(20);
    const client = new SessionClient(routing);
    await client.write('warm');
    const questions = questionsTo(routing, 'master');
    await pauseBoth();
    await client.job(async (db) => {
      const trx = await db.transaction();
      await trx('posts').insert({ title: 'A' });
      await trx.commit();
    });
    expect(questions).toEqual([]);
    expect(await client.read()).toEqual(['warm', 'A']);
  });

  it('is seen also as the first thing of its process, when nobody knows yet where the log stands', async () => {
    const client = new SessionClient(await hasty(20));
    await pauseBoth();
    await client.job((db) => db.transaction((trx) => trx('posts').insert({ title: 'A' })));
    expect(await client.read()).toEqual(['A']);
  });

  it('whose COMMIT ends as ROLLBACK rejects and leaves nothing, and reads go on', async () => {
    const client = new SessionClient(await patient());
    await client.write('A');
    const undone = client.job((db) =>
      db.transaction(async (trx) => {
        await trx('posts').insert({ title: 'B' });
        await trx.raw('select 1 / 0').catch(() => undefined);
      }),
    );
    await expect(undone).rejects.toMatchObject({ name: 'WriteFailedError', mayHaveBeenApplied: false });
    expect(await client.read()).toEqual(['A']);
    expect(client.decisions).toEqual(BY_A_SLAVE);
  });

  it('whose COMMIT fails rejects with the error, and reads go on', async () => {
    await bench.db.master.query(
      'CREATE TABLE IF NOT EXISTS late (id int CONSTRAINT once UNIQUE DEFERRABLE INITIALLY DEFERRED)',
    );
    const client = new SessionClient(await patient());
    await client.write('A');
    const failed = client.job((db) => db.transaction((trx) => trx('late').insert([{ id: 1 }, { id: 1 }])));
    await expect(failed).rejects.toMatchObject({ code: '23505' });
    expect(await client.read()).toEqual(['A']);
    expect(client.decisions).toEqual(BY_A_SLAVE);
  });
});

describe('what is asked beside the queries', () => {
  it('is one question to the master for all the writes of a piece of work', async () => {
    const routing = await hasty(20);
    const client = new SessionClient(routing);
    await client.write('warm');
    const questions = questionsTo(routing, 'master');
    await client.job(async (db) => {
      for (const title of ['A', 'B', 'C']) await db('posts').insert({ title });
      await titles(db);
    });
    expect(questions).toHaveLength(1);
  });

  it('is shared by all who ask at the same time', async () => {
    const routing = await hasty(20);
    await new SessionClient(routing).write('warm');
    const questions = questionsTo(routing, 'master');
    await routing.run(async () => {
      await routing.knex('posts').insert({ title: 'A' });
      await Promise.all(Array.from({ length: 50 }, () => routing.bookmark()));
    });
    expect(questions.length).toBeLessThanOrEqual(2);
  });

  it('does not grow with reads that stay on their slave', async () => {
    const routing = await hasty(20);
    const client = new SessionClient(routing);
    for (let times = 0; times < 3; times++) await client.read();
    const questions = ['master', 'slave1', 'slave2'].map((name) => questionsTo(routing, name));
    for (let times = 0; times < 50; times++) await client.read();
    expect(client.decisions).toEqual([expect.stringMatching(/^slave[12] (balanced|bookmark)$/)]);
    expect(questions).toEqual([[], [], []]);
  });

  it('is one probe of a slave at a time, however many wait for it', async () => {
    const routing = await patient();
    const writer = new SessionClient(routing);
    await pauseBoth();
    await writer.write('A');
    const { probes } = routing.engines.get('slave1', 'a test');
    let open = 0;
    let most = 0;
    probes.on('query', ({ sql }: { sql: string }) => {
      if (!isOfMonitor(sql)) most = Math.max(most, ++open);
    });
    probes.on('query-response', (_answer: unknown, { sql }: { sql: string }) => {
      if (!isOfMonitor(sql)) open--;
    });
    const waiting = Array.from({ length: 50 }, () => {
      const client = new SessionClient(routing);
      client.bookmark = writer.bookmark;
      return client.read();
    });
    await eventually(() => expect(most).toBe(1));
    await resumeBoth();
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => ['A']));
    expect(most).toBe(1);
  });
});

describe('freshness', () => {
  it('is eventual per piece of work, per query and per set', async () => {
    const client = new SessionClient(await hasty(20));
    await pauseBoth();
    await client.write('A');
    expect(await client.read({ consistency: 'eventual' })).toEqual([]);
    expect(client.decisions).toEqual(['slave1 balanced']);
    expect(await client.job((db) => db('posts').consistency('eventual').pluck('title'))).toEqual([]);
    expect(await client.read()).toEqual(['A']);
    const set = new SessionClient(await hasty(20, { consistency: 'eventual' }));
    await set.write('B');
    expect(await set.read()).toEqual([]);
    expect(await set.read({ consistency: 'session' })).toEqual(['A', 'B']);
  });

  it('is strong per piece of work, per query and per set: the master', async () => {
    const client = new SessionClient(await patient());
    await client.read({ consistency: 'strong' });
    expect(client.decisions).toEqual(['master consistency']);
    await client.job((db) => db('posts').consistency('strong'));
    expect(client.decisions).toEqual(['master consistency']);
    const set = new SessionClient(await patient({ consistency: 'strong' }));
    await set.read();
    expect(set.decisions).toEqual(['master consistency']);
  });

  it('counts what strong reads have seen', async () => {
    const client = new SessionClient(await hasty(20));
    await pauseBoth();
    await writtenElsewhere('A');
    expect(await client.read({ consistency: 'strong' })).toEqual(['A']);
    expect(await client.read()).toEqual(['A']);
  });

  it('is bounded: nothing older than the bound, when the slaves stop and when they go on', async () => {
    const BOUND_MS = 200;
    const routing = await hasty(20);
    const written: { title: string; atMs: number }[] = [];
    const end = { isNear: false };
    const writing = (async () => {
      for (let n = 0; !end.isNear; n++) {
        const title = String(n).padStart(5, '0');
        await writtenElsewhere(title);
        written.push({ title, atMs: performance.now() });
      }
    })();
    const readUntil = async (engine: RegExp) => {
      const client = new SessionClient(routing);
      await eventually(async () => {
        const before = performance.now() - BOUND_MS;
        const mustShow = written.findLast(({ atMs }) => atMs < before)?.title ?? '';
        const shown = await client.job(
          (db) => db('posts').max({ title: 'title' }).first<{ title: string | null }>(),
          { consistency: bounded(BOUND_MS) },
        );
        if ((shown.title ?? '') < mustShow) throw new Error(`${shown.title} is older than ${mustShow}`);
        expect(client.decisions[0]).toMatch(engine);
      });
    };
    await readUntil(/^slave[12] balanced$/);
    await pauseBoth();
    await readUntil(/^master consistency$/);
    await resumeBoth();
    await readUntil(/^slave[12] balanced$/);
    end.isNear = true;
    await writing;
  });

  it('is bounded also where the connection to the slave comes too late', async () => {
    const one = { ...bench.slaves()['slave1']!, pool: { min: 0, max: 1 } };
    const routing = await patient({ slaves: { slave1: one } });
    const client = new SessionClient(routing, { consistency: bounded(1_000) });
    await eventually(async () => {
      await client.read();
      expect(client.decisions).toEqual(['slave1 balanced']);
    });
    const { client: pool } = routing.engines.get('slave1', 'a test').knex;
    for (const read of [
      () => client.read(),
      () => client.job((db) => db.transaction(titles, { readOnly: true })),
    ]) {
      const held: unknown = await pool.acquireConnection();
      const reading = read();
      await passMs(600); // more than half of the bound: how long it takes is what is tested
      await pool.releaseConnection(held);
      expect(await reading).toEqual([]);
      expect(client.decisions.slice(0, 2)).toEqual(['slave1 balanced', 'master consistency']);
    }
  });
});

describe('a slave that was read and shows more than the master (a commit that waits for its synchronous slave)', () => {
  /** Commits a row that slave1 shows and the master does not, for as long as slave2 is paused. */
  async function whileCommitHangs(work: () => Promise<void>): Promise<void> {
    const { master } = bench.db;
    await slave2.pause();
    const committing = master.inSession(async (query) => {
      await query('SET synchronous_commit = remote_apply');
      await query("INSERT INTO posts (title) VALUES ('A')");
    });
    try {
      await eventually(async () => expect(await titlesOn(slave1)).toEqual(['A']));
      expect(await titlesOn(master)).toEqual([]);
      await work();
    } finally {
      await slave2.resume();
      await committing;
    }
  }

  /** The read that must not be answered before slave2 goes on, however often the master is asked. */
  async function isHeldBack(
    { routing }: SessionClient,
    reading: Promise<string[]>,
    shown = ['A'],
  ): Promise<void> {
    let isAnswered = false;
    void reading.then(() => (isAnswered = true));
    const questions = questionsTo(routing, 'master');
    await eventually(() => expect(questions.length).toBeGreaterThan(10));
    expect(isAnswered).toBe(false);
    await slave2.resume();
    expect(await reading).toEqual(shown);
  }

  it('holds a read from the master back until the master shows it too', async () => {
    const routing = await hasty(20);
    const client = new SessionClient(routing);
    await whileCommitHangs(async () => {
      expect(await client.read()).toEqual(['A']);
      expect(client.decisions).toEqual(['slave1 balanced']);
      await isHeldBack(
        client,
        client.job(() => titles(routing.usingEngine('master'))),
      );
    });
  });

  it('holds it back in the same piece of work, after a write, and where no slave is fresh enough', async () => {
    const routing = await hasty(20);
    const client = new SessionClient(routing);
    await whileCommitHangs(async () => {
      await isHeldBack(
        client,
        client.job(async (db) => {
          expect(await titles(db)).toEqual(['A']);
          await slave1.pause();
          routing.markWrite();
          await bench.db.master.query('CREATE TABLE more ()');
          return titles(db);
        }),
      );
      expect(client.decisions).toEqual(['slave1 balanced', 'master bookmark']);
    });
  });

  it('holds it back after a write of its own', async () => {
    const client = new SessionClient(await hasty(20));
    await whileCommitHangs(async () => {
      const reading = client.job(async (db) => {
        expect(await titles(db)).toEqual(['A']);
        await db('posts').insert({ title: 'B' });
        return titles(db);
      });
      await isHeldBack(client, reading, ['A', 'B']);
      expect(client.decisions).toEqual(['slave1 balanced', 'master write', 'master wrote']);
    });
  });

  const reading: readonly (readonly [string, (db: Knex) => PromiseLike<unknown>])[] = [
    ['update', (db) => db('posts').where({ title: 'A' }).update({ title: 'B' })],
    ['delete', (db) => db('posts').where({ title: 'A' }).delete()],
    ['insert of what it selects', (db) => db(db.raw('posts (title)')).insert(db('posts').select('title'))],
    ['raw write', (db) => db.raw("update posts set title = 'B' where title = 'A'")],
    ['transaction', (db) => db.transaction((trx) => trx('posts').where({ title: 'A' }).delete())],
  ];

  it.each(reading)(
    'holds a write back that reads, so that it finds what was seen: %s',
    async (_what, write) => {
      const client = new SessionClient(await hasty(20));
      await whileCommitHangs(async () => {
        expect(await client.read()).toEqual(['A']);
        const written = client.job(async (db) => {
          await write(db);
          return ['written'];
        });
        await isHeldBack(client, written, ['written']);
        expect(await titlesOn(bench.db.master)).not.toEqual(['A']);
      });
    },
  );

  it('holds it back after a write of its own in an earlier piece of work', async () => {
    const routing = await hasty(20);
    const client = new SessionClient(routing);
    await whileCommitHangs(async () => {
      expect(await client.read()).toEqual(['A']);
      await client.job((db) => db('posts').insert({ title: 'B' }));
      await isHeldBack(
        client,
        client.job(() => titles(routing.usingEngine('master'))),
        ['A', 'B'],
      );
    });
  });

  it('holds back a transaction on the master, in which there may be reads', async () => {
    const client = new SessionClient(await hasty(20));
    await whileCommitHangs(async () => {
      expect(await client.read()).toEqual(['A']);
      await isHeldBack(
        client,
        client.job((db) => db.transaction((trx) => titles(trx))),
      );
    });
  });

  it('does not hold back what only writes', async () => {
    const client = new SessionClient(await hasty(20));
    await whileCommitHangs(async () => {
      expect(await client.read()).toEqual(['A']);
      await client.write('B');
      expect(await titlesOn(bench.db.master)).toEqual(['B']);
    });
  });

  it('holds nobody back who has not seen it', async () => {
    const client = new SessionClient(await hasty(20));
    await whileCommitHangs(async () => {
      expect(await client.read({ consistency: 'strong' })).toEqual([]);
    });
  });
});

describe('an unusual set', () => {
  it('of which a slave is the master under another name shows everything there', async () => {
    const { connection } = bench.db.master;
    const client = new SessionClient(
      await patient({
        slaves: { copy: { connection }, slave1: bench.slaves()['slave1']! },
        balancer: preferring('copy'),
      }),
    );
    await slave1.pause();
    await client.write('A');
    expect(await client.read()).toEqual(['A']);
    expect(client.decisions).toEqual(['copy bookmark']);
  });

  it('that shares its bookmarks with another process does so by the secret', async () => {
    const secret = 'the same in all processes';
    const [one, other] = [
      await hasty(20, { bookmark: { waitMs: 20, secret } }),
      await hasty(20, { bookmark: { waitMs: 20, secret } }),
    ];
    const [here, there] = [new SessionClient(one), new SessionClient(other)];
    await there.write('warm');
    await pauseBoth();
    await here.write('A');
    there.bookmark = here.bookmark;
    expect(await there.read()).toEqual(['warm', 'A']);
    expect(other.status().faults).toEqual({ malformed: 0, forged: 0, expired: 0, future: 0, foreign: 0 });
  });

  it('without a common secret asks the master once, and is never stale', async () => {
    const [one, other] = [await hasty(20), await hasty(20)];
    const [here, there] = [new SessionClient(one), new SessionClient(other)];
    await pauseBoth();
    await here.write('A');
    there.bookmark = here.bookmark;
    expect(await there.read()).toEqual(['A']);
    expect(other.status().faults).toMatchObject({ forged: 1 });
    expect(await there.read()).toEqual(['A']);
    expect(other.status().faults).toMatchObject({ forged: 1 });
  });

  it('ends also while a read waits for a slave', async () => {
    const routing = await hasty(60_000);
    const client = new SessionClient(routing);
    await client.write('A');
    await pauseBoth();
    await client.write('B');
    const questions = questionsTo(routing, 'slave1');
    const reading = client.read();
    const ended = expect(reading).rejects.toThrow();
    await eventually(() => expect(questions.length).toBeGreaterThan(0));
    await routing.destroy();
    await ended;
  });
});

describe('a position at the end of a page', () => {
  /** Writes until the log's next byte is the first behind a page's header, which no slave reaches without more. */
  async function fillPage(): Promise<void> {
    await eventually(async () => {
      const at = async () => {
        const [row] = await bench.db.master.query<{ at: number }>(
          `SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint % 8192 AS at`,
        );
        return Number(row?.at);
      };
      const emit = (bytes: number) =>
        bench.db.master.query(`SELECT pg_logical_emit_message(false, '', repeat('x', $1))`, [bytes]);
      const before = await at();
      await emit(400);
      const overhead = (((await at()) - before) % 8192) - 400;
      const room = 8192 - (await at()) - overhead;
      if (room > 400) await emit(room);
      expect(await at()).toBe(24);
    });
  }

  it('is reached by slaves that have replayed all there is', async () => {
    const client = new SessionClient(await patient());
    await client.write('A');
    await bench.db.caughtUp();
    await fillPage();
    client.bookmark = 'none that counts';
    expect(await client.read()).toEqual(['A']);
    expect(client.decisions).toEqual(BY_A_SLAVE);
  });
});

/** The last, since the slave does not come back. */
describe('a slave that was promoted', () => {
  it('serves nobody who must see what the master wrote, however far its own numbers are', async () => {
    const slaves = { slave2: bench.slaves()['slave2']! };
    const client = new SessionClient(await hasty(200, { slaves, failover: false }));
    await client.write('A');
    await eventually(async () => {
      expect(await client.read()).toEqual(['A']);
      expect(client.decisions).toEqual(['slave2 bookmark']);
    });
    await slave2.promote();
    await slave2.query(`SELECT pg_logical_emit_message(false, '', repeat('x', 1000000))`);
    await client.write('B');
    for (let times = 0; times < 5; times++) {
      expect(await client.read()).toEqual(['A', 'B']);
      expect(client.decisions).toEqual([expect.stringMatching(/^master (bookmark|no-slave)$/)]);
    }
  });

  it('does not take the bookmarks of the history before it, which are never stale there', async () => {
    const secret = 'the same in all processes';
    const before = new SessionClient(await hasty(20, { bookmark: { secret }, failover: false }));
    await before.write('C');
    const after = await bench.routing({
      master: { connection: slave2.connection },
      slaves: { slave1: bench.slaves()['slave1']! },
      bookmark: { secret, waitMs: 20 },
    });
    const client = new SessionClient(after);
    await client.write('D');
    client.bookmark = before.bookmark;
    expect(await client.read()).toContain('D');
    expect(after.status().faults).toMatchObject({ foreign: 1 });
  });
});
