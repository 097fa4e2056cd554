import { afterEach, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { createEngine } from '../../../src/engines/create-engine.js';
import { HeldConnections } from '../../../src/knex/held-connections.js';
import { clientOf } from '../../../src/knex-internals.js';
import { type WholePool, stubClient } from '../../contract/stub-pool.js';

const made: Knex[] = [];

/** The master of a set, with connections to nowhere. */
function master(config: Partial<Knex.Config> = {}) {
  const client = stubClient() as unknown as typeof Knex.Client;
  const whole = { client, connection: {}, pool: { min: 0, max: 2 }, log: { warn() {} }, ...config };
  const engine = createEngine('master', { name: 'master', weight: 1, config: whole }, SYSTEM_CLOCK);
  made.push(engine.knex, engine.probes);
  const held = new HeldConnections();
  const take = () => {
    const taken = held.wait(engine);
    if (!(taken instanceof Promise)) held.took(taken, engine);
    return taken;
  };
  const release = (connection: object) => held.release(connection, () => engine);
  return { engine, held, take, release, pool: clientOf(engine.knex).pool as WholePool };
}

/** The same when it has a free connection. */
async function warm(config?: Partial<Knex.Config>) {
  const one = master(config);
  const connection = await one.held.acquire(one.engine);
  await one.release(connection);
  return { ...one, connection };
}

afterEach(async () => {
  await Promise.all(made.splice(0).map((one) => one.destroy()));
});

describe('a connection of an engine', () => {
  it('is taken in the same turn where one is free, and put back so', async () => {
    const { engine, take, release, connection, pool } = await warm();
    expect(take()).toBe(connection);
    expect([engine.inFlight, pool.used.length]).toEqual([1, 1]);
    expect(release(connection)).toBeUndefined();
    expect([engine.inFlight, pool.used.length, pool.free.length]).toEqual([0, 0, 1]);
  });

  it('is counted once, however often it is given back', async () => {
    const { engine, take, release, connection, pool } = await warm();
    void take();
    void release(connection);
    await release(connection);
    expect([engine.inFlight, pool.free.length]).toEqual([0, 1]);
  });

  it('is waited for where none is free', async () => {
    const { take, release } = master();
    const first = take();
    expect(first).toBeInstanceOf(Promise);
    await release(await first);
  });

  it('is not taken where it was begun in another role, or was cut: Knex ends it', async () => {
    const { engine, take, release, connection } = await warm();
    engine.outdate();
    const taken = take();
    expect(taken).toBeInstanceOf(Promise);
    const next = await taken;
    expect(next).not.toBe(connection);
    await release(next);
  });

  it('is not taken where Knex has disposed of it', async () => {
    const { take, release, connection } = await warm();
    Object.assign(connection, { __knex__disposed: new Error('it is broken') });
    const next = await take();
    expect(next).not.toBe(connection);
    await release(next);
  });

  it('is not taken from a pool that closes, and is again from the one that is opened then', async () => {
    const { engine, held, take, release } = await warm();
    await engine.knex.destroy();
    await expect(take()).rejects.toThrow('master is closed');
    held.gaveUp(engine);
    engine.initialize();
    const connection = await held.acquire(engine);
    expect(release(connection)).toBeUndefined();
    expect(take()).toBe(connection);
    void release(connection);
  });
});

const Stub = stubClient();
const asClient = (client: object) => client as typeof Knex.Client;

describe('Knex itself is asked', () => {
  it.each<[string, Partial<Knex.Config>]>([
    [
      'where the app checks connections',
      { pool: { min: 0, max: 2, validate: () => true } as Knex.PoolConfig },
    ],
    [
      'where connections get old',
      { pool: { min: 0, max: 2, maxConnectionLifetimeMillis: 60_000 } as Knex.PoolConfig },
    ],
    [
      'where the client checks connections',
      {
        client: asClient(
          class extends Stub {
            override validateConnection() {
              return true;
            }
          },
        ),
      },
    ],
    [
      'where the client has its own way to one',
      {
        client: asClient(
          class extends Stub {
            override acquireConnection() {
              return super.acquireConnection();
            }
          },
        ),
      },
    ],
    [
      'where the client has its own pool',
      {
        client: asClient(
          class extends Stub {
            override initializePool(config?: Knex.Config) {
              super.initializePool(config);
            }
          },
        ),
      },
    ],
    [
      'where settings expire',
      {
        connection: async () =>
          ({ user: 'app', expirationChecker: () => false }) as Knex.StaticConnectionConfig,
      },
    ],
  ])('%s', async (_where, config) => {
    const { take, release } = await warm(config);
    const taken = take();
    expect(taken).toBeInstanceOf(Promise);
    await release(await taken);
  });

  it("where the pool is the app's own", () => {
    const connectionPool = {
      acquire() {},
      release() {},
      destroy() {},
      numFree() {},
      numUsed() {},
      numPendingAcquires() {},
    };
    const { engine } = master({ connection: undefined, connectionPool } as object);
    expect(engine.freeConnections).toBeUndefined();
  });

  it('on other databases', async () => {
    const client = asClient(
      class extends Stub {
        override readonly driverName = 'another';
      },
    );
    expect((await warm({ client })).engine.freeConnections).toBeUndefined();
  });
});
