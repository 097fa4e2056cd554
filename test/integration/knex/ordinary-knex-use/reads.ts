import { describe, expect } from '@jest/globals';
import type { Knex } from 'knex';
import { type GetKnexUnderTest, itWith } from './knex-under-test.js';

export function ordinaryReads(get: GetKnexUnderTest): void {
  const test = itWith(get);

  describe('reads', () => {
    test('select with where, order and limit', async (knex) => {
      const rows = await knex('posts').select('id', 'title').where('views', '>', 20).orderBy('id').limit(2);
      expect(rows).toEqual([
        { id: 3, title: 'Post 3' },
        { id: 4, title: 'Post 4' },
      ]);
    });

    test('first, pluck and the builders that start on the knex itself', async (knex) => {
      expect(await knex('posts').where({ id: 2 }).first('title')).toEqual({ title: 'Post 2' });
      expect(await knex('posts').where({ id: 0 }).first()).toBeUndefined();
      expect(await knex('posts').orderBy('id').pluck('id')).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await knex.select('name').from('authors').orderBy('id')).toEqual([
        { name: 'Ann' },
        { name: 'Bob' },
      ]);
      expect(await knex.queryBuilder().from('authors').count({ all: '*' })).toEqual([{ all: '2' }]);
    });

    test('joins, groups and aggregates', async (knex) => {
      const rows = await knex('posts as p')
        .join({ a: 'authors' }, 'a.id', 'p.author_id')
        .groupBy('a.name')
        .having('a.name', 'like', '%b')
        .select('a.name')
        .sum({ views: 'p.views' });
      expect(rows).toEqual([{ name: 'Bob', views: '90' }]);
    });

    test('subqueries, common table expressions and unions, as builders and as callbacks', async (knex) => {
      const popular = knex('posts').where('views', '>', 40).select('id');
      expect(await knex('posts').whereIn('id', popular).orderBy('id').pluck('id')).toEqual([5, 6]);
      const exists = knex('authors as a').whereExists((posts) => {
        void posts.from('posts').where('author_id', knex.ref('a.id')).where('views', 60);
      });
      expect(await exists.pluck('name')).toEqual(['Ann']);
      expect(await knex.with('top', popular).from('top').count({ n: '*' }).first()).toEqual({ n: '2' });
      const both = knex('posts').where('id', 1).select('id').unionAll(popular).orderBy('id');
      expect(await both).toEqual([{ id: 1 }, { id: 5 }, { id: 6 }]);
    });

    test('raw fragments and raw queries with bindings', async (knex) => {
      expect(
        await knex('posts')
          .select(knex.raw('max(??) as ??', ['views', 'most']))
          .first(),
      ).toEqual({
        most: 60,
      });
      const { rows } = await knex.raw<{ rows: unknown[] }>('select :a::int + :b::int as sum', { a: 1, b: 2 });
      expect(rows).toEqual([{ sum: 3 }]);
      expect((await knex.raw<{ rows: unknown[] }>('select ? as x', ['?'])).rows).toEqual([{ x: '?' }]);
    });

    test('values of many kinds as bindings', async (knex) => {
      const after = await knex('posts').where('at', '>', new Date('2024-01-05T12:00:00Z')).pluck('id');
      expect(after.toSorted()).toEqual([5, 6]);
      expect(await knex('posts').where('meta', '@>', { n: 3 }).pluck('id')).toEqual([3]);
      expect(await knex('posts').whereIn(['id', 'views'], [[1, 10], [2, 99]]).pluck('id')).toEqual([1]); // prettier-ignore
      const ids = Array.from({ length: 5000 }, (_, id) => id);
      expect(await knex('posts').whereIn('id', ids).count({ n: '*' }).first()).toEqual({ n: '6' });
    });

    test('columnInfo', async (knex) => {
      const columns = await knex('posts').columnInfo();
      expect(columns).toMatchObject({ id: { type: 'integer', nullable: false }, meta: { type: 'jsonb' } });
      expect(await knex('posts').columnInfo('title')).toMatchObject({ type: 'text' });
    });

    test('a builder runs as often as it is awaited, and its clone goes its own way', async (knex) => {
      const base = knex('posts').where('views', '>', 30);
      const narrowed = base.clone().where('views', '<', 60).orderBy('id');
      expect([(await base).length, (await base).length, (await narrowed).length]).toEqual([3, 3, 2]);
    });

    test('promises, callbacks and modify', async (knex) => {
      const only = (query: Knex.QueryBuilder, id: number) => void query.where({ id });
      expect(await knex('posts').modify(only, 4).then(([row]) => (row as { id: number }).id)).toBe(4); // prettier-ignore
      const seen = await new Promise((resolve, reject) => {
        const answer = (error: unknown, rows: unknown) => (error ? reject(error) : resolve(rows));
        void knex('posts').count({ n: '*' }).asCallback(answer);
      });
      expect(seen).toEqual([{ n: '6' }]);
      const failed = await new Promise(
        (resolve) =>
          void knex('nowhere')
            .asCallback(resolve)
            .catch(() => {}),
      );
      expect(failed).toMatchObject({ code: '42P01' });
      let ended = false;
      await knex('posts').first().finally(() => (ended = true)); // prettier-ignore
      expect(ended).toBe(true);
    });

    test('an error keeps its code, and its message the SQL', async (knex) => {
      const failing = knex('posts').where('no_such_column', 1);
      await expect(failing).rejects.toMatchObject({ code: '42703' });
      await expect(failing).rejects.toThrow('select * from "posts" where "no_such_column" = $1 - ');
      await expect(knex.raw('select ?::int', ['x'])).rejects.toMatchObject({ code: '22P02' });
    });

    test('SQL as text and as an object', async (knex) => {
      const query = knex('posts').where({ id: 1, title: "it's" }).select('id');
      const sql = 'select "id" from "posts" where "id" = ? and "title" = ?';
      expect(query.toString()).toBe(`select "id" from "posts" where "id" = 1 and "title" = 'it''s'`);
      expect(query.toQuery()).toBe(query.toString());
      expect(query.toSQL()).toMatchObject({ method: 'select', sql, bindings: [1, "it's"] });
      expect(query.toSQL().toNative().sql).toBe('select "id" from "posts" where "id" = $1 and "title" = $2');
      expect(knex.raw('?? = ?', ['a.b', 1]).toString()).toBe('"a"."b" = 1');
      expect(knex.ref('a.b').as('c').toString()).toBe('"a"."b" as "c"');
      expect(knex.fn.now().toString()).toBe('CURRENT_TIMESTAMP');
    });
  });
}
