import { describe, expect } from '@jest/globals';
import type { Knex } from 'knex';
import pg from 'pg';
import { eventually } from '../../testing/eventually.js';
import { type GetKnexUnderTest, itWith } from './knex-under-test.js';

const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ text: `row ${n}`, n }));
const countOf = async (knex: Knex) => Number((await knex('notes').count<{ n: string }[]>({ n: '*' }))[0]!.n);

/** A pool of one connection finds out who forgets to give it back, or takes a second one while it holds the first. */
export function ordinaryPools(get: GetKnexUnderTest): void {
  const test = itWith(get);
  const one = { pool: { min: 0, max: 1 }, acquireConnectionTimeout: 5_000 };

  describe('a pool of one', () => {
    test('serves what comes at once, one after the other', async (_knex, { create }) => {
      const knex = await create(one);
      const pids = await Promise.all(
        Array.from({ length: 5 }, () => knex('backend').first<{ pid: number }>()),
      );
      expect(new Set(pids.map(({ pid }) => pid)).size).toBe(1);
      await Promise.all(rows(5).map((row) => knex('notes').insert(row)));
      expect(await countOf(knex)).toBe(5);
    });

    test('has its connection back after each end of a transaction', async (_knex, { create }) => {
      const knex = await create(one);
      const ends: ((trx: Knex.Transaction) => unknown)[] = [
        (trx) => trx('notes').insert({ text: 'kept' }),
        () => Promise.reject(new Error('mine')),
        (trx) => trx('nowhere'),
        (trx) => trx.rollback(new Error('by hand')),
        (trx) => trx.transaction(() => Promise.reject(new Error('of a savepoint'))),
      ];
      for (const end of ends)
        await knex.transaction(async (trx) => void (await end(trx))).catch(() => undefined);
      const byHand = await knex.transaction();
      await byHand('nowhere').catch(() => undefined);
      await byHand.rollback();
      expect(await knex('notes').pluck('text')).toEqual(['kept']);
    });

    test('has its connection back after a stream that ended, failed, or was left', async (_knex, {
      create,
    }) => {
      const knex = await create(one);
      for await (const row of knex('posts').stream()) expect(row).toHaveProperty('title');
      for await (const row of knex('posts').stream()) {
        expect(row).toHaveProperty('title');
        break;
      }
      const failing = async () => {
        for await (const row of knex('nowhere').stream()) expect(row).toBe('none');
      };
      await expect(failing()).rejects.toMatchObject({ code: '42P01' });
      expect(await knex('posts').pluck('id')).toHaveLength(6);
    });

    test('runs batchInsert, a provider and a read in the transaction on the one', async (_knex, {
      create,
    }) => {
      const knex = await create(one);
      expect(await knex.batchInsert('notes', rows(7), 3).returning('n')).toHaveLength(7);
      const trx = await knex.transactionProvider()();
      await trx.batchInsert('notes', rows(3), 2);
      expect(await trx('posts').pluck('id')).toHaveLength(6);
      await trx.rollback();
      expect(await countOf(knex)).toBe(7);
    });
  });

  describe('a pool of the user’s own', () => {
    test('lends its connections, and has them back', async (knex, { create }) => {
      const { host, port, user, password, database } = knex.client.config.connection as pg.PoolConfig;
      const connectionPool = new pg.Pool({ host, port, user, password, database, max: 2 });
      try {
        const own = await create({ connectionPool, connection: undefined } as Partial<Knex.Config>);
        await own('notes').insert({ text: 'A' });
        expect(await own.transaction((trx) => trx('notes').pluck('text'))).toEqual(['A']);
        await expect(own('nowhere').forUpdate()).rejects.toMatchObject({ code: '42P01' });
        await eventually(() => expect(connectionPool.idleCount).toBe(connectionPool.totalCount)); // a probe may hold one
      } finally {
        await connectionPool.end();
      }
    });
  });

  describe('errors in a transaction', () => {
    test('what was thrown is what comes out, whatever its code', async (knex) => {
      class OwnError extends Error {
        readonly code = 'ECONNRESET';
      }
      const own = new OwnError('of another service');
      await expect(knex.transaction(() => Promise.reject(own))).rejects.toBe(own);
      const later = async (trx: Knex.Transaction) => {
        await trx('notes').insert({ text: 'A' });
        throw own;
      };
      await expect(knex.transaction(later)).rejects.toBe(own);
      expect(await countOf(knex)).toBe(0);
    });

    test('a statement after one that failed says so, and a savepoint saves from it', async (knex) => {
      const failed = knex.transaction(async (trx) => {
        await trx('nowhere').catch(() => undefined);
        await trx('posts');
      });
      await expect(failed).rejects.toMatchObject({ code: '25P02' });
      await knex.transaction(async (trx) => {
        await trx.transaction((inner) => inner('nowhere')).catch(() => undefined);
        await trx('notes').insert({ text: 'saved' });
      });
      expect(await knex('notes').pluck('text')).toEqual(['saved']);
    });

    test('a provider whose transaction failed gives the same one, which is over', async (knex) => {
      const provide = knex.transactionProvider();
      const trx = await provide();
      await trx('nowhere').catch(() => undefined);
      await trx.rollback();
      expect(await provide()).toBe(trx);
      expect(trx.isCompleted()).toBe(true);
      await expect(trx('posts')).rejects.toThrow('Transaction query already complete');
    });
  });

  describe('the config', () => {
    test('is there as it was given, in a transaction and with user params too', async (_knex, { create }) => {
      const wrapIdentifier = (name: string, original: (name: string) => string) => original(name);
      const knex = await create({
        searchPath: ['public'],
        wrapIdentifier,
        migrations: { tableName: 'mine' },
      });
      const expected = {
        searchPath: ['public'],
        migrations: { tableName: 'mine' },
        connection: { host: '127.0.0.1' },
      };
      for (const { config } of [knex.client, (knex.withUserParams({}) as Knex).client]) {
        expect(config).toMatchObject(expected);
        expect(config.wrapIdentifier).toBe(wrapIdentifier);
      }
      await knex.transaction(async (trx) => {
        expect(trx.client.config).toMatchObject(expected);
        expect(await trx('posts').count({ n: '*' }).first()).toEqual({ n: '6' });
      });
    });
  });
}
