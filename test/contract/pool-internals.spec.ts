import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Knex } from 'knex';
import { rejectWaiting } from '../../src/engines/waiting-acquires.js';
import type { KnexConnection } from '../../src/knex-internals.js';
import { isTarnPool, putBack, takeFree } from '../../src/pool-internals.js';
import { type StubPool, stubPool } from './stub-pool.js';

const pools: StubPool[] = [];
const always = () => true;

function poolOf(config?: Knex.PoolConfig): StubPool {
  const made = stubPool(config);
  pools.push(made);
  return made;
}

/** A pool whose connections are all free, so many of them. */
async function idle(count: number, config?: Knex.PoolConfig) {
  const made = poolOf({ max: count, ...config });
  const held = await Promise.all(Array.from({ length: count }, () => made.pool.acquire().promise));
  for (const connection of held) made.pool.release(connection);
  return made;
}

const counts = ({ pool }: StubPool) => [pool.free.length, pool.used.length, pool.pendingAcquires.length];

/** Moves tarn's clock, which says since when a connection is idle. */
function later(ms: number): void {
  const then = Date.now() + ms;
  jest.spyOn(Date, 'now').mockReturnValue(then);
}

/** All that is under way without waiting for anything. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(pools.splice(0).map(({ db }) => db.destroy()));
});

describe("what routing stands on in Knex's pool", () => {
  it('its parts are there; a pool that lacks one is not known', () => {
    const { pool } = poolOf();
    expect(isTarnPool(pool)).toBe(true);
    for (const part of ['pendingAcquires', 'free', 'used', 'destroyed', 'emitter', '_startReaping'])
      expect([
        part,
        isTarnPool(Object.create(pool, { [part]: { value: undefined } }) as typeof pool),
      ]).toEqual([part, false]);
  });

  it('acquire takes the last of `free` to the end of `used`, and release puts it at the end of `free`', async () => {
    const made = await idle(3);
    const { pool } = made;
    const last = pool.free.at(-1)!;
    const connection = await pool.acquire().promise;
    expect(last.resource).toBe(connection);
    expect(counts(made)).toEqual([2, 1, 0]);
    expect(pool.used.at(-1)).toBe(last);
    pool.release(connection);
    expect(pool.free.at(-1)?.resource).toBe(connection);
    expect(counts(made)).toEqual([3, 0, 0]);
  });

  it("release says by the system's clock since when it is idle, and taking it says nothing", async () => {
    const { pool } = await idle(1);
    const before = pool.free[0]!.timestamp;
    later(5_000);
    const connection = await pool.acquire().promise;
    expect(pool.used[0]!.timestamp).toBe(before);
    pool.release(connection);
    expect(pool.free[0]!.timestamp).toBe(Date.now());
  });

  it('those who wait stand in `pendingAcquires` until one is theirs, in the turn in which it is released', async () => {
    const made = await idle(1);
    const { pool } = made;
    const held = await pool.acquire().promise;
    const waiting = pool.acquire().promise;
    expect(counts(made)).toEqual([0, 1, 1]);
    pool.release(held);
    expect(counts(made)).toEqual([0, 1, 0]);
    expect(await waiting).toBe(held);
    pool.release(held);
  });

  it('it is `destroyed` from the moment on when it is told to close', async () => {
    const { db, pool } = poolOf();
    expect(pool.destroyed).toBe(false);
    const closing = db.destroy();
    expect(pool.destroyed).toBe(true);
    await closing;
  });

  it('acquire and release emit these events, and its emitter counts who listens', async () => {
    const { pool } = await idle(1);
    const heard: string[] = [];
    for (const event of ['acquireRequest', 'acquireSuccess', 'acquireFail', 'release', 'createRequest']) {
      expect(pool.emitter.listenerCount(event)).toBe(0);
      pool.on(event, () => void heard.push(event));
      expect(pool.emitter.listenerCount(event)).toBe(1);
    }
    pool.release(await pool.acquire().promise);
    expect(heard).toEqual(['acquireRequest', 'acquireSuccess', 'release']);
  });

  it('Knex disposes of a connection by `__knex__disposed`, and does not give it again', async () => {
    const { client, ended } = await idle(1);
    const connection = await client.acquireConnection();
    Object.assign(connection, { __knex__disposed: new Error('it is broken') });
    await client.releaseConnection(connection);
    const next = await client.acquireConnection();
    expect(next).not.toBe(connection);
    expect(ended).toEqual([connection]);
    await client.releaseConnection(next);
  });
});

describe('a free connection', () => {
  it('is the one that the pool would give next, and counts as used until it is put back', async () => {
    const made = await idle(2);
    const { pool } = made;
    const next = pool.free.at(-1)!.resource;
    expect(takeFree(pool, always)).toBe(next);
    expect(counts(made)).toEqual([1, 1, 0]);
    const other = takeFree(pool, always)!;
    expect(takeFree(pool, always)).toBeUndefined();
    expect(counts(made)).toEqual([0, 2, 0]);
    expect([putBack(pool, next), putBack(pool, other)]).toEqual([true, true]);
    expect(counts(made)).toEqual([2, 0, 0]);
    expect(pool.free.map(({ resource }) => resource)).toEqual([next, other]);
  });

  it('may be taken in one way and put back in the other', async () => {
    const made = await idle(1);
    const { pool } = made;
    const connection = takeFree(pool, always)!;
    expect(pool.release(connection)).toBe(true);
    expect(await pool.acquire().promise).toBe(connection);
    expect(putBack(pool, connection)).toBe(true);
    expect(takeFree(pool, always)).toBe(connection);
    expect(putBack(pool, connection)).toBe(true);
    expect(counts(made)).toEqual([1, 0, 0]);
  });

  it('is put back once: a second time it is not known', async () => {
    const made = await idle(1);
    const connection = takeFree(made.pool, always)!;
    expect(putBack(made.pool, connection)).toBe(true);
    expect(putBack(made.pool, connection)).toBe(false);
    expect(putBack(made.pool, {})).toBe(false);
    expect(counts(made)).toEqual([1, 0, 0]);
  });

  it('is left to the pool where it is not usable', async () => {
    const made = await idle(1);
    expect(takeFree(made.pool, () => false)).toBeUndefined();
    expect(counts(made)).toEqual([1, 0, 0]);
  });

  it.each(['acquireRequest', 'acquireSuccess'])(
    'is left to the pool while somebody listens to %s',
    async (event) => {
      const { pool } = await idle(1);
      pool.on(event, () => undefined);
      expect(takeFree(pool, always)).toBeUndefined();
      pool.removeAllListeners(event);
      expect(takeFree(pool, always)).toBeDefined();
      pool.release(pool.used[0]!.resource);
    },
  );

  it('goes back by the pool while somebody listens to its release', async () => {
    const { pool } = await idle(1);
    const released: unknown[] = [];
    const connection = takeFree(pool, always)!;
    pool.on('release', (one) => released.push(one));
    expect(putBack(pool, connection)).toBe(false);
    pool.release(connection);
    expect(released).toEqual([connection]);
  });
});

describe('a pool whose connections are taken in the same turn', () => {
  it('gives what comes back to those who wait, in their order, and to nobody before them', async () => {
    const made = await idle(1);
    const { client, pool } = made;
    const order: string[] = [];
    const held = takeFree(pool, always)!;
    const waiting = ['first', 'second'].map(async (name) => {
      const connection = await client.acquireConnection();
      order.push(name);
      expect(takeFree(pool, always)).toBeUndefined();
      if (!putBack(pool, connection)) await client.releaseConnection(connection);
    });
    await settled();
    expect(counts(made)).toEqual([0, 1, 2]);
    expect(putBack(pool, held)).toBe(false);
    await client.releaseConnection(held);
    expect(takeFree(pool, always)).toBeUndefined();
    await Promise.all(waiting);
    expect(order).toEqual(['first', 'second']);
    expect(counts(made)).toEqual([1, 0, 0]);
    expect(takeFree(pool, always)).toBe(held);
    putBack(pool, held);
  });

  it('takes none while others wait for one that is being opened', async () => {
    const made = await idle(1, { max: 2 });
    const { pool } = made;
    const held = takeFree(pool, always)!;
    const opening = pool.acquire().promise; // the second is opened for it
    expect(counts(made)).toEqual([0, 1, 1]);
    expect(putBack(pool, held)).toBe(false);
    pool.release(held); // and is not waited for any more
    expect(await opening).toBe(held);
    await settled();
    expect(counts(made)).toEqual([1, 1, 0]);
    expect(takeFree(pool, always)).not.toBe(held);
    for (const { resource } of [...pool.used]) putBack(pool, resource);
    expect(counts(made)).toEqual([2, 0, 0]);
  });

  it('turns those who wait away, and goes on', async () => {
    const made = await idle(1);
    const { db, client, pool } = made;
    const held = takeFree(pool, always)!;
    const waiting = client.acquireConnection();
    rejectWaiting(db, new Error('it is cut'));
    await expect(waiting).rejects.toThrow('it is cut');
    expect(putBack(pool, held)).toBe(true);
    expect(takeFree(pool, always)).toBe(held);
    putBack(pool, held);
  });

  it('waits for one that is out when it closes, takes none meanwhile, and ends it', async () => {
    const { client, db, pool, ended } = await idle(2);
    const held = takeFree(pool, always)!;
    let isClosed = false;
    const closing = db.destroy().then(() => (isClosed = true));
    expect(takeFree(pool, always)).toBeUndefined();
    await settled();
    expect([isClosed, ended]).toEqual([false, []]);
    expect(putBack(pool, held)).toBe(false);
    await client.releaseConnection(held);
    await closing;
    expect(ended).toHaveLength(2);
  });

  it('waits when it closes for one that has been out and back before', async () => {
    const { client, db, pool, ended } = await idle(1);
    for (let times = 0; times < 3; times++) putBack(pool, takeFree(pool, always)!);
    const held = takeFree(pool, always)!;
    const closing = db.destroy();
    await settled();
    expect(ended).toEqual([]);
    await client.releaseConnection(held);
    await closing;
    expect(ended).toEqual([held]);
  });

  it('ends what is idle for too long since it was put back, and not what is out', async () => {
    const made = await idle(2, { idleTimeoutMillis: 1_000 });
    const { pool, ended } = made;
    later(900);
    const [out, back] = [takeFree(pool, always)!, takeFree(pool, always)!];
    expect(putBack(pool, back)).toBe(true);
    later(900);
    pool.check();
    expect(counts(made)).toEqual([1, 1, 0]);
    later(900);
    pool.check();
    await settled();
    expect([counts(made), ended]).toEqual([[0, 1, 0], [back]]);
    expect(putBack(pool, out)).toBe(true);
  });

  it('keeps `min`, of which one that is out is a part', async () => {
    const made = await idle(3, { min: 2, idleTimeoutMillis: 1_000 });
    const { pool } = made;
    const out = takeFree(pool, always)!;
    later(2_000);
    pool.check();
    expect(counts(made)).toEqual([1, 1, 0]);
    expect(putBack(pool, out)).toBe(true);
    later(2_000);
    pool.check();
    expect(counts(made)).toEqual([2, 0, 0]);
  });

  it('begins to end idle ones, where nobody was there any more when the connection was', async () => {
    const made = poolOf();
    const { db, client, pool } = made;
    const turnedAway = client.acquireConnection();
    rejectWaiting(db, new Error('it is cut'));
    await expect(turnedAway).rejects.toThrow('it is cut');
    await settled();
    expect(counts(made)).toEqual([1, 0, 0]);
    const begun: string[] = [];
    pool.on('startReaping', () => void begun.push('begun'));
    for (let times = 0; times < 2; times++) putBack(pool, takeFree(pool, always) as KnexConnection);
    expect(begun).toEqual(['begun']);
  });

  it('opens new ones when all have ended', async () => {
    const made = await idle(1, { idleTimeoutMillis: 1_000 });
    const { client, pool } = made;
    putBack(pool, takeFree(pool, always)!);
    later(2_000);
    pool.check();
    expect(takeFree(pool, always)).toBeUndefined();
    const next = await client.acquireConnection();
    expect(putBack(pool, next)).toBe(true);
    expect(counts(made)).toEqual([1, 0, 0]);
  });
});
