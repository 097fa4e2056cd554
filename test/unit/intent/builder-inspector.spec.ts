import { describe, expect, it } from '@jest/globals';
import knex, { type Knex } from 'knex';
import { inspectBuilder } from '../../../src/intent/builder-inspector.js';
import { cpuMsOf } from '../cpu-time.js';

const db = knex({ client: 'pg' });
const intentOf = (builder: unknown) => inspectBuilder(builder).intent;
const RAW = () => db.raw('nextval(?)', ['s']);

type Titled = [title: string, builder: unknown];

/** As other libraries' expression classes do. */
class Compiling {
  toSQL(): unknown {
    return { sql: 'nextval(1)' };
  }
}

describe('reads', () => {
  it.each<Titled>([
    ['select', db('posts').select('id', 'title as t')],
    ['select by default', db('posts')],
    ['first', db('posts').first()],
    ['pluck', db('posts').pluck('id')],
    ['columnInfo', db('posts').columnInfo() as unknown],
    ['columnInfo of a column', db('posts').columnInfo('id') as unknown],
    [
      'count, sum and the like',
      db('posts').count('* as n').sum({ total: 'views' }).avg('views').countDistinct('id'),
    ],
    ['distinct and distinctOn', db('posts').distinctOn('author').distinct('id')],
    ['where of all kinds', db('posts').where({ a: 1 }).whereNot('b', 2).orWhereIn('c', [3]).whereNull('d').whereBetween('e', [1, 2]).whereLike('f', '%x')], // prettier-ignore
    [
      'where by callback',
      db('posts').where((where) => void where.where('a', 1).orWhere((or) => void or.whereNull('b'))),
    ],
    ['whereExists by callback', db('posts').whereExists(function () { void this.from('a').where('a.id', db.ref('posts.a')); })], // prettier-ignore
    ['group and having', db('posts').groupBy('a').having('a', '>', 1).havingIn('b', [1])],
    [
      'order, limit, offset',
      db('posts')
        .orderBy([{ column: 'a', order: 'desc', nulls: 'last' }])
        .limit(1)
        .offset(2),
    ],
    ['a schema', db.withSchema('app').from('posts')],
    ['a subquery in from', db.from(db('posts').as('p'))],
    [
      'a subquery in from, by callback',
      db.from(((inner: Knex.QueryBuilder) => void inner.from('posts').as('p')) as unknown as Knex.Raw),
    ],
    [
      'a subquery in select',
      db('posts').select('id', db('a').count('*').where('a.id', db.ref('posts.id')).as('n')),
    ],
    ['a subquery in where', db('posts').where('id', db('a').max('id')).whereIn('a', db('a').select('id'))],
    [
      'a subquery in having',
      db('posts')
        .groupBy('a')
        .havingIn('a', db('b').select('id') as unknown as number[]),
    ],
    [
      'unions of builders',
      db('a')
        .union(db('b'))
        .unionAll([db('c'), db('d')])
        .intersect(db('e'))
        .except(db('f')),
    ],
    ['unions by callback', db('a').union(function () { void this.from('b'); })], // prettier-ignore
    ['a CTE by builder', db.with('t', db('posts')).from('t')],
    ['a CTE by callback', db.with('t', (inner) => void inner.from('posts')).from('t')],
    ['recursive and materialized CTEs', db.withRecursive('t', ['n'], db('a').union(db('t'))).withMaterialized('m', db('b')).withNotMaterialized('o', db('c')).from('t')], // prettier-ignore
    [
      'knex.ref, plain, aliased and with a schema',
      db('posts').select(db.ref('a.b').as('c')).where('x', db.ref('y').withSchema('s')),
    ],
    ['dates, buffers, arrays, JSON', db('posts').where({ a: new Date(), b: Buffer.from('x'), c: [1, [2]], d: { e: { f: [null] } } })], // prettier-ignore
    [
      'bigints, nulls, booleans',
      db('posts')
        .where('a', 10n as unknown as number)
        .where('b', null)
        .where('c', true),
    ],
    ['class instances as values', db('posts').where('a', new (class Money { toPostgres() { return '1'; } })() as unknown as string)], // prettier-ignore
    ['modify', db('posts').modify((query, id: number) => void query.where({ id }), 1)],
    ['a clone', db('posts').where('a', 1).clone().clearWhere()],
    ['timeout, hints aside', db('posts').timeout(10, { cancel: true }).queryContext({ raw: 'x' })],
  ])('%s', (_what, builder) => {
    expect(inspectBuilder(builder)).toMatchObject({ intent: 'read', changesCatalogue: false });
  });

  it.each<Titled>([
    [
      'joins',
      db('posts')
        .join('authors as a', 'a.id', 'posts.author')
        .leftJoin({ t: 'tags' }, { 't.id': 'posts.tag' }),
    ],
    ['joins by callback', db('posts').join('a', function () { this.on('a.id', 'p.id').andOn('a.x', '>', db.ref('p.y')).onIn('a.z', [1, 2]); })], // prettier-ignore
    ['a subquery in a join', db('posts').join(db('a').as('x'), 'x.id', 'posts.id')],
  ])('%s', (_what, builder) => {
    expect(intentOf(builder)).toBe('read');
  });

  it('a big whereIn in little time', () => {
    const ids = Array.from({ length: 100_000 }, (_, id) => id);
    const builder = db('posts').whereIn('id', ids);
    expect(cpuMsOf(() => expect(intentOf(builder)).toBe('read'))).toBeLessThan(500);
  });

  it("without compiling, and without calling a builder's methods", () => {
    const builder = db('posts').where('a', 1);
    builder.toSQL = () => {
      throw new Error('compiled');
    };
    expect(intentOf(builder)).toBe('read');
  });

  it('again the same after it has run through once', () => {
    let calls = 0;
    const builder = db('posts').where((where) => void where.where('a', ++calls));
    expect([intentOf(builder), intentOf(builder), calls]).toEqual(['read', 'read', 1]);
    expect(builder.toString()).toBe('select * from "posts" where ("a" = 2)');
  });
});

