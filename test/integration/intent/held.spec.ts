import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import pg from 'pg';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { waitUntil } from '../../../src/testing/wait-until.js';
import { RoutingBench, decisionsOf } from '../knex/routing-bench.js';
import { classified } from './classified.js';
import { SlaveOracle } from './oracle.js';

/** Extensions that are doubtful in part, and what else was held for the sake of a namesake. */
const SCHEMA = `
CREATE EXTENSION unaccent;
CREATE EXTENSION bloom;
CREATE EXTENSION pgcrypto;
CREATE EXTENSION "uuid-ossp";
CREATE EXTENSION tablefunc;
CREATE TABLE staged (id int PRIMARY KEY);
CREATE FUNCTION pivot_of_mine(text) RETURNS SETOF tablefunc_crosstab_2 LANGUAGE c STABLE STRICT AS '$libdir/tablefunc', 'crosstab';
CREATE FUNCTION latch(int) RETURNS int LANGUAGE plpgsql STABLE AS $$BEGIN PERFORM pg_advisory_lock($1); RETURN $1; END$$;
CREATE FUNCTION latch_sql(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT pg_advisory_lock(32); SELECT $1';
CREATE FUNCTION latch_atomic(int) RETURNS int LANGUAGE sql STABLE BEGIN ATOMIC SELECT pg_advisory_lock(33); SELECT $1; END;
CREATE FUNCTION tenant(text) RETURNS text LANGUAGE plpgsql STABLE AS $$BEGIN RETURN set_config('app.tenant', $1, false); END$$;
CREATE FUNCTION from_text(text) RETURNS text LANGUAGE plpgsql STABLE AS $$DECLARE t text; BEGIN EXECUTE $1 INTO t; RETURN t; END$$;
CREATE FUNCTION over_latch(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT latch($1)';
CREATE AGGREGATE latch_all(int) (SFUNC = int4pl, STYPE = int, FINALFUNC = latch);
CREATE FUNCTION latched(int, int) RETURNS boolean LANGUAGE plpgsql STABLE AS $$BEGIN RETURN latch($1) = $2; END$$;
CREATE OPERATOR <~~> (LEFTARG = int, RIGHTARG = int, FUNCTION = latched);
CREATE VIEW over_tenant AS SELECT tenant('7') AS tenant;
CREATE FUNCTION titles() RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN -- this would execute nothing
  RETURN QUERY SELECT p.title FROM posts p WHERE p.title <> 'pg_advisory_lock' ORDER BY random();
END$$;
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT $1 * 2; END;
CREATE VIEW over_titles AS SELECT titles() AS title;`;

let bench: RoutingBench;
let routing: DatabaseRouting;
let oracle: SlaveOracle;

beforeAll(async () => {
  bench = await RoutingBench.start(1);
  await bench.db.master.query(SCHEMA);
  await bench.db.caughtUp();
  routing = await bench.routing();
  oracle = await SlaveOracle.start(bench.db.slave('slave1').connection);
});

afterAll(async () => {
  await oracle?.end();
  await bench?.stop();
});

describe('an extension that is installed', () => {
  it('keeps no builder from slaves', async () => {
    expect(routing.explain(routing.knex('posts').select('posts.id')).because).toBe(
      'everything in it is known to only read',
    );
    const decisions = decisionsOf(routing);
    await routing.run(() => routing.knex('posts').join('staged', 'staged.id', 'posts.id').select('posts.id'));
    expect(decisions).toEqual(['slave1 balanced']);
  });

  it.each([
    'SELECT gen_random_uuid(), public.gen_random_uuid(), gen_random_bytes(4)',
    `SELECT crypt('a', gen_salt('md5')), pgp_sym_encrypt('a', 'b')`,
    'SELECT uuid_generate_v4(), uuid_generate_v1()',
    'SELECT normal_rand(1, 0, 1)',
    `SELECT unaccent('é')`,
    `SELECT tsquery('a'), pg_catalog.jsonpath('$.a')`,
  ])('has what only reads on slaves: %s', async (sql) => {
    expect(classified(routing, sql)).toMatchObject({ intent: 'read' });
    expect(await oracle.ask(sql)).toMatchObject({ harmless: true });
  });

  it.each([
    `SELECT * FROM crosstab('SELECT 1::text, 1::text, pg_advisory_lock(31)::text') AS c(a text, b text)`,
    `SELECT * FROM crosstab2('SELECT 1::text, 1::text, pg_advisory_lock(31)::text')`,
    `SELECT * FROM pivot_of_mine('SELECT 1::text, 1::text, pg_advisory_lock(31)::text')`,
  ])('has what runs SQL out of a text on the master: %s', async (sql) => {
    expect(classified(routing, sql).intent).not.toBe('read');
    expect(await oracle.ask(sql)).toMatchObject({ harmless: false });
  });
});

