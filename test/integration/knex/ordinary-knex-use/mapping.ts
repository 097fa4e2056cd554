import { describe, expect } from '@jest/globals';
import type { Knex } from 'knex';
import { type GetKnexUnderTest, itWith } from './knex-under-test.js';

const toSnake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toCamel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const isRow = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function camelized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelized);
  if (!isRow(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [toCamel(key), one]));
}

const CAMEL_CASE: Partial<Knex.Config> = {
  wrapIdentifier: (name, wrap) => wrap(toSnake(name)),
  postProcessResponse: camelized,
};

const MIGRATIONS: Record<string, Knex.Migration> = {
  '1_create': {
    up: (knex) => knex.schema.createTable('blogPosts', (table) => void table.text('authorName')),
    down: (knex) => knex.schema.dropTable('blogPosts'),
  },
  '2_fill': {
    async up(knex) {
      await knex('blogPosts').insert({ authorName: 'Ann' });
      expect(await knex('blogPosts').select('authorName')).toEqual([{ authorName: 'Ann' }]);
    },
    down: (knex) => knex('blogPosts').del(),
  },
};

const OUTSIDE: Record<string, Knex.Migration & { config?: { transaction: boolean } }> = {
  ...MIGRATIONS,
  '3_index': {
    config: { transaction: false },
    up: (knex) => knex.raw('create index concurrently blog_index on ?? (??)', ['blogPosts', 'authorName']),
    async down(knex) {
      expect(await knex('blogPosts').select('authorName')).toEqual([{ authorName: 'Ann' }]);
      await knex.raw('drop index concurrently blog_index');
    },
  },
};

const source = (migrations: Record<string, Knex.Migration>): Knex.MigratorConfig => ({
  migrationSource: {
    getMigrations: async () => Object.keys(migrations),
    getMigrationName: (name: string) => name,
    getMigration: async (name: string) => migrations[name]!,
  },
});

const namesOf = (migrations: unknown) => (migrations as { name?: string }[]).map((one) => one.name ?? one);

