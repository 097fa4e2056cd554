import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Knex } from 'knex';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { createEngine } from '../../../src/engines/create-engine.js';
import { eventually } from '../../integration/testing/eventually.js';
import { stubEngine } from './stub-engine.js';

/** A Knex whose pool never closes, as one that waits for a connection which is being opened. */
const neverClosing = () =>
  ({
    client: { pool: { pendingAcquires: [] } },
    destroy: () => new Promise(() => undefined),
  }) as unknown as Knex;

describe('the end of an engine', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  /** How long it took, in ms of the clock; undefined where it is not there within a minute. */
  async function endOf(ends: () => Promise<void>): Promise<number | undefined> {
    let tookMs: number | undefined;
    const begunAtMs = Date.now();
    void ends().then(() => (tookMs = Date.now() - begunAtMs));
    for (let ms = 0; ms < 20_000; ms += 100) await jest.advanceTimersByTimeAsync(100);
    return tookMs;
  }

  it('is there within 10 s, its probes included, though its pools do not close', async () => {
    const engine = stubEngine('master', 'master', { knex: neverClosing(), probes: neverClosing() });
    const destroy = jest.fn();
    engine.opened({ connection: { stream: { destroy } } });
    const tookMs = await endOf(async () => {
      await engine.destroy();
      await engine.destroyProbes();
    });
    expect(tookMs).toBeLessThanOrEqual(10_000);
    expect(tookMs).toBeGreaterThan(9_000); // what runs may end
    expect(destroy).toHaveBeenCalledTimes(1);
  });

  it('does not wait for what runs where it is down', async () => {
    const engine = stubEngine('master', 'master', { knex: neverClosing() });
    engine.state = { kind: 'down', since: new Date(), because: 'x' };
    expect(await endOf(() => engine.destroy())).toBeLessThanOrEqual(500);
  });
});

describe('a pooler that lets people in, and has no server for their first question', () => {
  const sockets = new Set<Socket>();
  /** AuthenticationOk and ReadyForQuery. */
  const LET_IN = Buffer.from('5200000008000000005a0000000549', 'hex');
  let pooler: Server;
  let asked: () => void;

  beforeEach(async () => {
    pooler = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
      socket.once('data', () => {
        socket.write(LET_IN);
        socket.once('data', () => asked());
      });
    });
    await new Promise<void>((resolve) => pooler.listen(0, '127.0.0.1', resolve));
  });

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    pooler.close();
  });

  it('is left at once where the engine is cut: its connections are known before they are complete', async () => {
    const { port } = pooler.address() as AddressInfo;
    const connection = { host: '127.0.0.1', port, user: 'app', database: 'app', ssl: false };
    const config = { client: 'pg', connection, log: { warn() {}, error() {}, debug() {}, deprecate() {} } };
    const engine = createEngine('master', { name: 'master', weight: 1, config }, SYSTEM_CLOCK);
    const waits = new Promise<void>((resolve) => (asked = resolve));
    const failing = expect(engine.knex.raw('select 1')).rejects.toThrow(/terminated|Unable to acquire/);
    await waits;
    engine.cut();
    await failing;
    await eventually(() => expect(sockets.size).toBe(0));
    await engine.destroy();
  });
});
