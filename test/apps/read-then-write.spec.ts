import { Controller, Get, HttpCode, type LoggerService, Post } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DatabaseRouting,
  DatabaseRoutingModule,
  type DatabaseRoutingOptions,
  DbWrite,
  InjectKnex,
  ReadThenWriteError,
  type RoutedKnex,
} from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { enginesOf, startReplicatedNodes } from './replicated-nodes.js';
import { HTTP_ADAPTERS, type RunningApp, startApp } from './running-app.js';

/** Sells what is left of item 1; `isReread`: decides by what the master shows, under a lock. */
async function sell(db: RoutedKnex, isReread = false): Promise<number> {
  const { left } = await leftOf(db);
  if (left > 0) {
    await db.transaction(async (transaction) => {
      if (isReread) await transaction('stock').where({ item: 1 }).forUpdate().first();
      await transaction('stock').where({ item: 1 }).decrement('left');
    });
  }
  return left;
}

function leftOf(db: RoutedKnex): Promise<{ left: number }> {
  return db('stock').where({ item: 1 }).first('left') as Promise<{ left: number }>;
}

@Controller('stock')
class StockController {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  @Post('sell')
  @HttpCode(200)
  sell() {
    return sell(this.db);
  }

  @Post('sell-unwatched')
  @HttpCode(200)
  @DbWrite(false)
  sellUnwatched() {
    return sell(this.db);
  }

  @Get('sell')
  sellByGet() {
    return sell(this.db);
  }

  @Get('stream')
  async stream() {
    for await (const row of this.db('stock').select().stream()) void row;
    await this.db('stock').where({ item: 1 }).update({ item: 1 });
  }
}

/** What is told of reads and writes. */
class Told implements LoggerService {
  readonly lines: string[] = [];

  log(): void {}
  error(): void {}

  warn(message: string): void {
    if (message.includes('has read')) this.lines.push(message);
  }
}

let replication: ReplicatedPostgres;
const apps: RunningApp[] = [];

beforeAll(async () => {
  replication = await startReplicatedNodes();
  await replication.master.query('CREATE TABLE stock (item int PRIMARY KEY, "left" int NOT NULL)');
  await replication.master.query('CREATE VIEW low_stock AS SELECT item FROM stock WHERE "left" < 10');
  await replication.master.query('INSERT INTO stock VALUES (1, 100)');
  await replication.caughtUp();
});

afterAll(() => replication.stop());
afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

async function start(options: Partial<DatabaseRoutingOptions> = {}) {
  const logger = new Told();
  const app = await startApp(HTTP_ADAPTERS[0]![1], {
    imports: [DatabaseRoutingModule.forRoot(enginesOf(replication, options))],
    controllers: [StockController],
    logger,
  });
  apps.push(app);
  const { knex, ...routing } = { knex: app.app.get(DatabaseRouting).knex, app };
  const run = (work: (db: RoutedKnex) => Promise<unknown>) =>
    app.app.get(DatabaseRouting).run(() => work(knex)) as Promise<unknown>;
  return { ...routing, run, told: logger.lines };
}

const left = async (): Promise<number> => {
  const [row] = await replication.master.query<{ left: number }>('SELECT "left" FROM stock');
  return row!.left;
};

describe('a POST that reads the stock, decides and sells', () => {
  it('decides by what is there, however old the slaves are', async () => {
    const { app, told } = await start();
    await replication.master.query('UPDATE stock SET "left" = 1');
    await replication.caughtUp();
    const slaves = Object.values(replication.slaves);
    await Promise.all(slaves.map((slave) => slave.pause()));
    const sold = [await app.post('/stock/sell'), await app.post('/stock/sell')].map(({ body }) => body);
    await Promise.all(slaves.map((slave) => slave.resume()));
    expect(sold).toEqual([1, 0]);
    expect(await left()).toBe(0);
    expect(told).toEqual([]);
    await replication.master.query('UPDATE stock SET "left" = 100');
    await replication.caughtUp();
  });
});

describe('elsewhere, what reads on a slave, decides and writes', () => {
  it.each([
    ['GET', '/stock/sell'],
    ['POST', '/stock/sell-unwatched'],
  ])('is told once in a %s handler, with the line that waits for the write', async (method, path) => {
    const { app, told } = await start();
    for (let times = 0; times < 2; times++)
      expect(await app.get(path, { method })).toMatchObject({ status: 200 });
    expect(told).toEqual([
      expect.stringMatching(
        /^A request has read stock on a slave and writes it now \(\S*read-then-write\.spec\.ts:\d+:\d+\)/,
      ),
    ]);
  });

  it('is told in a job', async () => {
    const { run, told } = await start();
    await run((db) => sell(db));
    expect(told).toEqual([expect.stringMatching(/^A job has read stock .* update "stock" set "left"/)]);
  });

  it.each([
    ['raw SQL', (db: RoutedKnex) => db.raw('select "left" from stock where item = 1')],
    ['a subquery', (db: RoutedKnex) => db('posts').whereIn('id', db('stock').select('left'))],
    ['a view', (db: RoutedKnex) => db('low_stock').select()],
  ])('is told where it was read by %s', async (_how, read) => {
    const { app, run, told } = await start();
    await app.app.get(DatabaseRouting).ready();
    await run(async (db) => [await read(db), await db('stock').where({ item: 1 }).decrement('left')]);
    expect(told).toHaveLength(1);
  });

  it('is told where it was read by a stream', async () => {
    const { app, told } = await start();
    await app.get('/stock/stream');
    expect(told).toHaveLength(1);
  });

  it('is told with unsafeMethods: false in a POST too', async () => {
    const { app, told } = await start({ pin: { unsafeMethods: false } });
    await app.post('/stock/sell');
    expect(told).toHaveLength(1);
  });

  it('is refused before the write is sent, where readThenWrite says so', async () => {
    const { run, told } = await start({ readThenWrite: 'refuse' });
    const before = await left();
    const error: unknown = await run((db) => sell(db)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ReadThenWriteError);
    expect((error as Error).stack).toMatch(/read-then-write\.spec\.ts:\d+/);
    await expect(run(async (db) => [await leftOf(db), await db('stock').delete()])).rejects.toThrow('stock');
    expect([await left(), told]).toEqual([before, []]);
  });

  it('is not refused where the transaction that writes has read it again', async () => {
    const { run } = await start({ readThenWrite: 'refuse' });
    const before = await left();
    await run((db) => sell(db, true));
    expect(await left()).toBe(before - 1);
  });

  it("is left alone with readThenWrite: 'off'", async () => {
    const { run, told } = await start({ readThenWrite: 'off' });
    await run((db) => sell(db));
    expect(told).toEqual([]);
  });
});
