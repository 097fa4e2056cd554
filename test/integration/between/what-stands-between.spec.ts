import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import knex, { type Knex } from 'knex';
import { missingPrograms, startHaproxy, startPgbouncer } from '../../../scripts/common/proxies.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { createDatabaseRouting } from '../../../src/index.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import {
  type PostgresServer,
  type PostgresSlave,
  type ReplicatedPostgres,
  startReplicatedPostgres,
} from '../../../src/testing/index.js';
import { UNHURRIED } from '../knex/routing-bench.js';
import { startTripCounter } from './trip-counter.js';
import { eventually } from '../testing/eventually.js';

type Connection = PostgresServer['connection'];

const missing = missingPrograms('pgbouncer', 'haproxy');
if (missing.length > 0)
  console.warn(`Skipped: ${missing.join(' and ')} missing, apt-get install brings them.`);
const describeWithPrograms = missing.length > 0 ? describe.skip : describe;

let db: ReplicatedPostgres;
let slave1: PostgresSlave;
let slave2: PostgresSlave;
const opened: { stop?(): Promise<void>; destroy?(): Promise<void> }[] = [];
const warnings: string[] = [];

beforeAll(async () => {
  db = await startReplicatedPostgres({ slaves: 2 });
  [slave1, slave2] = [db.slave('slave1'), db.slave('slave2')];
  await db.master.query('CREATE TABLE counters (id int PRIMARY KEY, n int NOT NULL)');
  await db.master.query('INSERT INTO counters SELECT id, 0 FROM generate_series(1, 20) id');
  await db.master.query('CREATE TABLE posts (title text NOT NULL)');
  await db.caughtUp();
});

afterEach(async () => {
  warnings.length = 0;
  for (const one of opened.splice(0).toReversed()) await (one.stop?.() ?? one.destroy?.());
  await slave2.delay(0);
  await db.caughtUp();
});

afterAll(() => db.stop());

/** Slaves behind one name, which `slave` leads to. */
async function routingTo(
  slave: Connection,
  more: Partial<DatabaseRoutingOptions> = {},
): Promise<DatabaseRouting> {
  const routing = createDatabaseRouting({
    client: 'pg',
    pool: { min: 0, max: 6 },
    master: { connection: db.master.connection },
    slaves: { reader: { connection: slave } },
    bookmark: { secret: 'of this test alone, and long enough', waitMs: 200 },
    health: UNHURRIED,
    logger: { debug() {}, warn: (line) => void warnings.push(line) },
    ...more,
  });
  opened.push(routing);
  await Promise.all([routing.ready(), routing.asked()]);
  return routing;
}

async function haproxy(): Promise<Connection> {
  const proxy = await startHaproxy([slave1.connection, slave2.connection]);
  opened.push(proxy);
  return { ...slave1.connection, port: proxy.port };
}

async function pgbouncer(target: Connection, mode?: 'session'): Promise<Connection> {
  const proxy = await startPgbouncer(target, mode);
  opened.push(proxy);
  return { ...target, host: '127.0.0.1', port: proxy.port };
}

const WAYS: [string, string, () => Promise<Connection>][] = [
  ['HAProxy over two slaves', 'balanced', haproxy],
  ['PgBouncer in transaction mode', 'pooled', () => pgbouncer(slave1.connection)],
  ['PgBouncer in session mode over HAProxy', 'pooled', async () => pgbouncer(await haproxy(), 'session')],
  ['PgBouncer in transaction mode over HAProxy', 'pooled', async () => pgbouncer(await haproxy())],
];

describeWithPrograms('a name that leads to slaves through', () => {
  it.each(WAYS)('%s shows a client what it has written, and on slaves', async (_way, endpoint, connect) => {
    const routing = await routingTo(await connect());
    const { stale, onSlaves } = await readOwnWrites(routing, 40);
    expect(stale).toBe(0);
    expect(onSlaves).toBeGreaterThan(0);
    expect(routing.status().engines).toMatchObject([{ endpoint: 'direct' }, { name: 'reader', endpoint }]);
  });

  it.each(WAYS)('%s shows nothing old while one slave is behind', async (_way, _endpoint, connect) => {
    const routing = await routingTo(await connect());
    await slave2.delay(700);
    expect(await readOwnWrites(routing, 25)).toMatchObject({ stale: 0 });
  });
});

