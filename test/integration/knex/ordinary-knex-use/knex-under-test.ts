import { it } from '@jest/globals';
import type { Knex } from 'knex';
import type { ReplicatedPostgres } from '../../../../src/testing/index.js';

/** A Knex that ordinary code is run on, bare or routed. */
export interface KnexUnderTest {
  readonly knex: Knex;
  /** Another one over the same data, with more of Knex's own options. Closed with the first. */
  create(config: Partial<Knex.Config>): Promise<Knex>;
  /** Runs one test's code as an app runs its own: in a context, where there are contexts. */
  run(work: () => Promise<void>): Promise<void>;
}

export type GetKnexUnderTest = () => KnexUnderTest;

/** `it` for a topic of ordinary use. */
export function itWith(get: GetKnexUnderTest) {
  return (title: string, work: (knex: Knex, underTest: KnexUnderTest) => Promise<void>): void =>
    it(title, () => get().run(() => work(get().knex, get())));
}

/** What the tests find: `posts` and `authors` only read, `notes` empty at the start of each test. */
export async function createOrdinaryData(db: ReplicatedPostgres): Promise<void> {
  await db.master.query('CREATE TABLE authors (id int PRIMARY KEY, name text NOT NULL)');
  await db.master.query(`CREATE TABLE posts (
    id int PRIMARY KEY, title text NOT NULL, author_id int NOT NULL, views int NOT NULL, meta jsonb, at timestamptz)`);
  await db.master.query("INSERT INTO authors VALUES (1, 'Ann'), (2, 'Bob')");
  await db.master.query(`INSERT INTO posts
    SELECT n, 'Post ' || n, 1 + n % 2, n * 10, jsonb_build_object('n', n), '2024-01-01Z'::timestamptz + n * interval '1 day'
    FROM generate_series(1, 6) n`);
  await db.master.query(
    'CREATE TABLE notes (id serial PRIMARY KEY, slug text UNIQUE, text text NOT NULL, n int NOT NULL DEFAULT 0)',
  );
  await db.master.query('CREATE VIEW backend AS SELECT pg_backend_pid() AS pid');
  await db.master.query('CREATE VIEW slow AS SELECT 1 AS one FROM pg_sleep(30)');
  await db.master.query('CREATE VIEW slowish AS SELECT 1 AS one FROM pg_sleep(0.3)');
  await db.caughtUp();
}
