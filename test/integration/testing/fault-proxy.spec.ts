import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleepMs } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import {
  type FaultProxy,
  type ReplicatedPostgres,
  startFaultProxy,
  startReplicatedPostgres,
} from '../../../src/testing/index.js';
import { eventually } from './eventually.js';
import { settledWithin } from './settled-within.js';

const HANGS_MS = 150;

describe('a fault proxy', () => {
  let db: ReplicatedPostgres;
  let proxy: FaultProxy;
  let client: Knex;

  beforeAll(async () => {
    db = await startReplicatedPostgres({ slaves: 0 });
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    proxy = await startFaultProxy(db.master.connection);
    client = knex({
      client: 'pg',
      connection: proxy.connection,
      pool: { min: 0, max: 1 },
      log: { warn() {} },
    });
    await answer();
  });

  afterEach(async () => {
    await proxy.heal();
    await client.destroy();
    await proxy.stop();
  });

  it('passes queries and large answers on', async () => {
    const [row] = (await client.raw("SELECT repeat('x', 3000000) AS text")).rows as { text: string }[];
    expect(row?.text).toHaveLength(3_000_000);
  });

  it('delays every answer by its latency', async () => {
    proxy.latencyMs = 300;
    const order: string[] = [];
    const delayed = answer().then(() => order.push('the answer'));
    await sleepMs(290);
    order.push('its latency');
    await delayed;
    expect(order).toEqual(['its latency', 'the answer']);
    proxy.latencyMs = 0;
    expect(await answer()).toBe(1);
  });

  it('delays the end of a connection that the client has closed, and does not swallow it', async () => {
    proxy.latencyMs = 200;
    await client.destroy();
    client.initialize();
  });

  it('swallows what open connections send, and delivers it once it is healed', async () => {
    await proxy.blackHole();
    const swallowed = answer();
    expect(await settledWithin(swallowed, HANGS_MS)).toBe(false);
    await proxy.heal();
    expect(await swallowed).toBe(1);
  });

  it('accepts new connections into the black hole', async () => {
    await proxy.blackHole();
    const socket = connect(proxy.connection.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
  });

  it('leaves new connections to the black hole unanswered where it is told to', async () => {
    await proxy.blackHole({ accepts: false });
    const sockets = Array.from({ length: 5 }, () => connect(proxy.connection.port, '127.0.0.1'));
    const outcomes = sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'error')]));
    expect(await settledWithin(Promise.any(outcomes), HANGS_MS)).toBe(false);
    for (const socket of sockets) socket.on('error', () => undefined).destroy();
    await proxy.heal();
    expect(await answer()).toBe(1);
  });

  it('refuses new connections and keeps those that are open', async () => {
    await proxy.refuse();
    expect(await answer()).toBe(1);
    const socket = connect(proxy.connection.port, '127.0.0.1');
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.heal();
    const accepted = connect(proxy.connection.port, '127.0.0.1');
    await once(accepted, 'connect');
    accepted.destroy();
  });

  it('cuts open connections', async () => {
    const sleeping = expect(client.raw('SELECT pg_sleep(60)')).rejects.toThrow(/ECONNRESET|terminated/);
    await eventually(async () => {
      const rows = await db.master.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)'");
      expect(rows).toHaveLength(1);
    });
    proxy.cut();
    await sleeping;
    expect(await answer()).toBe(1);
  });

  it('forgets connections that are closed', async () => {
    expect(proxy.openConnections).toBe(1);
    await client.destroy();
    await eventually(() => expect(proxy.openConnections).toBe(0));
  });

  it('cuts the client off when the server dies', async () => {
    await db.master.kill();
    await expect(answer()).rejects.toThrow();
    await db.master.start();
    expect(await answer()).toBe(1);
  });

  async function answer(): Promise<number> {
    const { rows } = await client.raw('SELECT 1 AS one');
    return rows[0].one;
  }
});
