import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { WriteFailedError } from '../../../src/errors.js';
import { bounded } from '../../../src/index.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../../src/testing/index.js';
import { RoutingBench, UNHURRIED, answeredBy, decisionsOf } from '../knex/routing-bench.js';
import { eventually } from '../testing/eventually.js';
import { stateOf } from './health-bench.js';

let bench: RoutingBench;
let other: ReplicatedPostgres;

beforeAll(async () => {
  [bench, other] = await Promise.all([RoutingBench.start(2), startReplicatedPostgres({ slaves: 0 })]);
  await other.master.query('CREATE TABLE posts (id serial PRIMARY KEY, title text NOT NULL)');
  await other.master.query("CREATE VIEW server AS SELECT 'another system' AS name");
  await bench.db.master.createDatabase('second');
  await bench.db.master.inSession(
    (query) => query("CREATE VIEW server AS SELECT 'another database' AS name"),
    'second',
  );
  await bench.db.caughtUp();
});

afterEach(() => bench.db.slave('slave1').delay(0));
afterAll(() => Promise.all([bench.stop(), other.stop()]));

const NOT_ASKED = { asked: false };

/** With what it logs. */
async function told(options: Partial<DatabaseRoutingOptions>) {
  const lines: string[] = [];
  const logger = { debug() {}, warn: (line: string) => lines.push(line) };
  return { lines, routing: await bench.routing({ ...options, logger }, NOT_ASKED) };
}

/** The servers that answer so many reads at once, each in a piece of work of its own, once each. */
async function answers(routing: DatabaseRouting, reads = 20): Promise<string[]> {
  const read = () => routing.run(() => answeredBy(routing.knex));
  return [...new Set(await Promise.all(Array.from({ length: reads }, read)))].toSorted();
}

const failureOf = async (work: PromiseLike<unknown>): Promise<Error> => {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
};

const connectionOf = (name: 'master' | 'slave1', change: object = {}) => {
  const server = name === 'master' ? bench.db.master : bench.db.slave(name);
  return { connection: { ...server.connection, ...change } };
};

describe('a slave that was not asked yet', () => {
  it('serves the first reads as soon as it has answered, and they wait for that', async () => {
    const routing = await bench.routing({}, NOT_ASKED);
    const engines = await answers(routing);
    expect(['slave1', 'slave2']).toEqual(expect.arrayContaining(engines));
    await routing.asked();
    expect(await answers(routing)).toEqual(['slave1', 'slave2']);
  });

  it('serves none of them where it is of another system', async () => {
    const { routing, lines } = await told({ slaves: { slave1: { connection: other.master.connection } } });
    expect(await answers(routing)).toEqual(['master']);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^Engine slave1 went from unknown to foreign: it belongs to the system \d+, the /,
      ),
    );
  });

  it('serves none of them where it is of another database of the same system', async () => {
    const slaves = { slave1: connectionOf('slave1', { database: 'second' }) };
    const { routing, lines } = await told({ slaves });
    expect(await answers(routing)).toEqual(['master']);
    expect(lines).toContainEqual(
      'Engine slave1 went from unknown to foreign: it serves the database second, the master postgres',
    );
  });

  it('serves none of them where it lags beyond the limit', async () => {
    const slave1 = bench.db.slave('slave1');
    await slave1.pause();
    await bench.db.master.query("INSERT INTO posts (title) VALUES ('not replayed')");
    await bench.db.master.query('SELECT pg_sleep(1.2)');
    const routing = await bench.routing(
      {
        slaves: { slave1: { connection: slave1.connection } },
        health: { ...UNHURRIED, maxLagMs: 1_000 },
      },
      NOT_ASKED,
    );
    expect(await answers(routing)).toEqual(['master']);
    await slave1.resume();
  });

  it('is waited for by a Knex or a scope that names it', async () => {
    const routing = await bench.routing({}, NOT_ASKED);
    expect(await answeredBy(routing.usingEngine('slave2'))).toBe('slave2');
    const again = await bench.routing({}, NOT_ASKED);
    expect(await again.run({ engine: 'slave2' }, () => answeredBy(again.knex))).toBe('slave2');
    expect(stateOf(again, 'slave2')).toBe('up');
  });
});

describe('what no waiting helps', () => {
  it.each([
    ['a wrong password', { password: 'wrong' }, 'password authentication failed'],
    ['no such database', { database: 'nowhere' }, 'database "nowhere" does not exist'],
    ['TLS that the server has not', { ssl: true }, 'The server does not support SSL connections'],
  ])('%s: is told in a line, and queries fail at once with the cause', async (_what, change, cause) => {
    const { routing, lines } = await told({
      master: connectionOf('master', change),
      slaves: {},
      failover: { waitMs: 3_600_000 },
    });
    expect((await failureOf(routing.knex('posts'))).message).toContain(cause);
    const failed = await failureOf(routing.knex('posts').insert({ title: 'never' }));
    expect(failed).toBeInstanceOf(WriteFailedError);
    expect(failed.message).toContain(cause);
    expect(failed.message).not.toMatch(/repeat|retryWrites/i);
    await routing.asked();
    const ofMaster = lines.filter((line) => line.startsWith('Engine master'));
    expect(ofMaster).toEqual([expect.stringContaining(`Engine master went from unknown to down: ${cause}`)]);
    expect(ofMaster[0]!.length).toBeLessThanOrEqual(200);
  });
});

