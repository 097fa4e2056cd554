import { describe, expect, it } from '@jest/globals';
import knexPackage, { type Knex } from 'knex';
import { onlyWrites } from '../../../src/routing/only-writes.js';

const knex = knexPackage({ client: 'pg' });
const posts = () => knex('posts');
const facts = (builder: object | undefined) =>
  ({ intent: 'write', engine: undefined, consistency: 'session', builder }) as const;

describe('a write that finds nothing', () => {
  it.each<[string, Knex.QueryBuilder]>([
    ['one row', posts().insert({ title: 'A', at: new Date(), tags: ['a'], more: { a: 1 }, none: null })],
    ['rows', posts().insert([{ title: 'A' }, { title: 'B' }])],
    ['and says what it has', posts().insert({ title: 'A' }).returning('id')],
    ['unless it is there', posts().insert({ title: 'A' }).onConflict('title').ignore()],
  ])('is an insert of values: %s', (_what, builder) => {
    expect(onlyWrites(facts(builder))).toBe(true);
  });

  it.each<[string, object | undefined]>([
    ['an update', posts().where({ id: 1 }).update({ title: 'A' })],
    ['a delete', posts().where({ id: 1 }).delete()],
    ['an insert of a query', posts().insert(posts().select('title') as never)],
    ['an insert of a raw', posts().insert(knex.raw('select 1') as never)],
    ['an insert of a callback', posts().insert((() => undefined) as never)],
    ['a value that is a query', posts().insert({ title: posts().max('title') as never })],
    ['a value that is raw', posts().insert([{ title: 'A' }, { title: knex.raw('(select 1)') }])],
    ['an update of what is there', posts().insert({ title: 'A' }).onConflict('title').merge()],
    ['a common table expression', posts().with('c', posts().select()).insert({ title: 'A' })],
    ['raw SQL', knex.raw('insert into posts values (1)')],
    ['a transaction', undefined],
  ])('is not %s', (_what, builder) => {
    expect(onlyWrites(facts(builder))).toBe(false);
  });

  it('is no read', () => {
    expect(onlyWrites({ ...facts(posts().insert({})), intent: 'read' })).toBe(false);
  });
});
