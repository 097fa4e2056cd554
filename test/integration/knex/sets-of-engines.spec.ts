import { once } from 'node:events';
import { createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import knex from 'knex';
import { createDatabaseRouting } from '../../../src/create-database-routing.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { eventually } from '../testing/eventually.js';
import { RoutingBench, UNHURRIED, answeredBy, decisionsOf } from './routing-bench.js';

let bench: RoutingBench;

beforeAll(async () => {
  bench = await RoutingBench.start(2);
});

afterAll(() => bench.stop());

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function withDeadSlave(): Promise<DatabaseRouting> {
  const { connection } = bench.db.slave('slave1');
  const dead = { connection: { ...connection, port: await closedPort() } };
  return bench.routing({ slaves: { dead, slave2: { connection: bench.db.slave('slave2').connection } } });
}

const sessionsOnMaster = async (application: string) => {
  const [row] = await bench.db.master.query<{ n: string }>(
    'SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = $1',
    [application],
  );
  return Number(row?.n);
};

describe('no slaves configured', () => {
  it('runs everything on the one engine, whatever name is asked for, and warns once', async () => {
    const lines: string[] = [];
    const warnings: string[] = [];
    const logger = { debug: (line: string) => lines.push(line), warn: (line: string) => warnings.push(line) };
    const one = await bench.routing({ slaves: {}, logger });
    await one.run(async () => {
      expect(await answeredBy(one.knex)).toBe('master');
      expect(await one.usingEngine('slave7', () => answeredBy(one.knex))).toBe('master');
      expect(await answeredBy(one.usingEngine('slave7'))).toBe('master');
      expect(await one.knex('server').usingEngine('slave7').pluck('name')).toEqual(['master']);
      await one.usingEngine('slave7')('posts').insert({ title: 'A' });
      await one.usingEngine('slave').transaction((trx) => trx('posts').del());
      expect(await one.knex.transaction((trx) => answeredBy(trx), { readOnly: true })).toBe('master');
    });
    expect(lines).not.toEqual([]);
    expect(lines.filter((line) => !line.startsWith('Balancing disabled, using master ('))).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('No slaves are configured')]);
    expect(one.slave().name).toBe('master');
    expect(await answeredBy(one.slave().knex)).toBe('master');
    expect(one.status().engines).toMatchObject([{ name: 'master', role: 'master', inFlight: 0 }]);
  });

  it('is the same with the key left out', () => {
    const one = createDatabaseRouting({ client: 'pg', master: { connection: bench.db.master.connection } });
    expect(one.engines.names()).toEqual(['master']);
    expect(one.engines.balancing).toBe(false);
  });
});

describe('the master may serve reads too, listed again as a slave under another name', () => {
  it('has a pool of its own there, and gets no writes by that name', async () => {
    const named = (application_name: string) => ({
      connection: { ...bench.db.master.connection, application_name },
    });
    const both = await bench.routing({ master: named('as-master'), slaves: { reader: named('as-reader') } });
    const { knex: db } = both;
    await both.run(async () => {
      expect(await answeredBy(db)).toBe('master');
      // a session of its own, and the probe's
      expect([await sessionsOnMaster('as-reader'), both.engines.get('reader', '').knex.client.pool.numUsed()]).toEqual([2, 0]); // prettier-ignore
      await expect(both.usingEngine('reader')('posts').insert({ title: 'A' })).rejects.toThrow('reads only');
      const decisions = decisionsOf(both);
      await db('posts').insert({ title: 'A' });
      await db('posts').del();
      expect(decisions).toEqual(['master write', 'master write']);
    });
    expect(both.engines.master.knex.client.pool).not.toBe(both.engines.get('reader', '').knex.client.pool);
    await both.destroy();
    expect(await sessionsOnMaster('as-reader')).toBe(0);
  });

  it('is never treated as lagging there, where a slave with the same limits is', async () => {
    const slave1 = bench.db.slave('slave1');
    const both = await bench.routing({
      slaves: {
        reader: { connection: bench.db.master.connection },
        slave1: { connection: slave1.connection },
      },
      health: { ...UNHURRIED, intervalMs: 20, maxLagMs: 1, maxLagBytes: 1 },
    });
    const states: string[] = [];
    both.events.on('engine', ({ engine, to }) => states.push(`${engine} ${to.kind}`));
    await slave1.pause();
    await eventually(async () => {
      await both.knex('posts').insert({ title: 'A' });
      expect(states).toContain('slave1 lagging');
      const reader = both.status().engines.find(({ name }) => name === 'reader');
      expect(reader).toMatchObject({ state: { kind: 'up' }, lagMs: undefined });
    });
    expect(states).not.toContain('reader lagging');
    expect(await both.run(() => answeredBy(both.knex))).toBe('master');
    await slave1.resume();
    await bench.db.caughtUp();
  });
});