export function ordinaryMapping(get: GetKnexUnderTest): void {
  const test = itWith(get);

  describe('postProcessResponse and wrapIdentifier', () => {
    test('apply to builders, transactions and streams', async (_knex, { create }) => {
      const knex = await create(CAMEL_CASE);
      const post = { id: 1, authorId: 2 };
      const query = () => knex('posts').select('id', 'authorId').where({ id: 1 });
      expect(await query()).toEqual([post]);
      expect(query().toString()).toBe('select "id", "author_id" from "posts" where "id" = 1');
      for await (const row of query().stream()) expect(row).toEqual(post);
      expect(await knex.transaction((trx) => query().transacting(trx).first())).toEqual(post);
      expect(await knex.transaction((trx) => trx('posts').first('authorId'), { readOnly: true })).toEqual({ authorId: 2 }); // prettier-ignore
      expect(await knex('posts').columnInfo()).toHaveProperty('authorId');
    });

    test('get the query context, builders and schema alike', async (_knex, { create }) => {
      const contexts: [string, unknown][] = [];
      const knex = await create({
        postProcessResponse: (rows, context) => (contexts.push(['response', context]), rows),
        wrapIdentifier: (name, wrap, context) => (contexts.push([name, context]), wrap(name)),
      });
      contexts.length = 0;
      await knex('authors').queryContext('a').first('id');
      await knex.transaction((trx) => trx('authors').queryContext('b').pluck('id'));
      const distinct = [...new Set(contexts.map((one) => JSON.stringify(one)))].map(
        (one) => JSON.parse(one) as unknown,
      );
      expect(distinct).toEqual([
        ...[['id', 'a'], ['authors', 'a'], ['response', 'a']], // prettier-ignore
        ...[['id', 'b'], ['authors', 'b'], ['response', 'b']], // prettier-ignore
      ]);
      expect(contexts.filter(([what]) => what === 'response')).toHaveLength(2);
    });
  });

  describe('migrations', () => {
    test('up, list, version, latest, rollback and down, with mapped names', async (_knex, { create }) => {
      const knex = await create({ ...CAMEL_CASE, migrations: source(MIGRATIONS) });
      expect(await knex.migrate.up()).toEqual([1, ['1_create']]);
      expect((await knex.migrate.list() as unknown[]).map(namesOf)).toEqual([['1_create'], ['2_fill']]); // prettier-ignore
      expect(await knex.migrate.latest()).toEqual([2, ['2_fill']]);
      expect(await knex.migrate.currentVersion()).toBe('2');
      expect(await knex('blogPosts').select()).toEqual([{ authorName: 'Ann' }]);
      expect(await knex.migrate.rollback()).toEqual([2, ['2_fill']]);
      expect(await knex('blogPosts').select()).toEqual([]);
      expect(await knex.migrate.down()).toEqual([1, ['1_create']]);
      expect(await knex.schema.hasTable('blogPosts')).toBe(false);
    });

    test('one without a transaction runs among others, and names stay mapped', async (_knex, { create }) => {
      const knex = await create(CAMEL_CASE);
      const config = source(OUTSIDE);
      expect(await knex.migrate.latest(config)).toEqual([1, ['1_create', '2_fill', '3_index']]);
      expect(await knex('blogPosts').select('authorName')).toEqual([{ authorName: 'Ann' }]);
      expect(await knex.migrate.rollback(config, true)).toEqual([1, ['3_index', '2_fill', '1_create']]);
      expect(await knex.schema.hasTable('blogPosts')).toBe(false);
      expect(await knex('posts').first('authorId')).toHaveProperty('authorId');
    });

    test('one migrator for several steps, also after one that failed, keeps names mapped', async (_knex, {
      create,
    }) => {
      const knex = await create(CAMEL_CASE);
      const { migrate } = knex;
      const config = source(MIGRATIONS);
      const bad = { up: () => Promise.reject(new Error('bad')), down: async () => undefined };
      await expect(migrate.latest(source({ ...MIGRATIONS, '3_bad': bad }))).rejects.toThrow('bad');
      expect(await migrate.latest(config)).toEqual([1, ['1_create', '2_fill']]);
      expect(await knex('blogPosts').select()).toEqual([{ authorName: 'Ann' }]);
      expect(await migrate.rollback(config)).toEqual([1, ['2_fill', '1_create']]);
      expect(await knex.schema.hasTable('blogPosts')).toBe(false);
      expect(await migrate.latest(config)).toEqual([1, ['1_create', '2_fill']]);
      expect(await knex('blogPosts').select()).toEqual([{ authorName: 'Ann' }]);
      expect(await migrate.rollback(config)).toEqual([1, ['2_fill', '1_create']]);
      expect(await knex.schema.hasTable('blogPosts')).toBe(false);
    });

    test('a failing one undoes the batch and frees the lock', async (_knex, { create }) => {
      const knex = await create({});
      const bad = {
        '1_create': MIGRATIONS['1_create']!,
        '2_bad': { up: () => Promise.reject(new Error('bad')), down: async () => undefined },
      };
      await expect(knex.migrate.latest(source(bad))).rejects.toThrow('bad');
      expect(await knex.schema.hasTable('blogPosts')).toBe(false);
      await knex.migrate.forceFreeMigrationsLock(source(bad));
      expect(await knex('knex_migrations_lock').pluck('is_locked')).toEqual([0]);
    });

    test('run inside a transaction of ours', async (knex) => {
      const trx = await knex.transaction();
      await trx.migrate.latest(source({ '1_create': MIGRATIONS['1_create']! }));
      expect(await trx.schema.hasTable('blogPosts')).toBe(true);
      await trx.rollback();
      expect(await knex.schema.hasTable('blogPosts')).toBe(false);
    });

    test('get the user params of their knex, and its listeners hear their queries once', async (_knex, {
      create,
    }) => {
      const knex = await create({});
      const seen: unknown[] = [];
      const creates = { first: 0, named: 0 };
      const count = (by: keyof typeof creates) => (query: { sql: string }) =>
        (creates[by] += Number(query.sql.includes('create table "seen"')));
      knex.on('query', count('first'));
      const migration: Knex.Migration = {
        async up(trx) {
          seen.push(trx.userParams?.['tenant']);
          await trx.schema.createTable('seen', (table) => void table.increments());
        },
        down: (trx) => trx.schema.dropTable('seen'),
      };
      const named = knex.withUserParams({ tenant: 'a' }) as Knex;
      named.on('query', count('named'));
      await named.migrate.latest(source({ '1_seen': migration }));
      await named.migrate.rollback(source({ '1_seen': migration }));
      expect([seen, creates]).toEqual([['a'], { first: 1, named: 1 }]);
    });
  });

  describe('seeds', () => {
    test('fill tables', async (_knex, { create }) => {
      const seeds: Knex.SeederConfig = {
        seedSource: {
          getSeeds: async () => ['notes'],
          getSeed: async () => ({
            async seed(knex: Knex) {
              await knex('notes').del();
              await knex('notes').insert({ text: 'seeded' });
            },
          }),
        },
      };
      const knex = await create({ seeds });
      expect(await knex.seed.run()).toEqual([['notes']]);
      expect(await knex('notes').pluck('text')).toEqual(['seeded']);
    });
  });
}
