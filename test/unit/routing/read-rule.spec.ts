import { describe, expect, it } from '@jest/globals';
import knex from 'knex';
import { openContext } from '../../../src/context/context.js';
import { QueryTables } from '../../../src/intent/query-tables.js';
import type { QueryRouter } from '../../../src/options/query-router.js';
import { classifierWith } from '../intent/known-catalogue.js';
import { readRule } from '../../../src/routing/read-rule.js';

const db = knex({ client: 'pg' });
const CONTEXT = openContext('job', { balanced: true });

const { classifier } = await classifierWith({
  relations: [
    ['public', 'slurpee'],
    ['public', 'posts'],
    ['public', 'users'],
    ['public', 'a'],
    ['public', 'b'],
  ],
  views: [
    ['public', 'feed', ['SELECT p.id FROM posts p JOIN recent r ON true']],
    ['public', 'recent', ['SELECT users.id FROM users']],
  ],
});
const tablesOf = (builder: unknown) => classifier.tablesOf(builder);

describe('the tables of a query', () => {
  it.each([
    ['a name', db('posts'), ['posts']],
    ['with a schema', db('public.posts'), ['posts']],
    ['with an alias', db('posts as p'), ['posts']],
    ['with both, in capitals', db('public.posts AS p'), ['posts']],
    ['an alias in an object', db({ p: 'posts', a: 'app.authors' }), ['posts', 'authors']],
    ['joins', db('posts').join('authors as a', 'a.id', 'posts.id').leftJoin({ t: 'tags' }, 't.id', 'a.id'), ['posts', 'authors', 'tags']], // prettier-ignore
    ['from()', db.select('*').from('posts'), ['posts']],
    ['a subquery in from', db.from(db('posts').as('p')), ['posts']],
    ['a subquery in where', db('a').whereIn('id', db('b').select('id')), ['a', 'b']],
    ['a callback', db('a').whereExists((query) => void query.from('b')), ['a', 'b']],
    ['a union', db('a').union(db('b')), ['a', 'b']],
    ['a common table expression', db.with('w', db('posts')).from('w'), ['posts']],
    ['one that has the name of its table', db.with('posts', db('posts')).from('posts'), ['posts']],
    ['a column that is a query', db('a').select(db('b').count('*').as('n')), ['b', 'a']],
    ['raw SQL in a builder', db('a').whereRaw('exists (select 1 from b)'), ['a', 'b']],
    ['a raw', db.raw('select * from a join public.b on true where id in (select id from users)'), ['a', 'b', 'users']], // prettier-ignore
    ['a raw with a recursive expression', db.raw('with recursive t as (select 1 union select n from t, a) select * from t'), ['a']], // prettier-ignore
    ['a view, and what is below it', db('feed'), ['feed', 'posts', 'recent', 'users']],
    ['a view in a raw', db.raw('select 1 from feed'), ['feed', 'posts', 'recent', 'users']],
    ['no table', db.select('x'), []],
    ['raw SQL that is none', db.raw('selekt from'), undefined],
    ['what does not compile', {}, undefined],
  ])('%s', (_what, builder, tables) => {
    const found = tablesOf(builder);
    expect(found?.toSorted()).toEqual(tables?.toSorted());
  });

  it('of raw SQL are not told without a grammar', () => {
    const other = new QueryTables({ parse: () => undefined, catalogue: () => undefined });
    expect(other.of(db.raw('select 1 from a'))).toBeUndefined();
    expect(other.of(db('a').where(db.raw('true')))).toBeUndefined();
    expect(other.of(db('a').whereIn('id', db('b')))).toEqual(['a', 'b']);
  });
});

describe('only models that opt in', () => {
  const engineOf = (
    tables: Record<string, string>,
    builder: object,
    router?: QueryRouter,
    reads: 'slaves' | 'master' = 'slaves',
  ) =>
    readRule({ router, tables, reads }, tablesOf)?.(
      { intent: 'read', engine: undefined, consistency: 'session', builder },
      CONTEXT,
    );

  it('is nothing to look up where neither router nor tables are configured', () => {
    expect(readRule({ router: undefined, tables: {}, reads: 'slaves' }, tablesOf)).toBeUndefined();
  });

  it('reads a table where tables says', () => {
    const tables = { slurpee: 'slave', sessions: 'master' };
    expect(engineOf(tables, db('slurpee'))).toBe('slave');
    expect(engineOf(tables, db('sessions'))).toBe('master');
    expect(engineOf(tables, db('others'))).toBeUndefined();
    expect(engineOf(tables, db('toString'))).toBeUndefined();
  });

  it('of several tables lets one on the master decide, else the first that is named', () => {
    const tables = { a: 'slave1', b: 'slave2', m: 'master' };
    const joined = (first: string, ...rest: string[]) => {
      return rest.reduce((query, name) => query.join(name, `${name}.id`, `${first}.id`), db(first));
    };
    expect(engineOf(tables, joined('a', 'm'))).toBe('master');
    expect(engineOf(tables, joined('m', 'a'))).toBe('master');
    expect(engineOf(tables, joined('a', 'b'))).toBe('slave1');
    expect(engineOf(tables, joined('x', 'b'))).toBe('slave2');
  });

  it('asks the router first, with the builder, its tables and the context', () => {
    const asked: unknown[] = [];
    const builder = db('posts as p');
    const router: QueryRouter = (...args) => {
      asked.push(args);
      return 'slave9';
    };
    expect(engineOf({ posts: 'slave1' }, builder, router)).toBe('slave9');
    expect(asked).toEqual([[{ builder, tables: ['posts'] }, CONTEXT]]);
    expect(engineOf({ posts: 'slave1' }, builder, () => undefined)).toBe('slave1');
    expect(engineOf({}, builder, () => undefined)).toBeUndefined();
  });

  it('sees a table on the master wherever it stands', () => {
    const tables = { a: 'slave1', b: 'master' };
    expect(engineOf(tables, db('a').whereIn('id', db('b').select('id')))).toBe('master');
    expect(engineOf(tables, db.raw('select * from a, b'))).toBe('master');
    expect(engineOf({ users: 'master' }, db('feed'))).toBe('master');
  });

  it('takes what it can not tell for what must be read on the master, where there is such a table', () => {
    expect(engineOf({ a: 'master' }, db.raw('selekt'))).toBe('master');
    expect(engineOf({ a: 'slave1' }, db.raw('selekt'))).toBeUndefined();
  });

  it("opts in, with reads: 'master', what it names and nothing else", () => {
    const engine = (builder: object) => engineOf({ slurpee: 'slave' }, builder, undefined, 'master');
    expect(engine(db('slurpee'))).toBe('slave');
    expect(engine(db.raw('select * from slurpee'))).toBe('slave');
    expect(engine(db.from(db('slurpee').as('s')))).toBe('slave');
    expect(engine(db('slurpee').join('users', 'users.id', 'slurpee.id'))).toBeUndefined();
    expect(engine(db('slurpee').whereIn('id', db('users').select('id')))).toBeUndefined();
    expect(engine(db.raw('select * from slurpee, users'))).toBeUndefined();
    expect(engine(db.raw('selekt'))).toBeUndefined();
    expect(engine(db.select(db.raw('1')))).toBeUndefined();
  });

  it('leaves a whole transaction, whose tables are not known yet, to the other rules', () => {
    const rule = readRule({ router: undefined, tables: { a: 'slave1' }, reads: 'slaves' }, tablesOf)!;
    const facts = { intent: 'read', engine: undefined, consistency: 'session', builder: undefined } as const;
    expect(rule(facts, CONTEXT)).toBeUndefined();
  });
});
