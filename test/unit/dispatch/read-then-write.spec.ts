import { beforeEach, describe, expect, it } from '@jest/globals';
import knexPackage from 'knex';
import { type Context, NO_CONTEXT, nestContext, openContext } from '../../../src/context/context.js';
import type { Dispatched } from '../../../src/dispatch/dispatched.js';
import { ReadThenWrite, type ReadThenWriteParts } from '../../../src/dispatch/read-then-write.js';
import { UNTOLD, type QueryTables } from '../../../src/intent/query-tables.js';
import { DatabaseRoutingError, ReadThenWriteError } from '../../../src/index.js';

const db = knexPackage({ client: 'pg' });

let lines: string[];
let watch: ReadThenWrite;
let job: Context;

/** As PostgreSQL's grammar tells it, near enough. */
const named = (query: object | undefined): QueryTables => {
  const names = [...String(query).matchAll(/(?:from|join) "?(\w+)/g)].map(([, table]) => table!);
  return { names, areAll: true };
};

function create(
  onWrite: ReadThenWriteParts['onWrite'],
  tablesOf: ReadThenWriteParts['tablesOf'] = named,
): ReadThenWrite {
  const logger = { debug() {}, log() {}, error() {}, warn: (line: string) => void lines.push(line) };
  return new ReadThenWrite({ tablesOf, onWrite, logger });
}

beforeEach(() => {
  lines = [];
  watch = create('warn');
  job = openContext('job', { balanced: true });
});

function send(role: 'slave' | 'master', builder: object, context: Context = job): void {
  watch.sends({ role, query: { context, facts: { builder } } } as unknown as Dispatched);
}

const read = (builder: object = db('stock').where({ item: 1 }).first('left')) => send('slave', builder);
const write = (builder: object = db('stock').where({ item: 1 }).decrement('left')) => send('master', builder);

describe('a write to a table that was read on a slave', () => {
  it('is told with the table, the kind of work, the place in the code and the shape of the query', () => {
    read();
    write();
    expect(lines).toEqual([
      expect.stringMatching(
        /^A job has read stock on a slave and writes it now \(.*read-then-write\.spec\.ts:\d+:\d+\): .* update "stock" set "left" = "left" - \$1 where "item" = \$2$/,
      ),
    ]);
  });

  it.each([
    ['insert', () => db('stock').insert({ item: 1 })],
    ['update', () => db('stock').update({ left: 1 })],
    ['delete', () => db('stock').delete()],
    ['truncate', () => db('stock').truncate()],
    ['insert by into()', () => db.insert({ item: 1 }).into('stock')],
    ['update under an alias', () => db('stock as s').update({ left: 1 })],
    ['update under an alias in an object', () => db({ s: 'stock' }).update({ left: 1 })],
    ['update in a schema', () => db('shop.stock').update({ left: 1 })],
    ['raw INSERT', () => db.raw('INSERT INTO stock (item) VALUES (?)', [1])],
    ['raw UPDATE', () => db.raw('update only "shop"."stock" set "left" = 1')],
    ['raw DELETE', () => db.raw('delete from ??', ['stock'])],
    ['raw MERGE', () => db.raw('merge into Stock using t on true when matched then do nothing')],
  ])('is one by %s', (_how, builder) => {
    read();
    write(builder());
    expect(lines).toHaveLength(1);
  });

  it.each([
    ['a join', () => db('items').join('stock', 'items.id', 'stock.item')],
    ['an alias', () => db('stock as s').select()],
    ['raw SQL whose tables are known', () => db.raw('select * from stock')],
  ])('was read by %s', (_how, builder) => {
    read(builder());
    write();
    expect(lines).toHaveLength(1);
  });

  it('is told by the table that a builder is of, where no others can be told', () => {
    watch = create('warn', () => UNTOLD);
    read(db('stock').join('items', 'items.id', 'stock.item'));
    write();
    expect(lines).toHaveLength(1);
    read();
    send('master', db('stock').first().forUpdate());
    write(db('stock').delete());
    expect(lines).toHaveLength(1);
  });

  it('is told once for each shape of query, in whatever work', () => {
    for (let times = 0; times < 3; times++) {
      job = openContext('job', { balanced: true });
      read();
      write(db('stock').where({ item: times }).update({ left: times }));
    }
    expect(lines).toHaveLength(1);
    read();
    write(db('stock').delete());
    expect(lines).toHaveLength(2);
  });

  it('is found after many reads of other tables', () => {
    read();
    for (let times = 0; times < 100; times++) read(db(`t${times % 40}`).select());
    expect(job.work.readOnSlaves?.queries.length).toBeLessThan(40);
    write();
    expect(lines).toHaveLength(1);
  });

  it('is found in scopes nested in the work', () => {
    send('slave', db('stock').select(), nestContext(job, { scope: 'slave' }));
    write();
    expect(lines).toHaveLength(1);
  });

  it('is refused instead where that is asked for, each time, by an error of its own', () => {
    watch = create('refuse');
    read();
    for (let times = 0; times < 2; times++) expect(() => write()).toThrow(ReadThenWriteError);
    const error = new ReadThenWriteError('stock');
    expect(error).toBeInstanceOf(DatabaseRoutingError);
    expect(error).toMatchObject({ code: 'DATABASE_ROUTING_READ_THEN_WRITE', table: 'stock' });
    expect(lines).toEqual([]);
  });
});

describe('nothing is told of', () => {
  it.each([
    ['a write to a table that was not read', () => [read(), write(db('orders').insert({ item: 1 }))]],
    ['a write that reads the table', () => [read(), write(db('orders').insert(db('stock').select()))]],
    ['a table that was read on the master', () => [send('master', db('stock').select()), write()]],
    ['a lock', () => [read(), send('master', db('stock').select().forUpdate())]],
    [
      'a table that was read again under a lock before it is written',
      () => [read(), send('master', db('stock').first().forUpdate()), write()],
    ],
    ['a read after the write', () => [write(), read()]],
    ['raw SQL that writes in no known table', () => [read(), write(db.raw('call sell(1)'))]],
    [
      'a read outside all work',
      () => [
        send('slave', db('stock').select(), NO_CONTEXT),
        send('master', db('stock').delete(), NO_CONTEXT),
      ],
    ],
  ])('%s', (_what, work) => {
    work();
    expect(lines).toEqual([]);
  });

  it('what other work has read', () => {
    read();
    send('master', db('stock').delete(), openContext('job', { balanced: true }));
    expect(lines).toEqual([]);
  });
});
