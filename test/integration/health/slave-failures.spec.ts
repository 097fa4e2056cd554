import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { SlavesUnavailableError } from '../../../src/errors.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import type { PostgresSlave } from '../../../src/testing/index.js';
import { RoutingBench, answeredBy, decisionsOf } from '../knex/routing-bench.js';
import { eventually } from '../testing/eventually.js';
import { CLOSELY, Load, changesOf, preferring, retriesOf, stateOf } from './health-bench.js';

let bench: RoutingBench;
let slave1: PostgresSlave;
let slave2: PostgresSlave;
const opened: DatabaseRouting[] = [];

beforeAll(async () => {
  bench = await RoutingBench.start(2);
  slave1 = bench.db.slave('slave1');
  slave2 = bench.db.slave('slave2');
  const { master } = bench.db;
  const server = `split_part(current_setting('cluster_name'), '.', 2) AS name`;
  await master.query(`CREATE VIEW nap AS SELECT ${server} FROM pg_sleep(0.5)`);
  await master.query(`CREATE VIEW long_nap AS SELECT ${server} FROM pg_sleep(1.5)`);
  await master.query(`CREATE VIEW rows AS SELECT n, ${server} FROM generate_series(1, 300000) n`);
  await master.query(`CREATE VIEW late_rows AS SELECT ${server}, s FROM (SELECT pg_sleep(0.5)::text s) one`);
  await bench.db.caughtUp();
});

afterEach(async () => {
  for (const slave of [slave1, slave2]) {
    if (slave.isFrozen) await slave.unfreeze();
    await slave.start();
  }
  await Promise.allSettled(opened.splice(0).map((routing) => routing.destroy()));
});

afterAll(() => bench.stop());

/** Reads from slave1 as long as that may serve. */
async function watched(options: Partial<DatabaseRoutingOptions> = {}): Promise<DatabaseRouting> {
  const routing = await bench.routing({ health: CLOSELY, balancer: preferring('slave1'), ...options });
  opened.push(routing);
  await routing.run(() => answeredBy(routing.knex));
  await eventually(() => {
    for (const { state, latencyMs } of routing.status().engines)
      expect([state.kind, latencyMs]).toEqual(['up', expect.any(Number)]);
  });
  return routing;
}

const nap = (routing: DatabaseRouting) =>
  routing.run(async () => (await routing.knex('nap').first<{ name: string }>('name')).name);

/** Resolves when so many queries run there. */
const inFlight = (routing: DatabaseRouting, name: string, count: number) =>
  eventually(async () => {
    const [row] = await bench.db
      .slave(name)
      .query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%from "%' AND pid <> pg_backend_pid() AND application_name = ''`,
      );
    expect(row?.n).toBeGreaterThanOrEqual(count);
    expect(routing.engines.find(name)!.inFlight).toBeGreaterThanOrEqual(count);
  });

describe('a slave that is killed under load', () => {
  it('costs no read, is out, and comes back by itself when it runs again', async () => {
    const routing = await watched({ balancer: 'round-robin' });
    const changes = changesOf(routing);
    const load = new Load(routing);
    await eventually(() => expect(new Set(load.answers)).toEqual(new Set(['slave1', 'slave2'])));
    await slave1.kill();
    await eventually(() => expect(stateOf(routing, 'slave1')).toBe('down'));
    const before = load.answers.length;
    await eventually(() => expect(load.answers.length).toBeGreaterThan(before + 50));
    expect(new Set(load.answers.slice(before + 4))).toEqual(new Set(['slave2']));
    await slave1.start();
    const after = load.answers.length;
    await eventually(() => expect(load.answers.slice(after)).toContain('slave1'));
    await eventually(() => expect(stateOf(routing, 'slave1')).toBe('up'));
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(changes).toEqual(['slave1 down', 'slave1 returning', 'slave1 up']);
  });

  it('is out by the first query that finds out, before the monitor asks', async () => {
    const routing = await watched({ health: { ...CLOSELY, intervalMs: 60_000 } });
    const retries = retriesOf(routing);
    await slave1.kill();
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave2');
    expect([stateOf(routing, 'slave1'), retries]).toEqual(['down', ['slave1']]);
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave2');
    expect(retries).toEqual(['slave1']);
  });

  it('has the queries that ran there answered by others', async () => {
    const routing = await watched();
    const reading = Promise.all(Array.from({ length: 5 }, () => nap(routing)));
    await inFlight(routing, 'slave1', 5);
    await slave1.kill();
    expect(await reading).toEqual(Array(5).fill('slave2'));
  });

  it('is no slave for a Knex that names it, whose reads reject; scopes and queries that name it lapse', async () => {
    const routing = await watched();
    await slave1.kill();
    await expect(answeredBy(routing.usingEngine('slave1'))).rejects.toThrow();
    expect(stateOf(routing, 'slave1')).toBe('down');
    const decisions = decisionsOf(routing);
    expect(await routing.run({ engine: 'slave1' }, () => answeredBy(routing.knex))).toBe('slave2');
    const named = await routing.run(() => routing.knex('server').usingEngine('slave1').first<{ name: string }>('name')); // prettier-ignore
    expect(named.name).toBe('slave2');
    expect(decisions).toEqual(['slave2 balanced', 'slave2 balanced']);
    await expect(answeredBy(routing.usingEngine('slave1'))).rejects.toThrow();
  });

  it('is left by a Knex for any slave', async () => {
    const routing = await watched();
    await slave1.kill();
    expect(await answeredBy(routing.usingEngine('slave'))).toBe('slave2');
  });

  it('has a read-only transaction begin elsewhere', async () => {
    const routing = await watched();
    await slave1.kill();
    const read = await routing.run(() => routing.knex.transaction(answeredBy, { readOnly: true }));
    expect(read).toBe('slave2');
    expect(stateOf(routing, 'slave1')).toBe('down');
  });

  it('breaks the read-only transaction that was under way, once', async () => {
    const routing = await watched();
    let times = 0;
    const broken = routing.run(() =>
      routing.knex.transaction(
        async (trx) => {
          times++;
          expect(await answeredBy(trx)).toBe('slave1');
          await slave1.kill();
          await answeredBy(trx);
        },
        { readOnly: true },
      ),
    );
    await expect(broken).rejects.toThrow(/Connection terminated|not queryable/);
    expect(times).toBe(1);
    await eventually(() => expect(stateOf(routing, 'slave1')).toBe('down'));
  });
});

