import { describe, expect, it } from '@jest/globals';
import knex, { type Knex } from 'knex';
import { inspectBuilder } from '../../../src/intent/builder-inspector.js';
import {
  compiled,
  forgetCompiled,
  handOverCompiled,
  takeCompiled,
} from '../../../src/intent/compiled-query.js';
import { queryText } from '../../../src/intent/query-text.js';

const db = knex({ client: 'pg' });

/** A query whose callback counts its calls. */
function counting(fill: (builder: Knex.QueryBuilder) => unknown = (builder) => builder.where('n', 1)) {
  const heard = { calls: 0 };
  const query = db('posts').where((builder) => {
    heard.calls++;
    void fill(builder);
  });
  return { query, heard };
}

describe('a query that several look into', () => {
  it('is compiled once, until it runs anew', () => {
    const { query, heard } = counting();
    expect(inspectBuilder(query).intent).toBe('read');
    expect(queryText(query)).toBe('select * from "posts" where ("n" = $1)');
    expect(inspectBuilder(query).intent).toBe('read');
    expect(heard.calls).toBe(1);
    forgetCompiled(query);
    expect(queryText(query)).toBeDefined();
    expect(heard.calls).toBe(2);
  });

  it('is compiled anew where it was changed in between', () => {
    const { query, heard } = counting();
    void queryText(query);
    void query.where('m', 2);
    expect(queryText(query)).toBe('select * from "posts" where ("n" = $1) and "m" = $2');
    expect(heard.calls).toBe(2);
  });

  it('is handed to its runner once for each time that it is sent, and not where it was changed', () => {
    const { query, heard } = counting();
    expect(takeCompiled(query)).toBeUndefined();
    void compiled(query);
    expect(takeCompiled(query)).toBeUndefined();
    for (let times = 0; times < 2; times++) {
      handOverCompiled(query);
      const taken = takeCompiled(query) as { sql: string; bindings: unknown[]; toNative(): object };
      expect([taken.sql, taken.bindings]).toEqual(['select * from "posts" where ("n" = ?)', [1]]);
      expect(taken.toNative()).toMatchObject({ sql: 'select * from "posts" where ("n" = $1)' });
      taken.sql = 'what a runner makes of it';
      expect(takeCompiled(query)).toBeUndefined();
    }
    handOverCompiled(query);
    void query.limit(1);
    expect(takeCompiled(query)).toBeUndefined();
    expect(heard.calls).toBe(1);
  });

  it('keeps its own client, which fills no list of ours afterwards', () => {
    const { query } = counting();
    const { inner } = compiled(query);
    expect(inner).toHaveLength(1);
    expect(query.client).toBe(db.client);
    void query.toSQL();
    expect(inner).toHaveLength(1);
  });
});

describe('what callbacks do is seen, however deep', () => {
  it.each<[string, (builder: Knex.QueryBuilder) => unknown, string]>([
    ['a read', (one) => one.whereExists((two) => void two.from('tags')), 'read'],
    ['raw SQL', (one) => one.whereExists((two) => void two.select(db.raw('nextval(1)'))), 'unproved'],
    ['a lock', (one) => one.whereIn('id', (two) => void two.from('tags').select('id').forUpdate()), 'write'],
    ['a write', (one) => one.whereIn('id', db.with('w', (two) => void two.from('tags').del()).from('w')), 'write'],
    ['an error of its own', () => { throw new Error('mine'); }, 'unproved'],
  ])('%s', (_what, fill, intent) => {
    expect(inspectBuilder(counting(fill).query).intent).toBe(intent);
  }); // prettier-ignore

  it('a condition of a join that a callback fills is proved by its SQL only', () => {
    const query = db('posts').join('tags', (join) => void join.on((on) => void on.on('a', 'b')));
    expect(inspectBuilder(query).intent).toBe('unproved');
  });
});
