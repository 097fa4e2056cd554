/*
 * The private parts of Knex's pool (tarn) that routing stands on, typed here and nowhere else.
 * `test/contract/pool-internals.spec.ts` fails when a release of tarn changes them; a pool that lacks one is asked in its own way.
 */

import { SYSTEM_CLOCK } from './clock.js';

/** What tarn holds of a connection. */
interface TarnResource<Connection> {
  readonly resource: Connection;
  /** Since when it is idle, by the system's clock. */
  timestamp: number;
}

export interface TarnPool<Connection> {
  /** The pool's own way of giving back, which any pool has. */
  release(connection: Connection): boolean;
  /** Those who wait for a connection. */
  readonly pendingAcquires: readonly { reject(error: Error): void }[];
  /** Idle ones; the last is taken first. */
  readonly free: TarnResource<Connection>[];
  readonly used: TarnResource<Connection>[];
  /** From the moment on when it is told to close. */
  readonly destroyed: boolean;
  readonly emitter: { listenerCount(event: string): number };
  /** Ends idle connections from now on, if it does not yet. */
  _startReaping(): void;
}

/** Whether its parts are those that are known here. */
export function isTarnPool<Connection>(pool: Partial<TarnPool<Connection>>): pool is TarnPool<Connection> {
  return (
    [pool.pendingAcquires, pool.free, pool.used].every(Array.isArray) &&
    typeof pool.destroyed === 'boolean' &&
    typeof pool.emitter?.listenerCount === 'function' &&
    typeof pool._startReaping === 'function'
  );
}

/**
 * Takes the connection that tarn would give next, in the same turn; tarn makes a promise and a timer for each. Undefined where
 * tarn itself has to be asked: none is free, or the free one is not usable, others wait, the pool closes, or somebody listens.
 */
export function takeFree<Connection>(
  pool: TarnPool<Connection>,
  isUsable: (connection: Connection) => boolean,
): Connection | undefined {
  const { free, used, pendingAcquires, destroyed, emitter } = pool;
  const next = free[free.length - 1];
  if (next === undefined || pendingAcquires.length > 0 || destroyed) return undefined;
  if (emitter.listenerCount('acquireRequest') + emitter.listenerCount('acquireSuccess') > 0) return undefined;
  if (!isUsable(next.resource)) return undefined;
  free.pop();
  used.push(next);
  pool._startReaping();
  return next.resource;
}

/**
 * Gives one back in the same way. False where tarn has to be told: others wait, the pool closes, or somebody listens. Tarn settles
 * a promise for each that comes back, which is asked for by a pool that closes, and by nothing else.
 */
export function putBack<Connection>(pool: TarnPool<Connection>, connection: Connection): boolean {
  const { free, used, pendingAcquires, destroyed, emitter } = pool;
  if (pendingAcquires.length > 0 || destroyed || emitter.listenerCount('release') > 0) return false;
  const index = used.findIndex(({ resource }) => resource === connection);
  if (index < 0) return false;
  const [back] = used.splice(index, 1) as [TarnResource<Connection>];
  back.timestamp = SYSTEM_CLOCK.wallMs();
  free.push(back);
  return true;
}
