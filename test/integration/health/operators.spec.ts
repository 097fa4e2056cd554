import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import type { PostgresServer, PostgresSlave } from '../../../src/testing/index.js';
import { RoutingBench, answeredBy, decisionsOf } from '../knex/routing-bench.js';
import { eventually } from '../testing/eventually.js';
import { changesOf, preferring, retriesOf, stateOf } from './health-bench.js';

let bench: RoutingBench;
let slave1: PostgresSlave;
const opened: DatabaseRouting[] = [];

beforeAll(async () => {
  bench = await RoutingBench.start(2);
  slave1 = bench.db.slave('slave1');
  await bench.db.master.query(
    `CREATE VIEW nap AS SELECT split_part(current_setting('cluster_name'), '.', 2) AS name FROM pg_sleep(0.5)`,
  );
  await bench.db.master.query(`CREATE ROLE reader LOGIN PASSWORD 'reader'; GRANT SELECT ON server TO reader`);
  await bench.db.caughtUp();
});

afterEach(async () => {
  await slave1.start();
  await Promise.allSettled(opened.splice(0).map((routing) => routing.destroy()));
});

afterAll(() => bench.stop());

async function routed(options: Partial<DatabaseRoutingOptions> = {}): Promise<DatabaseRouting> {
  const routing = await bench.routing({ balancer: preferring('slave1'), ...options });
  opened.push(routing);
  await routing.run(() => answeredBy(routing.knex));
  return routing;
}

/** What became of a read that runs until it is ended from outside. */
interface Ended {
  readonly error: unknown;
  readonly decisions: readonly string[];
  readonly retries: readonly string[];
  readonly changes: readonly string[];
}

const readSlowly = (knex: Knex) => knex('slow').select();

/** Runs `end` on the read's server once the read is under way there. */
async function endedBy(
  routing: DatabaseRouting,
  server: PostgresServer,
  end: string,
  read: (knex: Knex) => Promise<unknown> = readSlowly,
): Promise<Ended> {
  const [decisions, retries, changes] = [decisionsOf(routing), retriesOf(routing), changesOf(routing)];
  const failing = routing.run(() => read(routing.knex)).catch((error: unknown) => error);
  await eventually(async () => {
    const ended = await server.query(
      `SELECT ${end}(pid) FROM pg_stat_activity WHERE query LIKE '%from "slow"%' AND pid <> pg_backend_pid() AND state = 'active'`,
    );
    expect(ended).toHaveLength(1);
  });
  return { error: await failing, decisions, retries, changes };
}

describe('what an operator ends stays ended', () => {
  it.each([
    ['pg_cancel_backend', '57014'],
    ['pg_terminate_backend', '57P01'],
  ])('by %s on a slave, which serves on', async (end, code) => {
    const routing = await routed();
    const { error, decisions, retries, changes } = await endedBy(routing, slave1, end);
    expect(error).toMatchObject({ code });
    expect([decisions, retries, changes]).toEqual([['slave1 balanced'], [], []]);
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave1');
  });

  it.each([
    ['pg_cancel_backend', '57014'],
    ['pg_terminate_backend', '57P01'],
  ])('by %s on the master', async (end, code) => {
    const routing = await routed({ reads: 'master' });
    const { error, decisions } = await endedBy(routing, bench.db.master, end);
    expect(error).toMatchObject({ code });
    expect(decisions).toEqual(['master rule']);
  });

  it('in a read-only transaction, whose slave serves on', async () => {
    const routing = await routed();
    const reads = (knex: Knex) => knex.transaction(readSlowly, { readOnly: true });
    const { error, changes } = await endedBy(routing, slave1, 'pg_terminate_backend', reads);
    expect(error).toBeInstanceOf(Error); // Knex tells of the ROLLBACK that failed too
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave1');
    expect(changes).toEqual([]);
  });

  it('and a slave all of whose connections were ended, those of the probes too, serves on', async () => {
    const routing = await routed({ health: { intervalMs: 20, slowMs: 10_000, timeoutMs: 10_000 } });
    const changes = changesOf(routing);
    for (let times = 0; times < 10; times++) {
      await slave1.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      );
      await routing.run(() => answeredBy(routing.knex)).catch(() => undefined);
    }
    expect([stateOf(routing, 'slave1'), changes]).toEqual(['up', []]);
  });

  it('but not where the server shuts down, which gives the same code', async () => {
    const routing = await routed();
    const reading = routing.run(() => routing.knex('nap').select('name'));
    await eventually(() => expect(routing.engines.find('slave1')!.inFlight).toBe(1));
    await slave1.stop();
    expect(await reading).toEqual([{ name: 'slave2' }]);
    await eventually(() => expect(stateOf(routing, 'slave1')).toBe('down'));
  });
});

describe('a limit that is set on a slave', () => {
  const limited = (options: string) => {
    const [one] = Object.entries(bench.slaves());
    return { slaves: { slave1: { connection: { ...one![1].connection, options } } } };
  };

  it.each([
    ['statement_timeout', '-c statement_timeout=100', '57014', 'slow'],
    ['temp_file_limit', '-c temp_file_limit=64kB -c work_mem=64kB', '53400', 'sorted'],
  ])('stops a read for good: %s', async (_limit, options, code, from) => {
    await bench.db.master.query(
      'CREATE OR REPLACE VIEW sorted AS SELECT n FROM (SELECT n FROM generate_series(1, 300000) n ORDER BY -n) s OFFSET 299999',
    );
    await bench.db.caughtUp();
    const routing = await routed(limited(options));
    const [decisions, changes] = [decisionsOf(routing), changesOf(routing)];
    await expect(routing.run(() => routing.knex(from).select())).rejects.toMatchObject({ code });
    expect([decisions, changes]).toEqual([['slave1 balanced'], []]);
  });
});

describe('the login of a slave that misses a grant', () => {
  const asReader = () => ({
    slaves: { slave1: { connection: { ...slave1.connection, user: 'reader', password: 'reader' } } },
  });

  it('is told with it, once', async () => {
    const warnings: string[] = [];
    const logger = { debug() {}, warn: (text: string) => void warnings.push(text) };
    const routing = await routed({ ...asReader(), logger });
    for (let times = 0; times < 2; times++)
      await expect(routing.run(() => routing.knex('posts').select())).rejects.toMatchObject({
        code: '42501',
      });
    expect(warnings).toEqual([expect.stringContaining('On the master: GRANT SELECT ON posts TO reader')]);
  });

  it('to connect is told so too, and the master serves', async () => {
    await bench.db.master.query('REVOKE CONNECT ON DATABASE postgres FROM public');
    await bench.db.caughtUp();
    const routing = await routed(asReader());
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('master');
    expect(routing.engines.find('slave1')!.state).toMatchObject({
      kind: 'down',
      because: expect.stringContaining('On the master: GRANT CONNECT ON DATABASE postgres TO reader'),
    });
    await bench.db.master.query('GRANT CONNECT ON DATABASE postgres TO public');
  });
});
