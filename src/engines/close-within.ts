import type { Knex } from 'knex';
import type { Clock, Timer } from '../clock.js';

/** For connections that were cut off to be given back, in ms. */
const CUT_MS = 400;

/**
 * Closes a Knex's pool. What runs may end within `graceMs`, and is cut off then. What does not end by that either is not waited for,
 * such as a connection that is being opened: it ends by its own time limit.
 */
export async function closeWithin(graceMs: number, knex: Knex, cut: () => void, clock: Clock): Promise<void> {
  let timer: Timer | undefined;
  const isOver = new Promise<void>((resolve) => {
    timer = clock.after(graceMs, () => {
      cut();
      timer = clock.after(CUT_MS, resolve);
    });
  });
  const closed = knex.destroy();
  closed.catch(() => undefined); // where it is not waited for any more
  await Promise.race([closed, isOver]).finally(() => timer?.cancel());
}
