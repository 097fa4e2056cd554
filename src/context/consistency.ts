import { InvalidOptionsError } from '../errors.js';

/** Data at most this old. */
export interface BoundedStaleness {
  readonly maxLagMs: number;
}

/**
 * How fresh reads must be:
 * - `'session'`: a client sees its own writes and never goes back in time, at any lag.
 * - `'eventual'`: any slave that is up, whatever the client has seen or written.
 * - `bounded(maxLagMs)`: nothing older than the bound, whatever the client has seen; its own writes of the same context count.
 * - `'strong'`: the master.
 */
export type Consistency = 'session' | 'eventual' | 'strong' | BoundedStaleness;

/** Reads of data that is at most `maxLagMs` old: a number above 0. Throws `InvalidOptionsError`. */
export function bounded(maxLagMs: number): BoundedStaleness {
  return checkConsistency({ maxLagMs }, 'bounded()');
}

/** Refuses what is no consistency; `where` opens the message. */
export function checkConsistency<Given extends Consistency>(consistency: Given, where: string): Given {
  if (consistency === 'session' || consistency === 'eventual' || consistency === 'strong') return consistency;
  const maxLagMs: unknown = (consistency as Partial<BoundedStaleness> | undefined)?.maxLagMs;
  if (typeof maxLagMs === 'number' && maxLagMs > 0 && Number.isFinite(maxLagMs))
    return Object.freeze(consistency);
  throw new InvalidOptionsError(
    `${where} takes 'session', 'eventual', 'strong' or bounded(maxLagMs) with a number above 0, got ${JSON.stringify(consistency)}`,
  );
}
