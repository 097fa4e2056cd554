import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { waitUntil } from '../../../src/testing/wait-until.js';
import { RoutingBench, decisionsOf } from '../knex/routing-bench.js';

const SCHEMA = `
CREATE TABLE old (id int, title text);
CREATE TABLE other (name text);
CREATE UNLOGGED TABLE scratch (id int);
CREATE FUNCTION renamed(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';`;

/** What a migration makes, by another process. */
const MIGRATION = `
CREATE TABLE fresh (id int);
INSERT INTO fresh VALUES (1);
CREATE VIEW fresh_view AS SELECT id FROM fresh;
ALTER TABLE old ADD COLUMN added int DEFAULT 1;
CREATE FUNCTION fresh_function(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
CREATE FUNCTION renamed(text) RETURNS int LANGUAGE sql STABLE AS 'SELECT 2';
CREATE OPERATOR <-%-> (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE TYPE mood AS ENUM ('glad');
ALTER TABLE scratch SET LOGGED;`;

let bench: RoutingBench;
let routing: DatabaseRouting;
let db: Knex;
let decisions: string[];

beforeAll(async () => {
  bench = await RoutingBench.start(1);
});

beforeEach(async () => {
  await bench.db.master.query(`DROP SCHEMA IF EXISTS app CASCADE; CREATE SCHEMA app;
    ALTER ROLE CURRENT_USER SET search_path = app, public; SET search_path = app, public; ${SCHEMA}`);
  await bench.db.caughtUp();
  const { connection } = bench.db.master;
  const options = '-c search_path=app,public';
  const { slave1 } = bench.slaves();
  routing = await bench.routing({
    master: { connection: { ...connection, options } },
    slaves: { slave1: { connection: { ...slave1!.connection, options } } },
  });
  db = routing.knex;
  decisions = decisionsOf(routing);
  await bench.db.slave('slave1').pause();
});

afterEach(() => bench.db.slave('slave1').resume());

afterAll(() => bench.stop());

/** Another process migrates, and this one knows the new catalogue. */
async function migrate(sql = MIGRATION): Promise<void> {
  await bench.db.master.query(`SET search_path = app, public; ${sql}`);
  await db.raw('CREATE OR REPLACE FUNCTION app.noted() RETURNS int LANGUAGE sql STABLE AS $$SELECT 1$$');
  await routing.ready();
  decisions.length = 0;
}

const inJob = <Result>(work: () => PromiseLike<Result>) => routing.run(async () => work());

const READS: readonly [string, () => PromiseLike<unknown>][] = [
  ['a table', () => db('fresh').select('id')],
  ['a view', () => db('fresh_view').select('id')],
  ['a column', () => db('old').select('added')],
  ['a column in a raw', () => db.raw('SELECT o.added FROM old o WHERE o.id > ?', [0])],
  ['a function', () => db.raw('SELECT fresh_function(1)')],
  ['an overload of a function', () => db.raw(`SELECT renamed('a'::text)`)],
  ['an operator', () => db.raw('SELECT 1 <-%-> 2')],
  ['a type', () => db.raw(`SELECT 'glad'::mood`)],
  ['a table that was unlogged', () => db('scratch').select('id')],
];

describe('a read of what a migration has made, on a slave that is behind it', () => {
  it.each(READS)('runs on the master: %s', async (_what, read) => {
    await migrate();
    await inJob(read);
    expect(decisions).toEqual(['slave1 balanced', 'master bookmark']);
    await inJob(read);
    expect(decisions.slice(2)).toEqual(['master bookmark']);
  });

  it('is asked of the slave again once that has replayed it', async () => {
    await migrate();
    await inJob(() => db('fresh').select('id'));
    await inJob(() => db('other').select());
    expect(decisions.slice(2)).toEqual(['slave1 balanced']);
    await bench.db.slave('slave1').resume();
    await waitUntil({ what: 'the slave to serve it', timeoutMs: 10_000 }, async () => {
      decisions.length = 0;
      expect(await inJob(() => db('fresh').select('id'))).toEqual([{ id: 1 }]);
      return decisions.length === 1 && decisions[0] === 'slave1 balanced';
    });
  });

  it('streams from the master', async () => {
    await migrate();
    const rows: unknown[] = [];
    await routing.run(async () => {
      for await (const row of db('fresh').select('id').stream()) rows.push(row);
    });
    expect(rows).toEqual([{ id: 1 }]);
  });

  it('is an error where the slave was named by the Knex', async () => {
    await migrate();
    await expect(routing.usingEngine('slave1')('fresh').select()).rejects.toMatchObject({ code: '42P01' });
  });
});

describe('a read of what does not exist', () => {
  it.each<[string, () => PromiseLike<unknown>, string]>([
    ['a column', () => db('old').orderBy('typo'), '42703'],
    ["another table's column", () => db('old').orderBy('name'), '42703'],
    ['a table in front of a column', () => db('old').orderBy('other.name'), '42P01'],
    ['a column of both tables under the wrong one', () => db('other').join('old', 'old.title', 'other.name').orderBy('other.title'), '42703'], // prettier-ignore
    ['an operator for these types', () => db.raw(`SELECT 1 || 2`), '42883'],
  ])('stays away from the master while slaves are behind: %s', async (_what, read, code) => {
    await migrate();
    await expect(inJob(read)).rejects.toMatchObject({ code });
    expect(decisions).toEqual(['slave1 balanced']);
  });
});