describe('a slave of weight 0', () => {
  it('serves those who name it, and never anybody else, nor their next reads', async () => {
    const [slave1, slave2] = [bench.db.slave('slave1'), bench.db.slave('slave2')];
    const one = await bench.routing({
      slaves: {
        slave1: { connection: slave1.connection },
        slave2: { connection: slave2.connection, weight: 0 },
      },
    });
    const { knex: db } = one;
    const bookmark = await one.run(async () => {
      expect(await db('server').usingEngine('slave2').pluck('name')).toEqual(['slave2']);
      expect(await one.usingEngine('slave2', () => answeredBy(db))).toBe('slave2');
      expect(await answeredBy(one.usingEngine('slave2'))).toBe('slave2');
      expect(await answeredBy(db)).toBe('slave1');
      return one.bookmark();
    });
    expect(bookmark).toBeDefined();
    const seen = new Set<string>();
    for (let n = 0; n < 20; n++) {
      await one.run(async () => seen.add(await answeredBy(db)));
      await one.run({ bookmark }, async () => seen.add(await answeredBy(db)));
      await one.run({ engine: 'slave' }, async () => seen.add(await answeredBy(db)));
    }
    seen.delete('master'); // where slave1 is not known yet to show what was seen
    expect([...seen]).toEqual(['slave1']);
  });

  it('leaves reads that name nothing to the master where it is the only one', async () => {
    const { connection } = bench.db.slave('slave1');
    const one = await bench.routing({ slaves: { reports: { connection, weight: 0 } } });
    expect(await one.run(() => answeredBy(one.knex))).toBe('master');
    expect(await one.run({ engine: 'reports' }, () => answeredBy(one.knex))).toBe('slave1');
    expect(one.slave().name).toBe('master');
  });
});