describe('writes', () => {
  it.each<Titled>([
    ['insert', db('posts').insert({ a: 1 })],
    ['insert of a select', db('posts').insert(db('a').select())],
    ['insert returning', db('posts').insert({ a: 1 }).returning('*')],
    ['upsert', db('posts').insert({ a: 1 }).onConflict('a').merge()],
    ['update', db('posts').update({ a: 1 })],
    ['increment', db('posts').increment('a')],
    ['decrement', db('posts').decrement('a')],
    ['delete', db('posts').where('a', 1).del()],
    ['truncate', db('posts').truncate() as unknown],
    ['a schema builder', db.schema.createTable('a', (table) => void table.increments())],
    ['hasTable', db.schema.hasTable('a')],
    ['what is no builder at all', {}],
  ])('%s', (_what, builder) => {
    expect(intentOf(builder)).toBe('write');
  });

  it.each<[string, (query: Knex.QueryBuilder) => Knex.QueryBuilder]>([
    ['forUpdate', (query) => query.forUpdate()],
    ['forShare', (query) => query.forShare()],
    ['forNoKeyUpdate', (query) => query.forNoKeyUpdate()],
    ['forKeyShare', (query) => query.forKeyShare()],
    ['forUpdate of a table', (query) => query.forUpdate('posts')],
  ])('locks: %s, with and without waiting', (_name, lock) => {
    expect(intentOf(lock(db('posts').first()))).toBe('write');
    expect(intentOf(lock(db('posts')).skipLocked())).toBe('write');
    expect(intentOf(lock(db('posts')).noWait())).toBe('write');
    expect(intentOf(db.from(lock(db('posts')).as('p')))).toBe('write');
    expect(intentOf(db.with('w', lock(db('posts'))).from('w'))).toBe('write');
  });

  const dels = () => db('posts').del().returning('id');
  it.each<Titled>([
    ['in a CTE by builder', db.with('w', dels()).from('w')],
    [
      'in a CTE by callback',
      db.with('w', (inner) => void inner.from('posts').del().returning('id')).from('w'),
    ],
    ['in a CTE of a CTE', db.with('o', db.with('w', dels()).from('w')).from('o')],
    ['in a recursive CTE', db.withRecursive('w', dels()).from('w')],
    ['in a materialized CTE', db.withMaterialized('w', dels()).from('w')],
    ['in a CTE of a subquery', db('a').whereIn('id', db.with('w', dels()).from('w').select('id'))],
    ['in a CTE of a union', db('a').union(db.with('w', dels()).from('w'))],
    ['in a callback of a callback', db('a').where((where) => void where.whereIn('id', (inner: Knex.QueryBuilder) => void inner.with('w', dels()).from('w')))], // prettier-ignore
    ['second of two CTEs', db.with('r', db('a')).with('w', dels()).from('w')],
    ['as a table', db.from(dels().as('w'))],
  ])('%s', (_what, builder) => {
    expect(intentOf(builder)).toBe('write');
  });
});

