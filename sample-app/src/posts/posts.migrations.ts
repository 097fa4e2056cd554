import type { Knex } from 'knex';

const MIGRATIONS: Readonly<Record<string, Knex.Migration>> = {
  '001_posts': {
    async up(knex) {
      await knex.schema.createTable('posts', (table) => {
        table.increments('id');
        table.string('author').notNullable();
        table.text('text').notNullable();
        table.timestamp('created_at').notNullable().defaultTo(knex.fn.now());
      });
    },
    async down(knex) {
      await knex.schema.dropTable('posts');
    },
  },
};

/** Knex's migrations as part of the program instead of a folder of files. */
export const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: async () => Object.keys(MIGRATIONS),
  getMigrationName: (name) => name,
  getMigration: async (name) => MIGRATIONS[name]!,
};