describe('a stream', () => {
  it('whose slave breaks before the first row goes on elsewhere', async () => {
    const routing = await watched();
    const names: string[] = [];
    const reading = routing.run(async () => {
      for await (const { name } of routing.knex('late_rows').stream() as AsyncIterable<{ name: string }>)
        names.push(name);
    });
    await inFlight(routing, 'slave1', 1);
    await slave1.kill();
    await reading;
    expect(names).toEqual(['slave2']);
  });

  it('whose slave can not be reached goes elsewhere', async () => {
    const routing = await watched();
    await slave1.kill();
    const names = new Set<string>();
    await routing.run(async () => {
      for await (const { name } of routing.knex('rows').limit(3).stream() as AsyncIterable<{ name: string }>)
        names.add(name);
    });
    expect(names).toEqual(new Set(['slave2']));
  });

  it('whose slave breaks after rows were delivered fails, and is not begun again', async () => {
    const routing = await watched();
    const retries = retriesOf(routing);
    const rows: number[] = [];
    const reading = routing.run(async () => {
      for await (const { n } of routing.knex('rows').stream() as AsyncIterable<{ n: number }>)
        if (rows.push(n) === 1) await slave1.kill();
    });
    await expect(reading).rejects.toThrow(/terminat|ECONNRESET/);
    expect(rows).toEqual(rows.map((_row, at) => at + 1)); // none twice
    expect(rows.length).toBeLessThan(300_000);
    expect(retries).toEqual([]);
    await eventually(() => expect(stateOf(routing, 'slave1')).toBe('down'));
  });
});

describe('a slave that freezes', () => {
  it('has the queries that wait there answered by others, and none fails', async () => {
    const routing = await watched({ balancer: 'round-robin' });
    const load = new Load(routing);
    await eventually(() => expect(new Set(load.answers)).toEqual(new Set(['slave1', 'slave2'])));
    await slave1.freeze();
    await eventually(() => expect(stateOf(routing, 'slave1')).toBe('down'));
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave2');
    await slave1.unfreeze();
    await eventually(() => expect(stateOf(routing, 'slave1')).toBe('up'));
  });

  it('has also those answered that wait for a connection to it', async () => {
    const one = { ...bench.slaves()['slave1']!, pool: { min: 0, max: 1 } };
    const routing = await watched({ slaves: { ...bench.slaves(), slave1: one } });
    await slave1.freeze();
    const reading = Array.from({ length: 5 }, () => routing.run(() => answeredBy(routing.knex)));
    expect(await Promise.all(reading)).toEqual(Array(5).fill('slave2'));
  });
});

describe('the master, after a slave that is down', () => {
  it('is not kept from a session by what nobody can ask the slave', async () => {
    const routing = await watched();
    await routing.run(async () => {
      expect(await answeredBy(routing.knex)).toBe('slave1');
      await slave1.freeze();
      await eventually(() => expect(stateOf(routing, 'slave1')).toBe('down'));
      const asked: string[] = [];
      routing.engines.find('slave1')!.probes.on('query', ({ sql }: { sql: string }) => asked.push(sql));
      expect(await routing.usingEngine('master', () => answeredBy(routing.knex))).toBe('master');
      expect(asked).toEqual([]);
    });
  });
});

