import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { RoutingBench } from '../knex/routing-bench.js';

let bench: RoutingBench;
let routing: DatabaseRouting;

beforeAll(async () => {
  bench = await RoutingBench.start(1);
  const { master } = bench.db;
  await master.query('CREATE TABLE authors (id int PRIMARY KEY, name text)');
  await master.query(
    'CREATE TABLE books (id int PRIMARY KEY, author int REFERENCES authors ON DELETE CASCADE)',
  );
  await master.query('CREATE TABLE prices (id serial PRIMARY KEY, price int)');
  await master.query('CREATE TABLE price_log (id int)');
  await master.query('CREATE TABLE other (id serial PRIMARY KEY)');
  await master.query('CREATE TABLE anything (id serial PRIMARY KEY)');
  await master.query('CREATE TABLE parts (id int) PARTITION BY RANGE (id)');
  await master.query('CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000)');
  await master.query('CREATE VIEW cheap AS SELECT * FROM prices WHERE price < 10');
  await master.query(`CREATE FUNCTION log_price() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO price_log VALUES (NEW.id); RETURN NEW; END $$`);
  await master.query(
    'CREATE TRIGGER logged AFTER INSERT ON prices FOR EACH ROW EXECUTE FUNCTION log_price()',
  );
  await master.query(`CREATE FUNCTION does_anything() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN EXECUTE 'select 1'; RETURN NEW; END $$`);
  await master.query(
    'CREATE TRIGGER untold AFTER INSERT ON anything FOR EACH ROW EXECUTE FUNCTION does_anything()',
  );
  await master.query("INSERT INTO authors VALUES (1, 'Ada'), (2, 'Bob')");
  await bench.db.caughtUp();
  routing = await bench.routing();
});
afterAll(() => bench.stop());

afterEach(async () => {
  await bench.db.slave('slave1').resume();
  await bench.db.caughtUp();
});

/** Where each of these tables is read, in jobs that write first, while the slave replays nothing. */
async function readAfter(write: () => PromiseLike<unknown>, tables: readonly string[]): Promise<object> {
  await bench.db.slave('slave1').pause();
  const found: Record<string, string> = {};
  for (const table of tables) found[table] = await routing.run(async () => (await write(), engineOf(table)));
  await bench.db.slave('slave1').resume();
  await bench.db.caughtUp();
  return found;
}

async function engineOf(table: string): Promise<string> {
  const seen: string[] = [];
  const listener = ({ engine }: { engine: string }) => seen.push(engine);
  routing.events.on('decision', listener);
  await routing.knex(table).select();
  routing.events.off('decision', listener);
  return seen.join();
}

describe('after a write, while the slave is behind', () => {
  it('reads on the slave what the write can not have touched', async () => {
    expect(
      await readAfter(() => routing.knex('prices').insert({ price: 1 }), ['authors', 'books', 'other']),
    ).toEqual({ authors: 'slave1', books: 'slave1', other: 'slave1' });
  });

  it('reads on the master the table, what a trigger writes, and views of it', async () => {
    const tables = ['prices', 'price_log', 'cheap'];
    expect(await readAfter(() => routing.knex('prices').insert({ price: 1 }), tables)).toEqual({
      prices: 'master',
      price_log: 'master',
      cheap: 'master',
    });
  });

  it('reads on the master tables whose rows refer to it, and those that it refers to', async () => {
    const update = () => routing.knex('authors').where({ id: 1 }).update({ name: 'Eve' });
    expect(await readAfter(update, ['books', 'prices'])).toEqual({ books: 'master', prices: 'slave1' });
    let id = 10;
    const insert = () => routing.knex('books').insert({ id: id++, author: 1 });
    expect(await readAfter(insert, ['authors', 'prices'])).toEqual({ authors: 'master', prices: 'slave1' });
  });

  it('reads on the master a table of partitions after a write to one, and the other way round', async () => {
    const insert = (table: string) => () => routing.knex(table).insert({ id: 5 });
    expect(await readAfter(insert('parts_1'), ['parts', 'other'])).toEqual({
      parts: 'master',
      other: 'slave1',
    });
    expect(await readAfter(insert('parts'), ['parts_1', 'other'])).toEqual({
      parts_1: 'master',
      other: 'slave1',
    });
  });

  it('reads all on the master where the write can have touched anything, or has shown rows', async () => {
    const { knex } = routing;
    const anywhere = [
      () => knex('anything').insert({}),
      () => knex('prices').insert({ price: 2 }).returning('id'),
      () => knex.raw('insert into prices (price) select id from other'),
      () =>
        knex.raw('with w as (insert into prices (price) values (1) returning 1) update other set id = id'),
      () => knex('prices').update({ price: knex('books').count().where({ id: -1 }) }),
      () => knex.raw('truncate price_log'),
      () => knex.raw('do $$ begin end $$'),
      () => knex('cheap').insert({ price: 3 }),
      () =>
        knex('authors')
          .insert({ id: 1 })
          .then(undefined, () => undefined),
      () => knex.transaction(async (trx) => trx('prices').insert({ price: 4 })),
    ];
    for (const write of anywhere) expect(await readAfter(write, ['other'])).toEqual({ other: 'master' });
  });

  it('relaxes nothing that was read on the master', async () => {
    const write = async () => {
      await routing.knex('prices').insert({ price: 1 });
      await routing.knex('prices').select();
    };
    expect(await readAfter(write, ['other'])).toEqual({ other: 'master' });
  });

  it('reads what it wrote on the slave again, once the position is known and shown there', async () => {
    const engine = await routing.run(async () => {
      await routing.knex('prices').insert({ price: 5 });
      const before = await engineOf('cheap');
      await routing.bookmark();
      await bench.db.caughtUp();
      return [before, await engineOf('prices')];
    });
    expect(engine).toEqual(['master', 'slave1']);
  });
});

describe('a bookmark', () => {
  const bookmarkOf = (work: () => PromiseLike<unknown>) =>
    routing.run(async () => {
      await work();
      return routing.bookmark();
    });
  const engineWith = (bookmark: string | undefined, table: string) =>
    routing.run({ bookmark }, () => engineOf(table));

  it('has only reads of what was written wait', async () => {
    await bench.db.slave('slave1').pause();
    const bookmark = await bookmarkOf(() => routing.knex('prices').insert({ price: 1 }));
    expect(await engineWith(bookmark, 'other')).toBe('slave1');
    expect(await engineWith(bookmark, 'prices')).toBe('master');
    expect(await engineWith(bookmark, 'price_log')).toBe('master');
    await bench.db.slave('slave1').resume();
    await bench.db.caughtUp();
    expect(await engineWith(bookmark, 'prices')).toBe('slave1');
  });

  it('has all reads wait for what was read on the master', async () => {
    await bench.db.slave('slave1').pause();
    const bookmark = await bookmarkOf(async () => {
      await routing.knex('prices').insert({ price: 1 });
      await routing.knex('prices').select();
    });
    expect(await engineWith(bookmark, 'other')).toBe('master');
  });
});
