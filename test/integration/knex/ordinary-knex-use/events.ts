import { describe, expect } from '@jest/globals';
import type { Knex } from 'knex';
import { type GetKnexUnderTest, itWith } from './knex-under-test.js';

const EVENTS = ['start', 'query', 'query-response', 'query-error', 'end', 'error'] as const;

/** Its first two words; what asks for the log's position goes along with COMMIT, and is ours. */
function beginningOf(sql = ''): string {
  return sql.split(' ').slice(0, 2).join(' ').replace('COMMIT; select', 'COMMIT;');
}

/** The names of the events that come, and the SQL of queries. */
function record(emitter: Pick<Knex | Knex.QueryBuilder, 'on'>): string[] {
  const seen: string[] = [];
  for (const event of EVENTS) {
    emitter.on(event, (query: { sql?: string }) => {
      seen.push(event === 'query' ? `query ${beginningOf(query.sql)}` : event);
    });
  }
  return seen;
}

export function ordinaryEvents(get: GetKnexUnderTest): void {
  const test = itWith(get);

  describe('events', () => {
    test('on the knex: each query once, whichever engine it goes to', async (_knex, { create }) => {
      const knex = await create({});
      const seen = record(knex);
      await knex('posts').first();
      await knex('notes').insert({ text: 'A' });
      await knex.raw('select 1');
      await knex.schema.hasTable('posts');
      await knex('nowhere').catch(() => undefined);
      expect(seen).toEqual([
        ...['start', 'query select *', 'query-response'],
        ...['start', 'query insert into', 'query-response'],
        ...['start', 'query select 1', 'query-response'],
        ...['start', 'query select *', 'query-response'],
        ...['start', 'query select *', 'query-error'],
      ]);
    });

    test('on the knex: those of a transaction too', async (_knex, { create }) => {
      const knex = await create({});
      const seen = record(knex);
      await knex.transaction(async (trx) => {
        await trx('posts').first();
        await trx.transaction(async (inner) => void (await inner('notes').insert({ text: 'A' })));
      });
      await knex.transaction((trx) => trx('posts').first(), { readOnly: true });
      expect(seen.map((event) => event.replace(/trx\d+;?/, 'trx'))).toEqual([
        'query BEGIN;',
        ...['start', 'query select *', 'query-response'],
        'query SAVEPOINT trx',
        ...['start', 'query insert into', 'query-response'],
        'query RELEASE SAVEPOINT',
        'query COMMIT;',
        'query BEGIN TRANSACTION',
        ...['start', 'query select *', 'query-response'],
        'query COMMIT;',
      ]);
    });

    test('on a transaction: its own', async (knex) => {
      const trx = await knex.transaction();
      const seen = record(trx);
      await trx('posts').first();
      await knex('posts').first();
      await trx('nowhere').catch(() => undefined);
      await trx.rollback();
      expect(seen).toEqual([
        ...['start', 'query select *', 'query-response'],
        ...['start', 'query select *', 'query-error'],
        'query ROLLBACK',
      ]);
    });

    test('on a builder', async (knex) => {
      const query = knex('posts').select('id').limit(1);
      const seen = record(query);
      await query;
      expect(seen).toEqual(['start', 'query select "id"', 'query-response', 'end']);
      const failing = knex('nowhere');
      const seenFailing = record(failing);
      await failing.catch(() => undefined);
      expect(seenFailing).toEqual(['start', 'query select *', 'query-error', 'error']);
    });

    test('are heard by a listener that is added just after the query was started', async (knex) => {
      await knex('posts').first(); // a connection is there and free
      const query = knex('posts').select('id').limit(1);
      const answer = query.then((rows: unknown) => rows);
      const seen = record(query);
      await answer;
      expect(seen).toEqual(['start', 'query select "id"', 'query-response', 'end']);
    });

    test('carry the SQL, its bindings, the connection, and the response', async (_knex, { create }) => {
      const knex = await create({});
      const queries: Record<string, unknown>[] = [];
      const responses: unknown[][] = [];
      knex.on('query', (query: Record<string, unknown>) => queries.push(query));
      knex.on('query-response', (...args: unknown[]) => responses.push(args));
      const builder = knex('posts').where({ id: 1 }).select('id').queryContext({ trace: 't' });
      await builder;
      expect(queries).toEqual([
        expect.objectContaining({
          sql: 'select "id" from "posts" where "id" = $1',
          bindings: [1],
          method: 'select',
          __knexUid: expect.stringContaining('__knexUid'),
          __knexQueryUid: expect.any(String),
          queryContext: { trace: 't' },
        }),
      ]);
      expect(responses).toEqual([
        [[{ id: 1 }], expect.objectContaining({ bindings: [1], method: 'select' }), builder],
      ]);
    });

    test('streams: the query is heard', async (_knex, { create }) => {
      const knex = await create({});
      const seen = record(knex);
      for await (const row of knex('authors').stream()) expect(row).toHaveProperty('name');
      expect(seen).toEqual(['query select *']);
    });

    test('a listener that is taken off hears no more; once hears one', async (_knex, { create }) => {
      const knex = await create({});
      let heard = 0;
      const listener = () => (heard += 1);
      knex.on('query', listener);
      await knex('posts').first();
      knex.removeListener('query', listener);
      knex.once('query', listener);
      await knex('posts').first();
      await knex('posts').first();
      expect(heard).toBe(2);
    });

    test('a knex with user params has them, passes them on, and keeps its listeners', async (_knex, {
      create,
    }) => {
      const knex = await create({});
      const seen = record(knex);
      const named = knex.withUserParams({ tenant: 'a' }) as Knex;
      const seenNamed = record(named);
      expect(named.userParams).toEqual({ tenant: 'a' });
      expect(knex.userParams).toEqual({});
      expect(await named('posts').where({ id: 1 }).pluck('id')).toEqual([1]);
      expect(await named.transaction(async (trx) => trx.userParams)).toMatchObject({ tenant: 'a' });
      await knex('posts').first();
      const select = ['start', 'query select *', 'query-response'];
      const pluck = ['start', 'query select "id"', 'query-response'];
      expect(seenNamed).toEqual([...pluck, 'query BEGIN;', 'query COMMIT;']);
      expect(seen).toEqual([...pluck, 'query BEGIN;', 'query COMMIT;', ...select]);
    });
  });
}
