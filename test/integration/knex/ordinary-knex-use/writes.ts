import { describe, expect } from '@jest/globals';
import { type GetKnexUnderTest, itWith } from './knex-under-test.js';

export function ordinaryWrites(get: GetKnexUnderTest): void {
  const test = itWith(get);

  describe('writes', () => {
    test('insert, with and without returning, one and several', async (knex) => {
      expect(await knex('notes').insert({ slug: 'a', text: 'A' }, ['slug', 'n'])).toEqual([
        { slug: 'a', n: 0 },
      ]);
      const [{ id }] = await knex('notes').insert({ slug: 'b', text: 'B' }).returning('id');
      expect(id).toEqual(expect.any(Number));
      expect(await knex('notes').insert([{ text: 'C' }, { text: 'D', n: 2 }])).toMatchObject({ rowCount: 2 });
      expect(await knex('notes').orderBy('id').pluck('text')).toEqual(['A', 'B', 'C', 'D']);
    });

    test('update, increment, decrement and delete say how many', async (knex) => {
      await knex('notes').insert([{ text: 'A', n: 1 }, { text: 'B', n: 1 }]); // prettier-ignore
      expect(await knex('notes').where({ text: 'A' }).update({ n: 5 })).toBe(1);
      expect(await knex('notes').increment('n', 2)).toBe(2);
      expect(await knex('notes').where({ text: 'B' }).decrement('n').returning('n')).toEqual([{ n: 2 }]);
      expect(await knex('notes').where('n', 7).update({ text: knex.raw('upper(text) || ?', ['!']) }, 'text')).toEqual([{ text: 'A!' }]); // prettier-ignore
      expect(await knex('notes').where('n', '<', 5).del()).toBe(1);
      expect(await knex('notes').delete().returning('text')).toEqual([{ text: 'A!' }]);
    });

    test('upserts', async (knex) => {
      const note = { slug: 'a', text: 'old' };
      await knex('notes').insert(note);
      await knex('notes')
        .insert({ ...note, text: 'ignored' })
        .onConflict('slug')
        .ignore();
      expect(await knex('notes').pluck('text')).toEqual(['old']);
      await knex('notes')
        .insert({ ...note, text: 'new' })
        .onConflict('slug')
        .merge(['text']);
      expect(await knex('notes').pluck('text')).toEqual(['new']);
    });

    test('insert from a select, and a write in a common table expression', async (knex) => {
      await knex.from(knex.raw('?? (??, ??)', ['notes', 'text', 'n'])).insert(knex('posts').select('title', 'views')); // prettier-ignore
      const moved = knex
        .with('gone', knex('notes').where('n', '>', 40).del().returning('n'))
        .from('gone')
        .orderBy('n')
        .pluck('n');
      expect(await moved).toEqual([50, 60]);
      expect(await knex('notes').count({ n: '*' }).first()).toEqual({ n: '4' });
    });

    test('batchInsert, returning, in a transaction of its own or of ours', async (knex) => {
      const rows = Array.from({ length: 25 }, (_, n) => ({ text: `batch ${n}`, n }));
      expect(await knex.batchInsert('notes', rows, 10).returning('n')).toHaveLength(25);
      const failing = knex.batchInsert('notes', [{ text: 'x', slug: 's' }, { text: 'y', slug: 's' }], 1); // prettier-ignore
      await expect(failing).rejects.toMatchObject({ code: '23505' });
      await knex
        .transaction(async (trx) => {
          await knex.batchInsert('notes', rows, 10).transacting(trx);
          expect(await trx('notes').count({ n: '*' }).first()).toEqual({ n: '50' });
          throw new Error('undo');
        })
        .catch(() => undefined);
      expect(await knex('notes').count({ n: '*' }).first()).toEqual({ n: '25' });
    });

    test('truncate, and several statements in one raw', async (knex) => {
      await knex('notes').insert({ text: 'A' });
      await knex('notes').truncate();
      await knex.raw("insert into notes (text) values ('1'); insert into notes (text) values ('2')");
      expect(await knex('notes').orderBy('id').pluck('text')).toEqual(['1', '2']);
    });

    test('locks in a transaction', async (knex) => {
      await knex('notes').insert({ text: 'A' });
      await knex.transaction(async (trx) => {
        expect(await trx('notes').forUpdate().skipLocked().pluck('text')).toEqual(['A']);
        expect(await knex('notes').forUpdate().skipLocked().pluck('text')).toEqual([]);
        await expect(knex('notes').forShare().noWait()).rejects.toMatchObject({ code: '55P03' });
      });
    });
  });

  describe('schema', () => {
    test('tables and columns come and go', async (knex) => {
      expect(await knex.schema.hasTable('things')).toBe(false);
      await knex.schema.createTable('things', (table) => {
        table.increments();
        table.string('name').notNullable();
      });
      await knex.schema.alterTable('things', (table) => void table.integer('size').defaultTo(3));
      expect(await knex.schema.hasTable('things')).toBe(true);
      expect(await knex.schema.hasColumn('things', 'size')).toBe(true);
      await knex('things').insert({ name: 'a' });
      expect(await knex('things').columnInfo()).toHaveProperty('size');
      await knex.schema.raw('create index on things (name)').renameTable('things', 'items');
      expect(await knex('items').first()).toEqual({ id: 1, name: 'a', size: 3 });
      await knex.schema.dropTableIfExists('items');
      expect(await knex.schema.hasTable('items')).toBe(false);
    });

    test('a schema change in a transaction is undone with it', async (knex) => {
      const trx = await knex.transaction();
      await trx.schema.createTable('things', (table) => void table.increments());
      await knex.schema.transacting(trx).alterTable('things', (table) => void table.text('name'));
      expect(await trx.schema.hasColumn('things', 'name')).toBe(true);
      await trx.rollback();
      expect(await knex.schema.hasTable('things')).toBe(false);
    });

    test('the SQL of a schema change', async (knex) => {
      const [statement] = knex.schema.dropTable('things').toSQL() as unknown as { sql: string }[];
      expect(statement?.sql).toBe('drop table "things"');
      expect(knex.schema.withSchema('shop').dropTable('things').toString()).toBe(
        'drop table "shop"."things"',
      );
    });
  });
}
