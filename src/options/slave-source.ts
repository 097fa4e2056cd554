import type { SlaveOptions } from './engine-options.js';

/** Where a set looks for its slaves while the app runs, instead of having them listed; `fromDns` makes one. */
export interface SlaveSource {
  /** Time from one answer to the next question, in ms. Default 10,000. */
  readonly intervalMs?: number;
  /**
   * All slaves that there are now, by name. A new one joins, a missing one is drained and leaves; of one that is known
   * already only the weight is looked at, so other settings go with another name. None, or a rejection, changes nothing.
   * `signal` says that the set is destroyed and nobody waits any more.
   */
  findSlaves(signal: AbortSignal): Promise<Readonly<Record<string, SlaveOptions>>>;
}

export type Slaves = Readonly<Record<string, SlaveOptions>> | SlaveSource;

/** Whether slaves are looked for, or listed. */
export function isSlaveSource(slaves: Slaves): slaves is SlaveSource {
  return typeof slaves.findSlaves === 'function';
}