describe('who is the master', () => {
  const GONE = { connection: 'postgres://postgres@127.0.0.1:1/postgres' };

  it('is not a lone server that takes writes and was never seen as a slave, though the master is gone', async () => {
    const routing = await bench.routing({
      master: GONE,
      slaves: { slave1: { connection: other.master.connection } },
      failover: { waitMs: 300 },
    });
    await routing.asked();
    await failureOf(routing.knex('posts').insert({ title: 'astray' }));
    expect(routing.status().master).toBe('master');
    expect(await other.master.query('SELECT title FROM posts')).toEqual([]);
  });

  it('is not one whose system the slaves contradict', async () => {
    const routing = await bench.routing({
      master: GONE,
      slaves: { slave1: { connection: other.master.connection }, slave2: bench.slaves()['slave2']! },
      failover: { waitMs: 300 },
    });
    await routing.asked();
    await failureOf(routing.knex('posts').insert({ title: 'astray' }));
    expect(await other.master.query('SELECT title FROM posts')).toEqual([]);
  });
});

describe('a server that refuses a part of what it is asked', () => {
  const asApp = (name: 'master' | 'slave1') => connectionOf(name, { user: 'app', password: 'app' });

  beforeAll(async () => {
    await bench.db.master.query(`
      create role app login password 'app'; grant select, insert on posts to app; grant select on server to app;
      grant usage on sequence posts_id_seq to app;
      create role aurora login superuser password 'app';
      create schema aurora; alter role aurora set search_path = aurora, pg_catalog, public`);
    for (const name of [
      'pg_last_wal_replay_lsn() returns pg_lsn',
      'pg_current_wal_insert_lsn() returns pg_lsn',
      'pg_last_xact_replay_timestamp() returns timestamptz',
    ])
      await bench.db.master.query(`create function aurora.${name} language plpgsql stable as $$
        begin raise exception 'Function is not supported for Aurora' using errcode = '0A000'; end $$`);
    await bench.db.master.query(`
      revoke execute on function pg_control_system(), pg_control_checkpoint(), pg_control_recovery() from public`);
    await bench.db.caughtUp();
  });

  it('costs that answer only: reads stay on slaves, and one line says what is not told', async () => {
    const { routing, lines } = await told({ master: asApp('master'), slaves: { slave1: asApp('slave1') } });
    expect(await answers(routing)).toEqual(['slave1']);
    await routing.knex('posts').insert({ title: 'by a plain role' });
    const { engines } = routing.status();
    expect(engines.map(({ state }) => state.kind)).toEqual(['up', 'up']);
    expect(engines[1]!.untold).toEqual({
      identity: expect.stringContaining('permission denied for function pg_control_system'),
    });
    const untold = lines.filter((line) => line.includes('does not tell'));
    expect(untold).toHaveLength(2);
    expect(untold).toContainEqual(
      expect.stringMatching(
        /^Engine slave1 does not tell which system and timeline it is of: permission denied/,
      ),
    );
  });

  it('keeps what clients have seen by time where positions are not told', async () => {
    const as = { user: 'aurora', password: 'app' };
    const routing = await bench.routing({
      master: connectionOf('master', as),
      slaves: { slave1: connectionOf('slave1', as) },
      bookmark: { secret: 'a secret of sixteen or more' },
      pin: { seconds: 1 },
    });
    const decisions = decisionsOf(routing);
    expect(await answers(routing)).toEqual(['slave1']);
    expect(routing.status().engines.map(({ state }) => state.kind)).toEqual(['up', 'up']);
    const bookmark = await routing.run(async () => {
      await routing.knex('posts').insert({ title: 'by time' });
      return routing.bookmark();
    });
    const next = () => routing.run({ bookmark: bookmark! }, () => answeredBy(routing.knex));
    expect(await next()).toBe('master');
    expect(decisions.at(-1)).toBe('master bookmark');
    await eventually(async () => expect(await next()).toBe('slave1'));
  });

  it('tells its lag as Aurora does', async () => {
    await bench.db.master.query(`
      create function aurora.aurora_db_instance_identifier() returns text language sql stable as $$ select 'here' $$;
      create function aurora.aurora_replica_status() returns table (server_id text, replica_lag_in_msec real)
        language sql stable as $$ select 'here', 45000::real $$`);
    await bench.db.caughtUp();
    const as = { user: 'aurora', password: 'app' };
    const routing = await bench.routing({
      master: connectionOf('master', as),
      slaves: { slave1: connectionOf('slave1', as) },
    });
    await routing.asked();
    expect(await answers(routing)).toEqual(['master']);
    expect(routing.status().engines[1]).toMatchObject({ state: { kind: 'lagging' }, lagMs: 45_000 });
  });
});

describe('a slave that was started anew, behind where it was', () => {
  it.each(['position', 'time'] as const)(
    'answers no read beyond its bound, with clients kept by %s',
    async (by) => {
      const slave1 = bench.db.slave('slave1');
      const routing = await bench.routing({
        slaves: { slave1: { connection: slave1.connection } },
        health: { ...UNHURRIED, intervalMs: 3_600_000 },
        pin: { by },
      });
      const count = async (ms = 60_000) => {
        const rows = await routing.run({ consistency: bounded(ms) }, () =>
          routing.knex('posts').count<{ n: string }[]>({ n: '*' }),
        );
        return Number(rows[0]!.n);
      };
      await slave1.inSession((query) => query('CHECKPOINT'));
      await bench.db.master.query("INSERT INTO posts (title) VALUES ('before the restart')");
      await bench.db.caughtUp();
      await count(1); // the master's position is asked for, and the bound goes by it from here on
      const before = await count();
      await slave1.delay(3_600_000);
      await slave1.kill();
      await slave1.start();
      expect(await count()).toBe(before);
      await slave1.delay(0);
      await bench.db.caughtUp();
    },
  );
});
