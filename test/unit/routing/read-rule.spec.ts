import { describe, expect, it } from '@jest/globals';
import knex from 'knex';
import { openContext } from '../../../src/context/context.js';
import { queryTables } from '../../../src/intent/query-tables.js';
import { readRule } from '../../../src/routing/read-rule.js';

const db = knex({ client: 'pg' });
const CONTEXT = openContext('job', { balanced: true });

describe('the tables of a query', () => {
  it.each([
    ['a name', db('posts'), ['posts']],
    ['with a schema', db('public.posts'), ['posts']],
    ['with an alias', db('posts as p'), ['posts']],
    ['with both, in capitals', db('public.posts AS p'), ['posts']],
    ['an alias in an object', db({ p: 'posts', a: 'app.authors' }), ['posts', 'authors']],
    ['joins', db('posts').join('authors as a', 'a.id', 'posts.id').leftJoin({ t: 'tags' }, 't.id', 'a.id'), ['posts', 'authors', 'tags']], // prettier-ignore
    ['from()', db.select('*').from('posts'), ['posts']],
    ['a subquery names none', db.from(db('posts').as('p')), []],
    ['raw SQL names none', db.from(db.raw('posts')), []],
    ['a raw query names none', db.raw('select 1'), []],
    ['no table', db.select('x'), []],
    ['nothing at all', {}, []],
  ])('%s', (_what, builder, tables) => {
    expect(queryTables(builder)).toEqual(tables);
  });
});

describe('only models that opt in', () => {
  const engineOf = (
    tables: Record<string, string>,
    builder: object,
    router?: Parameters<typeof readRule>[0],
  ) =>
    readRule(router, tables)?.(
      { intent: 'read', engine: undefined, consistency: 'session', builder },
      CONTEXT,
    );

  it('is nothing to look up where neither router nor tables are configured', () => {
    expect(readRule(undefined, {})).toBeUndefined();
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
    const router: Parameters<typeof readRule>[0] = (...args) => {
      asked.push(args);
      return 'slave9';
    };
    expect(engineOf({ posts: 'slave1' }, builder, router)).toBe('slave9');
    expect(asked).toEqual([[{ builder, tables: ['posts'] }, CONTEXT]]);
    expect(engineOf({ posts: 'slave1' }, builder, () => undefined)).toBe('slave1');
    expect(engineOf({}, builder, () => undefined)).toBeUndefined();
  });
});