describe('a temporary table of somebody else', () => {
  it('keeps the table of that name on slaves, and its child the parent', async () => {
    const other = new pg.Client(bench.db.master.connection);
    await other.connect();
    await other.query('CREATE TEMP TABLE posts (id int); CREATE TEMP TABLE more () INHERITS (staged)');
    await other.query('INSERT INTO more VALUES (1)');
    await bench.db.caughtUp();
    const fresh = await bench.routing();
    for (const sql of ['SELECT * FROM posts', 'SELECT * FROM staged', 'TABLE public.posts']) {
      expect(classified(fresh, sql)).toMatchObject({ intent: 'read' });
      expect(await oracle.ask(sql)).toMatchObject({ harmless: true });
    }
    expect(fresh.explain(fresh.knex('posts')).intent).toBe('read');
    expect(fresh.explain(fresh.knex('more')).intent).toBe('unproved');
    await other.end();
  });
});

describe('a view of more than 32 KB', () => {
  it('is read on slaves', async () => {
    const columns = Array.from(
      { length: 1_500 },
      (_, i) => `coalesce(p.title, 'no title'::text) AS title_${i}`,
    );
    await bench.db.master.query(`CREATE VIEW wide AS SELECT ${columns.join(', ')} FROM posts p`);
    await bench.db.caughtUp();
    const fresh = await bench.routing();
    expect(fresh.explain(fresh.knex('wide').select('title_1')).intent).toBe('read');
    expect(await oracle.ask('SELECT title_1 FROM wide')).toMatchObject({ harmless: true });
  });
});

describe('a function that is called stable', () => {
  it.each([
    'SELECT latch(31)',
    'SELECT latch_sql(1) FROM generate_series(1, 2)',
    'SELECT latch_atomic(1)',
    `SELECT tenant('7')`,
    `SELECT from_text('SELECT pg_advisory_lock(34)')`,
    'SELECT over_latch(35)',
    'SELECT latch_all(n) FROM generate_series(1, 2) n',
    'SELECT 36 <~~> 1',
    'SELECT * FROM over_tenant',
  ])('is held on the master where it leaves something on a slave: %s', async (sql) => {
    expect(classified(routing, sql).intent).toBe('unproved');
    expect(await oracle.ask(sql)).toMatchObject({ harmless: false });
  });

  it.each(['SELECT * FROM titles()', 'SELECT twice(2)', 'SELECT * FROM over_titles'])(
    'is read on slaves where its body only reads: %s',
    async (sql) => {
      expect(classified(routing, sql)).toMatchObject({ intent: 'read' });
      expect(await oracle.ask(sql)).toMatchObject({ harmless: true });
    },
  );

  it('leaves nothing on slaves in builders either', async () => {
    const decisions = decisionsOf(routing);
    await routing.run(() => routing.knex('over_tenant').select());
    await routing.run(() => routing.knex('over_titles').select());
    expect(decisions).toEqual(['master write', 'slave1 balanced']);
  });
});

