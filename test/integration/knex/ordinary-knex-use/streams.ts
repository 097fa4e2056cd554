import { Writable } from 'node:stream';
import { once } from 'node:events';
import { describe, expect } from '@jest/globals';
import type { Knex } from 'knex';
import { type GetKnexUnderTest, itWith } from './knex-under-test.js';

/** One connection an engine: whoever does not give it back stops the next query. */
const ONE_CONNECTION = { pool: { min: 0, max: 1 }, acquireConnectionTimeout: 5_000 };

const pidOf = async (knex: Knex): Promise<unknown> => (await knex('backend').first<{ pid: number }>()).pid;

export function ordinaryStreams(get: GetKnexUnderTest): void {
  const test = itWith(get);

  describe('streams', () => {
    test('rows arrive one by one, from builders and raw', async (knex) => {
      const ids: unknown[] = [];
      for await (const row of knex('posts').select('id').orderBy('id').stream()) ids.push(row);
      expect(ids).toEqual([1, 2, 3, 4, 5, 6].map((id) => ({ id })));
      const numbers: unknown[] = [];
      const raw = knex.raw('select n from generate_series(1, ?) n', [3]).stream({ highWaterMark: 1 });
      for await (const row of raw) numbers.push(row);
      expect(numbers).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    });

    test('pipe, and a handler with a promise', async (knex) => {
      const rows: unknown[] = [];
      const sink = () =>
        new Writable({ objectMode: true, write: (row, _encoding, done) => (rows.push(row), done()) });
      await once(knex('authors').select('id').orderBy('id').pipe(sink()), 'finish');
      await knex('authors')
        .select('id')
        .orderBy('id')
        .stream((stream) => void stream.pipe(sink()));
      expect(rows).toEqual([{ id: 1 }, { id: 2 }, { id: 1 }, { id: 2 }]);
    });

    test('one that is left early gives its connection back', async (_knex, { create }) => {
      const knex = await create(ONE_CONNECTION);
      for await (const row of knex('posts').orderBy('id').stream({ highWaterMark: 1 })) {
        expect(row).toMatchObject({ id: 1 });
        break;
      }
      expect(await knex('posts').count({ n: '*' }).first()).toEqual({ n: '6' });
      const stream = knex('posts').stream();
      stream.destroy();
      await once(stream, 'close');
      expect(await knex('posts').count({ n: '*' }).first()).toEqual({ n: '6' });
    });

    test('an error comes out of the stream, and the connection goes back', async (_knex, { create }) => {
      const knex = await create(ONE_CONNECTION);
      const [error] = await once(knex('nowhere').stream().resume(), 'error').catch((e: unknown) => [e]);
      expect(error).toMatchObject({ code: '42P01' });
      expect(await knex('posts').count({ n: '*' }).first()).toEqual({ n: '6' });
    });

    test('inside a transaction', async (knex) => {
      await knex.transaction(async (trx) => {
        await trx('notes').insert([{ text: 'A' }, { text: 'B' }]);
        const seen: unknown[] = [];
        for await (const row of trx('notes').select('text').orderBy('id').stream()) seen.push(row);
        expect(seen).toEqual([{ text: 'A' }, { text: 'B' }]);
      });
    });
  });

  describe('timeouts', () => {
    test('with cancel: the query ends on its server and its connection is good for the next', async (_knex, {
      create,
    }) => {
      const knex = await create(ONE_CONNECTION);
      const before = await pidOf(knex);
      await expect(knex('slow').timeout(60, { cancel: true })).rejects.toMatchObject({
        name: 'KnexTimeoutError',
        timeout: 60,
      });
      expect(await pidOf(knex)).toBe(before);
    });

    test('without cancel: the connection is not used again', async (_knex, { create }) => {
      const knex = await create(ONE_CONNECTION);
      const before = await pidOf(knex);
      await expect(knex('slowish').timeout(60)).rejects.toMatchObject({ name: 'KnexTimeoutError' });
      expect(await pidOf(knex)).not.toBe(before);
    });

    test('raw, and inside a transaction', async (_knex, { create }) => {
      const knex = await create(ONE_CONNECTION);
      const slow = knex.raw('select pg_sleep(30)').timeout(60, { cancel: true });
      await expect(slow).rejects.toMatchObject({ name: 'KnexTimeoutError' });
      const transaction = knex.transaction((trx) => trx('slow').timeout(60, { cancel: true }));
      await expect(transaction).rejects.toMatchObject({ name: 'KnexTimeoutError' });
      expect(await knex('posts').timeout(5_000).count({ n: '*' }).first()).toEqual({ n: '6' });
    });

    test('a full pool says so', async (_knex, { create }) => {
      const knex = await create({ ...ONE_CONNECTION, acquireConnectionTimeout: 1_000 });
      const transaction = await knex.transaction();
      await expect(knex('posts').forUpdate()).rejects.toMatchObject({ name: 'KnexTimeoutError' });
      await transaction.rollback();
      expect(await knex('posts').forUpdate().pluck('id')).toHaveLength(6);
    });
  });
}