describe('what is not proved', () => {
  it.each<Titled>([
    ['raw itself', db.raw('select 1')],
    ['in select', db('a').select('id', RAW())],
    ['in from', db.from(RAW())],
    ['fromRaw', db.select('*').fromRaw('posts')],
    ['in where', db('a').where('id', RAW())],
    ['whereRaw', db('a').whereRaw('true')],
    ['in an object of where', db('a').where({ id: RAW() })],
    ['in whereIn', db('a').whereIn('id', [1, RAW() as unknown as number])],
    ['in whereBetween', db('a').whereBetween('id', [RAW() as unknown as number, 2])],
    ['joinRaw', db('a').joinRaw('natural join b')],
    ['in a join', db('a').join('b', RAW())],
    ['in on', db('a').join('b', function () { this.on('a.id', RAW()); })], // prettier-ignore
    ['in onVal', db('a').join('b', function () { this.onVal('a.id', RAW() as unknown as number); })], // prettier-ignore
    ['groupByRaw', db('a').groupByRaw('1')],
    ['in groupBy', db('a').groupBy(RAW())],
    ['havingRaw', db('a').havingRaw('true')],
    ['in having', db('a').having('a', '>', RAW())],
    ['orderByRaw', db('a').orderByRaw('1')],
    ['in orderBy', db('a').orderBy(RAW() as unknown as string)],
    ['in orderBy of objects', db('a').orderBy([{ column: RAW() as unknown as string }])],
    ['in offset', db('a').offset(RAW() as unknown as number)],
    ['in an aggregate', db('a').count(RAW())],
    ['in an aggregate of objects', db('a').sum({ a: RAW() } as unknown as string)],
    ['in a CTE', db.with('w', db.raw('delete from a')).from('w')],
    ['in a CTE, as text', db.withRecursive('w', ['a'], db.raw('select 1')).from('w')],
    ['in a CTE by callback', db.with('w', (inner) => void inner.from('a').whereRaw('true')).from('w')],
    ['in a union', db('a').union(db.raw('select 1'))],
    ['in a subquery', db('a').whereIn('id', db('b').select(RAW()))],
    ['in a callback', db('a').where((where) => void where.where('b', RAW()))],
    ['in whereExists', db('a').whereExists(RAW() as unknown as Knex.QueryBuilder)],
    ['a window', db('a').rowNumber('n', 'id')],
    ['a JSON path', db('a').jsonExtract('b', '$.c')],
    ['a callback that throws', db('a').where(() => { throw new Error('later'); })], // prettier-ignore
    ['a value that compiles to SQL of its own', db('a').where('b', new Compiling() as unknown as string)],
  ])('%s', (_what, builder) => {
    expect(intentOf(builder)).toBe('unproved');
  });

  it('what nests deeper than people write, without an end', () => {
    let query: Knex.QueryBuilder = db('posts');
    for (let depth = 0; depth < 200; depth++) query = db.from(query.as('p'));
    expect(intentOf(query)).toBe('unproved');
    const endless = (inner: Knex.QueryBuilder): void => void inner.from('a').where(endless);
    expect(intentOf(db('a').where(endless))).toBe('unproved');
  });
});