describe('a slave that is named for what is not proved a read', () => {
  const locks = async () =>
    (await bench.db.slave('slave1').query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`)).length;
  const noLocks = () =>
    waitUntil({ what: 'the lock to be gone', timeoutMs: 5_000 }, async () => (await locks()) === 0);

  it.each<[string, (knex: Knex) => Promise<unknown>]>([
    ['a query', async (knex) => knex.raw('SELECT latch(71)')],
    ['a query that fails', async (knex) => knex.raw('SELECT latch(72), 1/0').catch(() => undefined)],
    [
      'a query in a read-only transaction',
      (knex) => knex.transaction((trx) => trx.raw('SELECT latch(73)'), { readOnly: true }),
    ],
    [
      'a stream',
      async (knex) => {
        for await (const row of knex.raw('SELECT latch(74)').stream()) void row;
      },
    ],
  ])('keeps nothing on its connections of %s', async (_what, run) => {
    const warnings: string[] = [];
    const log = {
      warn: (message: string) => void warnings.push(message),
      error() {},
      deprecate() {},
      debug() {},
    };
    const fresh = await bench.routing({ log });
    await run(fresh.usingEngine('slave1'));
    await noLocks();
    const setting = await fresh
      .usingEngine('slave1')
      .raw(`SELECT current_setting('app.tenant', true) AS tenant`);
    expect(setting.rows).toEqual([{ tenant: null }]);
    expect(warnings).toEqual([]);
  });

  it('keeps the connection of what is proved', async () => {
    const fresh = await bench.routing();
    const pid = async () => (await fresh.usingEngine('slave1').raw('SELECT pg_backend_pid() AS pid')).rows;
    expect(await pid()).toEqual(await pid());
    const before = await pid();
    await fresh.usingEngine('slave1').raw(`SELECT tenant('7')`);
    expect(await pid()).not.toEqual(before);
  });
});

describe('a volatile cast or operator of a type of the app', () => {
  it('holds what has a value of that type, and nothing else', async () => {
    await bench.db.master.query(`
      CREATE TYPE ticket AS (no int);
      CREATE TYPE mood AS ENUM ('sad', 'happy');
      CREATE FUNCTION to_text(ticket) RETURNS text LANGUAGE plpgsql VOLATILE AS $$BEGIN PERFORM pg_advisory_lock(81); RETURN 'x'; END$$;
      CREATE CAST (ticket AS text) WITH FUNCTION to_text(ticket) AS IMPLICIT;
      CREATE FUNCTION alike(mood, int) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$BEGIN PERFORM pg_advisory_lock(82); RETURN true; END$$;
      CREATE OPERATOR = (LEFTARG = mood, RIGHTARG = int, FUNCTION = alike);
      CREATE FUNCTION unlike(mood, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
      CREATE OPERATOR <> (LEFTARG = mood, RIGHTARG = int, FUNCTION = unlike);
      CREATE TYPE weather AS ENUM ('wet');
      CREATE FUNCTION sunny(weather, int) RETURNS boolean LANGUAGE plpgsql STABLE AS $$BEGIN RETURN latch(83) > 0; END$$;
      CREATE OPERATOR = (LEFTARG = weather, RIGHTARG = int, FUNCTION = sunny);
      CREATE TABLE days (weather weather); INSERT INTO days VALUES ('wet');
      CREATE TABLE tickets (id int, ticket ticket); INSERT INTO tickets VALUES (1, ROW(1));
      CREATE TABLE moods (id int, mood mood); INSERT INTO moods VALUES (1, 'sad');
      CREATE VIEW over_moods AS SELECT mood FROM moods;
      CREATE FUNCTION a_mood() RETURNS mood LANGUAGE sql IMMUTABLE AS $$SELECT 'sad'::mood$$;`);
    await bench.db.caughtUp();
    const fresh = await bench.routing();
    const held = [
      `SELECT upper(ticket) FROM tickets`,
      'SELECT mood = 1 FROM moods',
      'SELECT mood = 1 FROM over_moods',
      'SELECT a_mood() = 1',
      `SELECT 'sad'::mood = 1`,
      'SELECT weather = 1 FROM days',
    ];
    for (const sql of held) {
      expect([sql, classified(fresh, sql).intent]).not.toEqual([sql, 'read']);
      expect(await oracle.ask(sql)).toMatchObject({ harmless: false });
    }
    for (const sql of [
      `SELECT 1 = 2, 1 <> 2, 'a' = 'b', 'a'::text, '1' = 1`,
      `SELECT * FROM posts WHERE id = 1 AND title = 'a'`,
    ]) {
      expect(classified(fresh, sql)).toMatchObject({ intent: 'read' });
      expect(await oracle.ask(sql)).toMatchObject({ harmless: true });
    }
    expect(fresh.explain(fresh.knex('posts').where({ id: 1 })).because).toBe(
      'everything in it is known to only read',
    );
    expect(fresh.explain(fresh.knex('moods').where({ id: 1 })).intent).not.toBe('read');
  });
});