describe('a slave that is down', () => {
  it('does not keep the others from booting and working, as long as nobody reads from it', async () => {
    const routing = await withDeadSlave();
    await routing.knex('posts').insert({ title: 'A' });
    await routing.run({ engine: 'slave2' }, async () => {
      expect(await answeredBy(routing.knex)).toBe('slave2');
    });
    expect(routing.status().engines.map(({ name }) => name)).toEqual(['master', 'dead', 'slave2']);
    await routing.destroy();
  });

  it('says so to who asks for it by name, and keeps nothing in flight', async () => {
    const routing = await withDeadSlave();
    await expect(answeredBy(routing.usingEngine('dead'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const readOnly = routing.usingEngine('dead').transaction((trx) => trx('posts'), { readOnly: true });
    await expect(readOnly).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const errors: unknown[] = [];
    const stream = routing.usingEngine('dead')('posts').stream();
    stream.on('error', (error: unknown) => errors.push(error));
    await once(stream, 'error').catch(() => undefined);
    await setImmediate();
    expect(errors).toEqual([expect.objectContaining({ code: 'ECONNREFUSED' })]);
    expect(routing.status().engines.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
  });
});

describe('get_slave()', () => {
  it('gives the name and Knex of a slave as the balancer would choose', async () => {
    const routing = await bench.routing({ balancer: 'round-robin' });
    const slaves = [routing.slave(), routing.slave()];
    expect(slaves.map(({ name }) => name).toSorted()).toEqual(['slave1', 'slave2']);
    for (const { name, knex: slave } of slaves) expect(await answeredBy(slave)).toBe(name);
  });

  it("asks the user's own balancer", async () => {
    const balancer = { choose: <Slave>(slaves: readonly Slave[]) => slaves.at(-1)! };
    const routing = await bench.routing({ balancer });
    expect(routing.slave().name).toBe('slave2');
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave2');
  });
});

describe('one pool per engine', () => {
  it('with the pool options of the set and of the engine', async () => {
    const slaves = bench.slaves();
    const routing = await bench.routing({
      pool: { max: 3 },
      slaves: { slave1: { ...slaves['slave1']!, pool: { max: 7 } }, slave2: slaves['slave2']! },
    });
    const pools = routing.engines
      .all()
      .map(({ knex: own }) => own.client.pool as { min: number; max: number });
    expect(pools.map(({ min, max }) => [min, max])).toEqual([[2, 3], [0, 7], [0, 3]]); // prettier-ignore
    expect(routing.knex.client.pool).toBe(pools[0]);
    expect(routing.usingEngine('slave2').client.pool).toBe(pools[2]);
  });

  it('takes a connection that a function gives, on the master and on slaves', async () => {
    const asFunction = (server: { connection: object }) => ({ connection: async () => server.connection });
    const routing = await bench.routing({
      master: asFunction(bench.db.master),
      slaves: { slave1: asFunction(bench.db.slave('slave1')) },
    });
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave1');
    expect(await answeredBy(routing.knex)).toBe('master');
    expect(routing.knex.client.connectionSettings).toMatchObject({ port: bench.db.master.connection.port });
    expect(await routing.run(() => routing.knex('posts').columnInfo())).toHaveProperty('title');
  });
});

describe('the end', () => {
  it('closes the pools of all engines, also when one fails, and says which failed', async () => {
    const routing = await bench.routing();
    await Promise.all(['master', 'slave1', 'slave2'].map((name) => answeredBy(routing.usingEngine(name))));
    const { client } = routing.engines.get('slave1', '').knex;
    const close = client.destroy.bind(client) as () => Promise<void>;
    client.destroy = () => Promise.reject(new Error('slave1 does not close'));
    const failure = await routing.destroy().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AggregateError);
    expect((failure as AggregateError).errors).toEqual([new Error('slave1 does not close')]);
    expect(routing.engines.get('slave2', '').knex.client.pool).toBeUndefined();
    expect(routing.engines.master.knex.client.pool).toBeUndefined();
    client.destroy = close;
    await routing.destroy();
    expect(client.pool).toBeUndefined();
  });

  it('may be called twice, at once and later, by the service and by the Knex', async () => {
    const routing = await bench.routing();
    await answeredBy(routing.knex);
    await Promise.all([routing.destroy(), routing.destroy(), routing.knex.destroy()]);
    await routing.destroy();
    await expect(answeredBy(routing.knex)).rejects.toThrow('Unable to acquire a connection');
    await expect(answeredBy(routing.usingEngine('slave1'))).rejects.toThrow('Unable to acquire a connection');
    expect(routing.status().engines.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
  });

  it('leaves no session on any server', async () => {
    const slaves = Object.fromEntries(
      Object.values(bench.db.slaves).map(({ name, connection }) => [
        name,
        { connection: { ...connection, application_name: 'leaver' } },
      ]),
    );
    const master = { connection: { ...bench.db.master.connection, application_name: 'leaver' } };
    const routing = await bench.routing({ master, slaves });
    const everywhere = () =>
      Promise.all([bench.db.master, ...Object.values(bench.db.slaves)].map((server) =>
        server.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'leaver'"),
      )); // prettier-ignore
    await Promise.all(routing.engines.names().map((name) => answeredBy(routing.usingEngine(name))));
    expect((await everywhere()).map((rows) => rows.length > 0)).toEqual([true, true, true]);
    await routing.destroy();
    expect(await everywhere()).toEqual([[], [], []]);
  });
});

describe('several sets', () => {
  it('by name do not share contexts, forces or writes', async () => {
    const orders = await bench.routing({ name: 'orders' });
    const reports = await bench.routing({ name: 'reports' });
    await orders.run({ engine: 'slave1' }, () =>
      reports.run({ engine: 'slave2' }, async () => {
        expect([await answeredBy(orders.knex), await answeredBy(reports.knex)]).toEqual(['slave1', 'slave2']);
        await orders.knex('posts').insert({ title: 'A' }).returning('id'); // what that shows has been read
        await orders.usingEngine(null, async () => {
          expect([await answeredBy(orders.knex), await answeredBy(reports.knex)]).toEqual([
            'master',
            'slave2',
          ]);
        });
        expect(await reports.usingEngine(null, () => answeredBy(reports.knex))).not.toBe('master');
      }),
    );
    expect([orders.name, reports.status().name]).toEqual(['orders', 'reports']);
  });
});

describe('processing of responses', () => {
  it('is for queries of the app only: nothing that runs on our own account passes it', async () => {
    const seen: unknown[] = [];
    const routing = await bench.routing({ postProcessResponse: (rows: unknown) => (seen.push(rows), rows) });
    await routing.ready();
    expect(seen).toEqual([]);
    expect(await routing.run({ engine: 'slave1' }, () => answeredBy(routing.knex))).toBe('slave1');
    expect(seen).toEqual([{ name: 'slave1' }]);
  });

  it('leaves the app its own Knexes', async () => {
    const own = knex({ client: 'pg', connection: bench.db.master.connection });
    expect(await answeredBy(own)).toBe('master');
    expect(own('posts')).not.toHaveProperty('usingEngine');
    await own.destroy();
  });
});
