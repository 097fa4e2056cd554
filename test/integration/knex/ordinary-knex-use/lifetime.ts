import { describe, expect } from '@jest/globals';
import { type GetKnexUnderTest, itWith } from './knex-under-test.js';

interface Pool {
  numUsed(): number;
  on(event: string, listener: () => void): void;
}

/** What a pool tells of each connection that it gives. */
const TAKEN = ['acquireRequest', 'acquireSuccess', 'release'] as const;

export function ordinaryLifetime(get: GetKnexUnderTest): void {
  const test = itWith(get);

  describe('the client', () => {
    test('shows its pool, driver, version and settings, with user params too', async (knex) => {
      await knex('notes').insert({ text: 'A' });
      for (const { client } of [knex, knex.withUserParams({})]) {
        expect((client.pool as Pool).numUsed()).toBe(0);
        expect(client.driver).toHaveProperty('Client');
        expect(client).toMatchObject({ dialect: 'postgresql', driverName: 'pg', canCancelQuery: true });
        expect(client.config.client).toBe('pg');
        expect(client.config.connection).toMatchObject({ host: '127.0.0.1', database: 'postgres' });
        expect(client.connectionSettings).toMatchObject({ host: '127.0.0.1', database: 'postgres' });
        expect(client.database()).toBe('postgres');
      }
      expect(Number.parseInt(knex.client.version as string, 10)).toBeGreaterThan(14);
    });

    test('counts the connections in use', async (_knex, { create }) => {
      const knex = await create({});
      const pool = knex.client.pool as Pool;
      const trx = await knex.transaction();
      expect(pool.numUsed()).toBe(1);
      await trx.commit();
      const connection: unknown = await knex.client.acquireConnection();
      expect(pool.numUsed()).toBe(1);
      await knex.client.releaseConnection(connection);
      expect(pool.numUsed()).toBe(0);
    });

    test('tells listeners of its pool of each connection that is taken and released', async (_knex, {
      create,
    }) => {
      const knex = await create({});
      await knex('notes').insert({ text: 'A' });
      const heard: string[] = [];
      for (const event of TAKEN) (knex.client.pool as Pool).on(event, () => heard.push(event));
      await knex('notes').insert({ text: 'B' });
      await knex.transaction(async (trx) => void (await trx('notes').insert({ text: 'C' })));
      expect(heard).toEqual([...TAKEN, ...TAKEN]);
    });
  });

  describe('the end', () => {
    test('destroy() closes, queries fail, and initialize() opens again', async (_knex, { create }) => {
      const knex = await create({});
      expect(await knex('posts').count({ n: '*' }).first()).toEqual({ n: '6' });
      await knex.destroy();
      await expect(knex('posts')).rejects.toThrow('Unable to acquire a connection');
      await expect(knex.transaction(async () => undefined)).rejects.toThrow('Unable to acquire a connection');
      await knex.destroy();
      knex.initialize();
      expect(await knex('posts').count({ n: '*' }).first()).toEqual({ n: '6' });
      await new Promise<void>((resolve, reject) =>
        knex.destroy((error: unknown) => (error ? reject(error as Error) : resolve())),
      );
      await expect(knex('posts')).rejects.toThrow('Unable to acquire a connection');
    });
  });
}
