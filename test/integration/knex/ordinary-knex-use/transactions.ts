import { describe, expect } from '@jest/globals';
import type { Knex } from 'knex';
import { type GetKnexUnderTest, itWith } from './knex-under-test.js';

const texts = (knex: Knex) => knex('notes').orderBy('id').pluck('text');

export function ordinaryTransactions(get: GetKnexUnderTest): void {
  const test = itWith(get);

  describe('transactions', () => {
    test('commit with the value of the work, and are seen afterwards', async (knex) => {
      const value = await knex.transaction(async (trx) => {
        expect(trx.isTransaction).toBe(true);
        await trx('notes').insert({ text: 'A' });
        await trx.insert({ text: 'B' }).into('notes');
        expect((await trx.raw<{ rows: unknown[] }>('select text from notes order by id')).rows).toHaveLength(
          2,
        );
        expect(await texts(trx)).toEqual(['A', 'B']);
        return 'done';
      });
      expect(value).toBe('done');
      expect(await texts(knex)).toEqual(['A', 'B']);
    });

    test('roll back when the work throws or rejects', async (knex) => {
      const failing = knex.transaction(async (trx) => {
        await trx('notes').insert({ text: 'A' });
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      const throwing = knex.transaction(() => {
        throw new Error('at once');
      });
      await expect(throwing).rejects.toThrow('at once');
      expect(await texts(knex)).toEqual([]);
    });

    test('by hand: commit, rollback, executionPromise, isCompleted', async (knex) => {
      const kept = await knex.transaction();
      await kept('notes').insert({ text: 'kept' });
      expect(kept.isCompleted()).toBe(false);
      await kept.commit();
      expect(kept.isCompleted()).toBe(true);
      await kept.executionPromise;
      const undone = await knex.transaction({ doNotRejectOnRollback: false });
      await undone('notes').insert({ text: 'undone' });
      undone.rollback(new Error('by hand')).catch(() => undefined);
      await expect(undone.executionPromise).rejects.toThrow('by hand');
      await expect(kept('notes')).rejects.toThrow('Transaction query already complete');
      expect(await texts(knex)).toEqual(['kept']);
    });

    test('an error inside leaves nothing behind', async (knex) => {
      const failing = knex.transaction(async (trx) => {
        await trx('notes').insert({ text: 'A', slug: 's' });
        await trx('notes').insert({ text: 'B', slug: 's' });
      });
      await expect(failing).rejects.toMatchObject({ code: '23505' });
      expect(await texts(knex)).toEqual([]);
    });

    test('savepoints nest', async (knex) => {
      await knex.transaction(async (trx) => {
        await trx('notes').insert({ text: 'outer' });
        await trx
          .transaction(async (inner) => {
            expect(inner.parentTransaction).toBe(trx);
            await inner('notes').insert({ text: 'inner' });
            await inner.savepoint(async (innermost) => void (await innermost('notes').insert({ text: 'x' })));
            expect(await texts(inner)).toEqual(['outer', 'inner', 'x']);
            throw new Error('undo the inner one');
          })
          .catch(() => undefined);
        const second = await trx.transaction();
        await second('notes').insert({ text: 'second' });
        await second.commit();
        expect(await texts(trx)).toEqual(['outer', 'second']);
      });
      expect(await texts(knex)).toEqual(['outer', 'second']);
    });

    test('isolation levels', async (knex) => {
      const level = (trx: Knex.Transaction) => trx.raw<{ rows: unknown[] }>('show transaction_isolation');
      const { rows } = await knex.transaction(level, { isolationLevel: 'serializable' });
      expect(rows).toEqual([{ transaction_isolation: 'serializable' }]);
      expect(() => knex.transaction(level, { isolationLevel: 'none' as 'serializable' })).toThrow(
        'Invalid isolationLevel',
      );
    });

    test('read-only ones read one snapshot and refuse to write', async (knex) => {
      await knex.transaction(
        async (trx) => {
          const mode = await trx.raw<{ rows: unknown[] }>('show transaction_read_only');
          expect(mode.rows).toEqual([{ transaction_read_only: 'on' }]);
          expect(await trx('posts').count({ n: '*' }).first()).toEqual({ n: '6' });
          expect(await trx.transaction((inner) => inner('authors').pluck('id'))).toHaveLength(2);
        },
        { readOnly: true, isolationLevel: 'repeatable read' },
      );
      const writing = knex.transaction((trx) => trx('notes').insert({ text: 'A' }), { readOnly: true });
      await expect(writing).rejects.toThrow(Error);
      expect(await texts(knex)).toEqual([]);
    });

    test('.transacting() puts a builder into one', async (knex) => {
      const trx = await knex.transaction();
      await knex('notes').transacting(trx).insert({ text: 'A' });
      await knex.raw("insert into notes (text) values ('B')").transacting(trx);
      expect(await knex('notes').transacting(trx).orderBy('id').pluck('text')).toEqual(['A', 'B']);
      await trx.rollback();
      expect(await texts(knex)).toEqual([]);
    });

    test('transactionProvider begins once, when it is first asked', async (knex) => {
      const provide = knex.transactionProvider();
      const [first, second] = await Promise.all([provide(), provide()]);
      expect(second).toBe(first);
      await first('notes').insert({ text: 'A' });
      await first.commit();
      expect(await texts(knex)).toEqual(['A']);
      const readOnly = await knex.transactionProvider({ readOnly: true })();
      expect(await readOnly('posts').count({ n: '*' }).first()).toEqual({ n: '6' });
      await readOnly.rollback();
    });

    test('two at once keep apart', async (knex) => {
      const [one, two] = await Promise.all([knex.transaction(), knex.transaction()]);
      await Promise.all([one('notes').insert({ text: 'one' }), two('notes').insert({ text: 'two' })]);
      expect([await texts(one), await texts(two)]).toEqual([['one'], ['two']]);
      await Promise.all([one.commit(), two.rollback()]);
      expect(await texts(knex)).toEqual(['one']);
    });
  });

  describe('connections in hand', () => {
    test('.connection() runs queries on one, also in a transaction', async (knex) => {
      const connection: unknown = await knex.client.acquireConnection();
      try {
        await knex.raw('create temp table mine (n int)').connection(connection);
        await knex('mine').insert({ n: 1 }).connection(connection);
        await knex.transaction(async (trx) => void (await trx('mine').insert({ n: 2 })), { connection });
        const undone = await knex.transaction(undefined, { connection });
        await undone('mine').insert({ n: 3 });
        await undone.rollback();
        expect(await knex('mine').orderBy('n').pluck('n').connection(connection)).toEqual([1, 2]);
        await knex.schema.dropTable('mine').connection(connection);
      } finally {
        await knex.client.releaseConnection(connection);
      }
      await expect(knex('mine').forUpdate()).rejects.toMatchObject({ code: '42P01' });
    });
  });
}
