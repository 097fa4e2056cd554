import { describe, expect, it } from '@jest/globals';
import knex from 'knex';
import { queryShape } from '../../../src/intent/query-shape.js';
import { parseTableName } from '../../../src/intent/table-name.js';
import { cpuMsOf } from '../cpu-time.js';

const db = knex({ client: 'pg' });
const shape = (sql: string) => queryShape(db.raw(sql));

describe('the shape of a query', () => {
  it.each([
    [`select * from a where b = 'secret' and c = 42`, 'select * from a where b = ? and c = ?'],
    [`select 'it''s secret'`, 'select ?'],
    [`select E'it\\'s secret'`, 'select ?'],
    [`select e'back\\\\', 'secret'`, 'select ?, ?'],
    ['select $$secret$$, $x$ it is $$ secret $x$', 'select ?, ?'],
    [`select U&'secret', N'secret', B'101', X'1F'`, 'select ?, ?, ?, ?'],
    ['select 1.5e3, 0xFF, 1_000, .5, -7', 'select ?, ?, ?, ?, -?'],
    ['select a1, "b 2" from t3', 'select a1, "b 2" from t3'],
    ['select 1 -- secret\n, 2 /* secret */', 'select ? , ?'],
    ['select 1 /* a /* nested */ secret */, 2', 'select ?'],
    [`select 'it\\'s secret'`, 'select ?'],
    [`select '\\path', 'secret'`, 'select ?, ?'],
    ['select a$$b, $1::int', 'select a$$b, $1::int'],
    [`select 'secret`, 'select ?'],
    ['select $$secret', 'select ?'],
    ['select\n\t1', 'select ?'],
    ['select $1', 'select $1'],
  ])('of %s has no values in it', (sql, expected) =>
    expect(shape(sql.replaceAll('?', '\\?'))).toBe(expected),
  );

  it('has bindings as they are numbered', () => {
    expect(queryShape(db('posts').where({ title: 'secret', id: 5 }).limit(3))).toBe(
      'select * from "posts" where "title" = $1 and "id" = $2 limit $3',
    );
  });

  it('is cut to a line or two', () => {
    expect(shape(`select ${'a, '.repeat(500)} b`)).toHaveLength(301);
  });

  it('says so where nothing compiles', () => {
    expect(queryShape({ toSQL: () => { throw new Error('no'); } })).toBe('a query that does not compile'); // prettier-ignore
  });

  it('takes hostile texts in bounded time', () => {
    const texts = [`'`.repeat(100_001), '$'.repeat(100_000), '/*'.repeat(50_000), '1'.repeat(100_000), `E'\\`.repeat(30_000)]; // prettier-ignore
    const tookMs = cpuMsOf(() => {
      for (const sql of texts) expect(shape(sql).length).toBeLessThanOrEqual(301);
    });
    expect(tookMs).toBeLessThan(2_000);
  });
});

describe('the name of a table', () => {
  it.each([
    ['posts', undefined, { schema: undefined, name: 'posts' }],
    ['posts as p', undefined, { schema: undefined, name: 'posts' }],
    ['posts AS p', undefined, { schema: undefined, name: 'posts' }],
    ['app.posts', undefined, { schema: 'app', name: 'posts' }],
    ['db.app.posts as p', undefined, { schema: 'app', name: 'posts' }],
    ['posts', 'app', { schema: 'app', name: 'posts' }],
    [' posts ', undefined, { schema: undefined, name: 'posts' }],
    ['Weird "name', undefined, { schema: undefined, name: 'Weird "name' }],
  ])('%s', (text, schema, expected) => expect(parseTableName(text, schema)).toEqual(expected));
});
