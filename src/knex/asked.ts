import type { Dispatched } from '../dispatch/dispatched.js';
import type { Attempt } from '../dispatch/retries.js';
import type { KnexConnection } from '../knex-internals.js';
import type { Guard } from './guard.js';
import type { HeldConnections } from './held-connections.js';

/** Where a read is asked. */
export interface Asked {
  readonly dispatched: Dispatched;
  readonly connection: KnexConnection;
  readonly guard: Guard | undefined;
}

/** Its connection goes back to the pool, which closes it where it can't be used again. */
export function giveBack({ dispatched: { engine }, connection, guard }: Asked, held: HeldConnections): void {
  if (guard?.hasChanged) engine.touched.touch(connection);
  void held.release(connection, () => engine);
}

/** What health is to know of a read that failed there, and that nobody waits for. */
export function attemptOn({ engine, role }: Dispatched): Attempt {
  return { engine, role, isRead: true, movable: true };
}
