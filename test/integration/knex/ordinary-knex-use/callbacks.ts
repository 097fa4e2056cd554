import { describe, expect } from '@jest/globals';
import type { Knex } from 'knex';
import { type GetKnexUnderTest, itWith } from './knex-under-test.js';

/** The app's own code in a query: it may count, log, or take its time. */
export function ordinaryCallbacks(get: GetKnexUnderTest): void {
  const test = itWith(get);

  describe('callbacks in a builder', () => {
    const counted = () => {
      const calls: string[] = [];
      const call =
        (name: string, fill: (builder: Knex.QueryBuilder) => unknown) => (builder: Knex.QueryBuilder) => {
          calls.push(name);
          void fill(builder);
        };
      const query = (knex: Knex): Knex.QueryBuilder => {
        const one: Knex.QueryBuilder = knex.queryBuilder();
        const inner = call('inner', (two) => two.where('id', '<', 4));
        void one.with(
          'some',
          call('with', (two) => two.from('posts').where(inner)),
        );
        void one.from(call('from', (two) => two.from('some').as('s')) as unknown as Knex.QueryBuilder);
        void one.where(call('where', (two) => two.where('id', '>', 1)));
        void one.whereExists(call('exists', (two) => two.select(knex.raw('1'))));
        return one.orderBy('id').pluck('id');
      };
      return { calls, query };
    };
    const EACH = ['exists', 'from', 'inner', 'where', 'with'];

    test('are called once each time the query runs, a clone’s too', async (knex) => {
      const { calls, query } = counted();
      const one = query(knex);
      expect(await one).toEqual([2, 3]);
      expect(calls.splice(0).toSorted()).toEqual(EACH);
      expect(await one.clone()).toEqual([2, 3]);
      expect(await one).toEqual([2, 3]);
      expect(calls.splice(0).toSorted()).toEqual([...EACH, ...EACH].toSorted());
    });

    test('are called once in a transaction, in a stream, and below a raw', async (knex) => {
      const { calls, query } = counted();
      await knex.transaction((trx) => query(trx));
      expect(calls.splice(0).toSorted()).toEqual(EACH);
      for await (const row of query(knex).stream()) expect(row).toHaveProperty('id');
      expect(calls.splice(0).toSorted()).toEqual(EACH);
      await knex.raw('select * from (?) as t', [query(knex)]);
      expect(calls.splice(0).toSorted()).toEqual(EACH);
    });

    test('are called once where one of them throws, and what it throws comes out', async (knex) => {
      let calls = 0;
      const own = new Error('mine');
      const failing = knex('posts').where(() => {
        calls++;
        throw own;
      });
      await expect(failing).rejects.toBe(own);
      expect(calls).toBe(1);
    });

    test('say anew what they say when the query runs again', async (knex) => {
      let least = 5;
      const query = knex('posts')
        .where((one) => void one.where('id', '>', least))
        .pluck('id');
      expect(await query).toEqual([6]);
      least = 4;
      expect(await query).toHaveLength(2);
      expect(query.toString()).toContain('"id" > 4');
      least = 3;
      await query;
      expect(query.where('id', 6).toString()).toContain('"id" > 3) and "id" = 6');
    });

    test('what a listener of `start` adds is in the query', async (knex) => {
      const query = knex('posts')
        .where((one) => void one.where('id', '>', 2))
        .pluck('id');
      query.on('start', (builder: Knex.QueryBuilder) => void builder.where('id', 4));
      expect(await query).toEqual([4]);
    });

    test('wrapIdentifier is called as often as bare Knex calls it', async (_knex, { create }) => {
      const names: string[] = [];
      const knex = await create({
        wrapIdentifier: (name, original) => {
          names.push(name);
          return original(name);
        },
      });
      await knex('posts').where({ id: 1 }).pluck('title');
      expect(names.toSorted()).toEqual(['id', 'posts', 'title']);
    });
  });
}