async function toArray(rows: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

/** Clients that write a number each and read it again, each time in a piece of work of its own. */
async function readOwnWrites(routing: DatabaseRouting, writes: number) {
  const found = { stale: 0, onSlaves: 0 };
  const count = ({ engine, reason }: { engine: string; reason: string }) => {
    if (engine === 'reader' && reason !== 'write') found.onSlaves++;
  };
  routing.events.on('decision', count);
  const client = async (id: number) => {
    let bookmark: string | undefined;
    const own = (work: () => Promise<void>) =>
      routing.run({ bookmark }, async () => {
        await work();
        bookmark = (await routing.bookmark()) ?? bookmark;
      });
    const [{ n: before }] = (await db.master.query<{ n: number }>(
      `SELECT n FROM counters WHERE id = ${id}`,
    )) as [{ n: number }];
    for (let n = before + 1; n <= before + writes; n++) {
      await own(async () => void (await routing.knex('counters').where({ id }).update({ n })));
      for (let times = 0; times < 3; times++)
        await own(async () => {
          const query = routing.knex('counters').where({ id });
          const rows = times === 0 ? await toArray(query.stream()) : await query;
          if ((rows as [{ n: number }])[0].n < n) found.stale++;
        });
    }
  };
  await Promise.all([1, 2, 3, 4, 5, 6].map(client));
  return found;
}

describeWithPrograms('a read that is guarded', () => {
  let routing: DatabaseRouting;
  let direct: Knex;

  /** The bookmark of a client that has written the number. */
  const written = (n: number) =>
    routing.run(async () => {
      await routing.knex('counters').where({ id: 1 }).update({ n });
      return routing.bookmark();
    });

  const read = <Result>(query: (db: Knex) => PromiseLike<Result>): Promise<Result> =>
    routing.run(async () => query(routing.knex as unknown as Knex));

  const start = async () => {
    routing = await routingTo(await pgbouncer(slave1.connection));
    direct = knex({ client: 'pg', connection: slave1.connection });
    opened.push(direct as unknown as { destroy(): Promise<void> });
  };

  it.each<[string, (db: Knex) => PromiseLike<unknown>]>([
    ['no row', (of) => of('counters').where({ id: -1 })],
    ['one row', (of) => of('counters').where({ id: 1 }).select('id').first()],
    ['ten thousand rows', (of) => of.raw('select n, n::text from generate_series(1, 10000) n').then(({ rows }) => rows)],
    ['no values', (of) => of.raw("select 1 as int, 1.5 as numeric, now() > '2000-01-01' as yes, null as nothing").then(({ rows }) => rows)],
    ['values of many types', (of) => of.raw("select ?::int, ?::text, ?::jsonb, ?::int[], '2020-01-02'::timestamptz", [1, 'a', '{"a":1}', [1, 2]]).then(({ rows, fields }) => [rows, fields.map(({ name }: { name: string }) => name)])],
    ['two columns of one name', (of) => of.raw('select 1 as a, 2 as a').then(({ rows }) => rows)],
  ])('answers as a plain one does: %s', async (_what, query) => {
    await start();
    expect(await read(query)).toEqual(await query(direct));
    expect(await read(query)).toEqual(await query(direct));
  }); // prettier-ignore

  it.each([0, 1, 10_000])('streams as a plain one does: %i rows', async (rows) => {
    await start();
    const stream = (of: Knex) =>
      toArray(of.raw('select n, n::text as text from generate_series(1, ?::int) n', [rows]).stream());
    expect(await read(stream)).toEqual(await stream(direct));
    expect(await read(stream)).toHaveLength(rows);
  });

  it('streams no row of a server that is behind, and leaves its connection as it was', async () => {
    await start();
    await slave1.pause();
    const bookmark = await written(1_000);
    const failed: unknown[] = [];
    routing.knex.on('query-error', (error: unknown) => failed.push(error));
    const shown = await routing.run({ bookmark }, () =>
      toArray(routing.knex('counters').where({ id: 1 }).select('n').stream()),
    );
    await slave1.resume();
    expect(shown).toEqual([{ n: 1_000 }]);
    expect(failed).toEqual([]);
    expect(await read((of) => of('counters').where({ id: 1 }).first())).toMatchObject({ id: 1 });
  });

  it('may be left early as a stream', async () => {
    await start();
    const firstOf = async (of: Knex) => {
      for await (const row of of.raw('select n from generate_series(1, 10000) n').stream())
        return row as unknown;
      return undefined;
    };
    expect(await read(firstOf)).toEqual({ n: 1 });
    expect(await read((of) => of('counters').where({ id: 1 }).first())).toMatchObject({ id: 1 });
    expect(routing.engines.find('reader')!.inFlight).toBe(0);
  });

  it('that misses is no failed query to listeners, and is tried twice at most', async () => {
    await start();
    await slave1.pause();
    const bookmark = await written(2_000);
    const heard: string[] = [];
    const decisions: string[] = [];
    const query = routing.knex('counters').where({ id: 1 }).first<{ n: number }>();
    for (const knexLike of [routing.knex, query])
      (knexLike as Knex).on('query-error', ({ message }: Error) => heard.push(message));
    routing.events.on('decision', ({ engine }) => decisions.push(engine));
    routing.engines.find('reader')!.servers.areSeveral = true; // so that its name alone proves nothing
    expect(await routing.run({ bookmark }, async () => query)).toMatchObject({ n: 2_000 });
    await slave1.resume();
    expect(heard).toEqual([]);
    expect(decisions.filter((engine) => engine === 'reader').length).toBeLessThanOrEqual(2);
    expect(decisions.at(-1)).toBe('master');
  });

  it.each<[string, (db: Knex) => PromiseLike<unknown>, string]>([
    ['a relation that is not there', (of) => of('nowhere').select(), '42P01'],
    ['a division by zero', (of) => of.raw('select 1 / (id - 1) from counters'), '22012'],
    ['a text that is no number, as is what fails in a guard', (of) => of.raw("select (id::text || 'x')::int from counters"), '22P02'],
  ])('fails with its own error, and once: %s', async (_what, query, code) => {
    await start();
    let decisions = 0;
    routing.events.on('decision', () => decisions++);
    await expect(read(query)).rejects.toMatchObject({ code });
    expect(decisions).toBe(1);
    expect(await read((of) => of('counters').where({ id: 1 }).first())).toMatchObject({ id: 1 });
  }); // prettier-ignore

  it('is kept from writing by its batch, which leaves no trace on the pooler', async () => {
    const both = await pgbouncer(db.master.connection);
    routing = await routingTo(both, { master: { connection: both }, classify: () => 'read' });
    await db.master.query(
      "CREATE FUNCTION slip(title text) RETURNS void LANGUAGE sql VOLATILE AS 'INSERT INTO posts VALUES (title)'",
    );
    await routing.run(
      async () => void (await routing.knex.raw("select slip('slipped')").usingEngine('reader')),
    );
    expect(await db.master.query("SELECT title FROM posts WHERE title = 'slipped'")).toHaveLength(1);
    expect(warnings.filter((line) => line.startsWith('Slave reader refused a write'))).toHaveLength(1);
    const other = knex({ client: 'pg', connection: both, pool: { min: 0, max: 8 } });
    opened.push(other as unknown as { destroy(): Promise<void> });
    const settings = await Promise.all(
      Array.from({ length: 8 }, () =>
        other.raw('select pg_sleep(0.05), current_setting(?) as it', ['default_transaction_read_only']),
      ),
    );
    expect(new Set(settings.map(({ rows }) => (rows as [{ it: string }])[0].it))).toEqual(new Set(['off']));
  });

  it("that takes too long ends with its connection, and never a stranger's query", async () => {
    await start();
    const connection = routing.engines.find('reader')!.knex.client.config.connection as Connection;
    const strangers = Array.from({ length: 3 }, () =>
      knex({ client: 'pg', connection, pool: { min: 0, max: 1 } }),
    );
    opened.push(...(strangers as unknown as { destroy(): Promise<void> }[]));
    const theirs = strangers.map((one) =>
      one.raw("select pg_sleep(2), 'a stranger' as who").then(({ rows }) => rows[0].who),
    );
    const slow = read((of) => of.raw('select pg_sleep(20)').timeout(200, { cancel: true }));
    await expect(slow).rejects.toBeInstanceOf(knex.KnexTimeoutError);
    expect(await read((of) => of('counters').where({ id: 1 }).first())).toMatchObject({ id: 1 });
    expect(await Promise.all(theirs)).toEqual(['a stranger', 'a stranger', 'a stranger']);
  });
});

describeWithPrograms('the round trips of a client with a bookmark', () => {
  it('are one for each read, settling included', async () => {
    const [toMaster, toReader] = await Promise.all([
      startTripCounter(db.master.connection),
      startTripCounter(await pgbouncer(slave1.connection)),
    ]);
    opened.push(toMaster, toReader);
    const routing = await routingTo(toReader.connection, {
      master: { connection: toMaster.connection },
      health: { ...UNHURRIED, intervalMs: 600_000 },
    });
    const bookmark = await routing.run(async () => {
      await routing.knex('counters').where({ id: 3 }).update({ n: 1 });
      return routing.bookmark();
    });
    await db.caughtUp();
    const read = async () => routing.knex('counters').where({ id: 3 }).first<{ n: number }>();
    await routing.run({ bookmark }, read); // connects
    let carried = bookmark;
    const before = toMaster.trips + toReader.trips;
    for (let times = 0; times < 3; times++)
      carried = await routing.run({ bookmark: carried }, async () => {
        expect(await read()).toEqual({ id: 3, n: 1 });
        return routing.bookmark();
      });
    expect({ master: toMaster.trips, all: toMaster.trips + toReader.trips - before }).toMatchObject({
      all: 3,
    });
  });
});

describeWithPrograms('the name of the master, behind which a pooler reaches a slave too', () => {
  /** As where a balancer goes on with a connection to the old master, which has come back as a slave. */
  async function routingToBoth(): Promise<DatabaseRouting> {
    const both = await startHaproxy([db.master.connection, slave1.connection]);
    opened.push(both);
    const master = await pgbouncer({ ...db.master.connection, port: both.port });
    const log = { warn() {}, error() {}, debug() {}, deprecate() {} };
    return routingTo(slave2.connection, { master: { connection: master }, log });
  }

  const READS: [string, (db: Knex) => Promise<{ n: number }>][] = [
    ['a read', async (of) => of('counters').where({ id: 8 }).first()],
    ['a stream', async (of) => (await toArray(of('counters').where({ id: 8 }).stream()))[0] as { n: number }],
    ['a transaction', (of) => of.transaction((trx) => trx('counters').where({ id: 8 }).first())],
    [
      'a transaction of its own isolation',
      (of) =>
        of.transaction((trx) => trx('counters').where({ id: 8 }).first(), {
          isolationLevel: 'repeatable read',
        }),
    ],
  ]; // prettier-ignore

  it.each(READS)('is never believed: %s shows what the master does, or is told', async (_what, read) => {
    const routing = await routingToBoth();
    await slave1.pause();
    await db.master.query('UPDATE counters SET n = n + 1000 WHERE id = 8');
    const [{ n }] = (await db.master.query<{ n: number }>('SELECT n FROM counters WHERE id = 8')) as [
      { n: number },
    ];
    const outcomes: unknown[] = [];
    const onMaster = routing.knex.usingEngine('master') as unknown as Knex;
    const told =
      /leads to a slave|not the master any more|administrator command|Connection terminated|ECONNRESET|EPIPE/;
    const client = async () => {
      for (let times = 0; times < 10; times++)
        outcomes.push(
          await read(onMaster).then(
            (row) => row.n,
            (error: NodeJS.ErrnoException) =>
              told.test(`${error.message} ${error.code} ${String(error.cause)}`) ? 'told' : error,
          ),
        );
    };
    await Promise.all(Array.from({ length: 8 }, client));
    await slave1.resume();
    expect(outcomes.filter((outcome) => outcome !== 'told' && outcome !== n)).toEqual([]);
    expect(outcomes).toContain(n);
  });
});

describeWithPrograms('a name that a balancer leads to two slaves', () => {
  it('begins read-only transactions on slaves, and none of them shows less than was seen', async () => {
    const routing = await routingTo(await haproxy());
    const reader = routing.engines.find('reader')!;
    await eventually(async () => {
      await Promise.all(Array.from({ length: 6 }, () => reader.knex.raw('select pg_sleep(0.01)')));
      expect(reader.endpoint).toBe('balanced');
    });
    await slave2.delay(700);
    const engines = new Set<string>();
    routing.events.on('decision', ({ engine, reason }) => void (reason !== 'write' && engines.add(engine)));
    for (let n = 1; n <= 15; n++) {
      const bookmark = await routing.run(async () => {
        await routing.knex('counters').where({ id: 7 }).update({ n });
        return routing.bookmark();
      });
      const shown = await routing.run({ bookmark }, () =>
        routing.knex.transaction((trx) => trx('counters').where({ id: 7 }).first<{ n: number }>(), {
          readOnly: true,
        }),
      );
      expect(shown.n).toBe(n);
    }
    expect(engines).toContain('reader');
  });

  it('cancels a query on the server that runs it, and keeps its connection elsewhere', async () => {
    const routing = await routingTo(await haproxy());
    const strangers = [slave1, slave2].map(({ connection }) => knex({ client: 'pg', connection }));
    opened.push(...(strangers as unknown as { destroy(): Promise<void> }[]));
    const theirs = strangers.map((one) => one.raw("select pg_sleep(1.5), 'a stranger' as who"));
    const slow = Array.from({ length: 4 }, () =>
      routing.run(async () => routing.knex.raw('select pg_sleep(30)').timeout(200, { cancel: true })),
    );
    for (const one of slow) await expect(one).rejects.toBeInstanceOf(knex.KnexTimeoutError);
    for (const slave of [slave1, slave2])
      await eventually(async () => {
        const left = await slave.query(
          "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'select pg_sleep(30)%' AND state = 'active'",
        );
        expect(left).toEqual([]);
      });
    expect((await Promise.all(theirs)).map(({ rows }) => (rows as [{ who: string }])[0].who)).toEqual(['a stranger', 'a stranger']); // prettier-ignore
  });

  it('says so once in the log', async () => {
    const routing = await routingTo(await pgbouncer(slave1.connection));
    await routing.run(async () => routing.knex('counters').first());
    await eventually(() =>
      expect(warnings).toEqual([
        'Engine reader leads through a pooler: its reads prove what they show, and it is not made the master',
      ]),
    );
  });
});