describe('a recovery conflict', () => {
  it('is answered by another slave, and takes nobody out', async () => {
    await slave1.query(`ALTER SYSTEM SET max_standby_streaming_delay = 0`);
    await slave1.query('SELECT pg_reload_conf()');
    await bench.db.master.query(`INSERT INTO posts (title) SELECT 'x' FROM generate_series(1, 1000)`);
    await bench.db.caughtUp();
    let preferred = 'slave1';
    const balancer: DatabaseRoutingOptions['balancer'] = {
      choose: (slaves) => slaves.find(({ name }) => name === preferred) ?? slaves[0]!,
    };
    const routing = await watched({ balancer });
    routing.events.on('retry', () => (preferred = 'slave2'));
    const [changes, retries] = [changesOf(routing), retriesOf(routing)];
    const reading = routing.run(async () => {
      const rows = await routing
        .knex('posts')
        .join('long_nap', routing.knex.raw('true'))
        .limit(1)
        .select('name');
      return (rows as { name: string }[])[0]?.name;
    });
    await inFlight(routing, 'slave1', 1);
    await bench.db.master.query('ALTER TABLE posts ADD COLUMN IF NOT EXISTS more int');
    expect(await reading).toBe('slave2');
    expect(retries).toEqual(['slave1']);
    expect([changes, stateOf(routing, 'slave1')]).toEqual([[], 'up']);
    await slave1.query('ALTER SYSTEM RESET max_standby_streaming_delay');
    await slave1.query('SELECT pg_reload_conf()');
  });
});

describe('slaves that are all gone', () => {
  const killBoth = () => Promise.all([slave1.kill(), slave2.kill()]);

  it('leave the reads to the master, and get them back', async () => {
    const routing = await watched();
    const load = new Load(routing, 2);
    await killBoth();
    await eventually(() => expect(load.answers.at(-1)).toBe('master'));
    await Promise.all([slave1.start(), slave2.start()]);
    await eventually(() => expect(load.answers.at(-1)).toBe('slave1'));
    await load.stop();
    expect(load.failures).toEqual([]);
  });

  it('leave it as many as its budget allows; the others are refused before anything is sent', async () => {
    const routing = await watched({ masterBudget: { perSecond: 0.001 } });
    await killBoth();
    await eventually(() =>
      expect([stateOf(routing, 'slave1'), stateOf(routing, 'slave2')]).toEqual(['down', 'down']),
    );
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => routing.run(() => answeredBy(routing.knex))),
    );
    const refused = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    expect(refused).toHaveLength(19);
    for (const error of refused) expect(error).toBeInstanceOf(SlavesUnavailableError);
    const answers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(answers).toEqual(['master']);
  });

  it("are waited for with otherwise: 'wait'", async () => {
    const routing = await watched({ masterBudget: { perSecond: 0, otherwise: 'wait', waitMs: 20_000 } });
    await killBoth();
    await eventually(() =>
      expect([stateOf(routing, 'slave1'), stateOf(routing, 'slave2')]).toEqual(['down', 'down']),
    );
    const reading = routing.run(() => answeredBy(routing.knex));
    await slave2.start();
    expect(await reading).toBe('slave2');
  });
});

describe('a slave that lags', () => {
  it('is out while it is too far behind, and back when it has caught up', async () => {
    const routing = await watched({ health: { ...CLOSELY, maxLagMs: 300 } });
    const load = new Load(routing, 1);
    await slave1.pause();
    await bench.db.master.query(`INSERT INTO posts (title) VALUES ('x')`);
    await eventually(() => expect(load.answers.at(-1)).toBe('slave2'));
    const status = routing.status().engines.find(({ name }) => name === 'slave1')!;
    expect(status).toMatchObject({ eligible: false, isReplayPaused: true, isReceiving: true, timeline: 1, state: { kind: 'lagging', because: 'it is more than 300 ms behind the master' } }); // prettier-ignore
    expect(status.lagMs).toBeGreaterThan(300);
    expect(status.lagBytes).toBeGreaterThan(0);
    await slave1.resume();
    await eventually(() => expect(load.answers.at(-1)).toBe('slave1'));
    await load.stop();
    expect(load.failures).toEqual([]);
  });
});

describe('a set that changes', () => {
  it('reads from a slave that was added, and lets what runs on a removed one end', async () => {
    const routing = await watched({ slaves: { slave2: bench.slaves()['slave2']! } });
    routing.engines.add('slave1', bench.slaves()['slave1']!);
    await eventually(() => expect(stateOf(routing, 'slave1')).toBe('up'));
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave1');
    const reading = nap(routing);
    await inFlight(routing, 'slave1', 1);
    const removing = routing.engines.remove('slave1');
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave2');
    expect(await reading).toBe('slave1');
    await removing;
    expect(routing.engines.names()).toEqual(['master', 'slave2']);
    await eventually(async () => {
      const rows = await slave1.query(
        `SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      );
      expect(rows).toEqual([]);
    });
  });
});

describe('an end in the middle of a fault', () => {
  it.each(['kill', 'freeze'] as const)(
    'does not wait for the slave, and leaves nothing open: %s',
    async (fault) => {
      const before = process.getActiveResourcesInfo();
      const routing = await watched();
      const load = new Load(routing);
      await slave1[fault]();
      await eventually(() => expect(load.answers).toContain('slave2'));
      const stopping = load.stop();
      await routing.destroy();
      await stopping;
      await eventually(() => {
        const rest = process.getActiveResourcesInfo();
        for (const resource of before) if (rest.includes(resource)) rest.splice(rest.indexOf(resource), 1);
        expect(rest).toEqual([]);
      });
    },
  );
});
