import { describe, expect, it } from '@jest/globals';
import knex from 'knex';
import { openContext } from '../../../src/context/context.js';
import { UNTOLD } from '../../../src/intent/query-tables.js';
import type { QueryRouter } from '../../../src/options/query-router.js';
import { readRule } from '../../../src/routing/read-rule.js';

const db = knex({ client: 'pg' });
const CONTEXT = openContext('job', { balanced: true });

const found = (...names: string[]) => ({ names, areAll: true });
const some = (...names: string[]) => ({ names, areAll: false });

type Tables = Record<string, string>;
type Found = typeof UNTOLD;
interface Rules {
  router?: QueryRouter;
  reads?: 'slaves' | 'master';
  /** An engine that is out of use. */
  out?: string;
}

const BUILDER = db('posts as p');

function engineOf(
  tables: Tables,
  one: Found,
  { router, reads = 'slaves', out }: Rules = {},
): string | undefined {
  const rule = readRule({ router, tables, reads }, () => one);
  return rule?.(
    { intent: 'read', engine: undefined, consistency: 'session', builder: BUILDER },
    CONTEXT,
    (engine) => engine === out,
  );
}

describe('where tables and router send reads', () => {
  it('is nothing to look up where neither router nor tables are configured', () => {
    expect(readRule({ router: undefined, tables: {}, reads: 'master' }, () => UNTOLD)).toBeUndefined();
  });

  it('is where tables says', () => {
    const tables = { slurpee: 'slave', sessions: 'master' };
    expect(engineOf(tables, found('slurpee'))).toBe('slave');
    expect(engineOf(tables, found('sessions'))).toBe('master');
    expect(engineOf(tables, found('others'))).toBeUndefined();
    expect(engineOf(tables, found('toString'))).toBeUndefined();
    expect(engineOf(tables, found())).toBeUndefined();
  });

  it('is the master where one of several tables is there, else where the first says that says something', () => {
    const tables = { a: 'slave1', b: 'slave2', m: 'master' };
    expect(engineOf(tables, found('a', 'm'))).toBe('master');
    expect(engineOf(tables, found('m', 'a'))).toBe('master');
    expect(engineOf(tables, found('a', 'b'))).toBe('slave1');
    expect(engineOf(tables, found('x', 'b'))).toBe('slave2');
  });

  it('is the master where a table that is read there may be one of those that can not be told', () => {
    expect(engineOf({ a: 'slave1', m: 'master' }, UNTOLD)).toBe('master');
    expect(engineOf({ a: 'slave1', m: 'master' }, some('a'))).toBe('master');
    expect(engineOf({ a: 'slave1' }, UNTOLD)).toBeUndefined();
    expect(engineOf({ a: 'slave1' }, some('a'))).toBe('slave1');
  });

  it('is asked of the router first, with the builder, its tables and the context', () => {
    const asked: unknown[] = [];
    const router: QueryRouter = (...args) => {
      asked.push(args);
      return 'slave9';
    };
    expect(engineOf({ posts: 'slave1' }, found('posts'), { router })).toBe('slave9');
    expect(engineOf({ posts: 'slave1' }, UNTOLD, { router })).toBe('slave9');
    expect(asked).toEqual([
      [{ builder: BUILDER, tables: ['posts'], tablesComplete: true }, CONTEXT],
      [{ builder: BUILDER, tables: [], tablesComplete: false }, CONTEXT],
    ]);
    expect(engineOf({ posts: 'slave1' }, found('posts'), { router: () => undefined })).toBe('slave1');
    expect(engineOf({}, found('posts'), { router: () => undefined })).toBeUndefined();
  });
});

describe("reads: 'master' opts in what tables names and nothing else", () => {
  const engine = (tables: Tables, one: Found) => engineOf(tables, one, { reads: 'master' });

  it('a query that reads named tables alone', () => {
    expect(engine({ slurpee: 'slave' }, found('slurpee'))).toBe('slave');
    expect(engine({ slurpee: 'slave', tags: 'slave1' }, found('tags', 'slurpee'))).toBe('slave1');
  });

  it('not one that reads another table as well, none at all, or one on the master', () => {
    expect(engine({ slurpee: 'slave' }, found('slurpee', 'posts'))).toBeUndefined();
    expect(engine({ slurpee: 'slave' }, found('posts', 'slurpee'))).toBeUndefined();
    expect(engine({ slurpee: 'slave' }, found())).toBeUndefined();
    expect(engine({ slurpee: 'slave', posts: 'master' }, found('slurpee', 'posts'))).toBeUndefined();
  });

  it('nor one whose tables can not all be told', () => {
    expect(engine({ slurpee: 'slave' }, some('slurpee'))).toBeUndefined();
    expect(engine({ slurpee: 'slave' }, UNTOLD)).toBeUndefined();
  });
});
