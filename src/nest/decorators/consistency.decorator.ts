import { type Consistency as Level, checkConsistency } from '../../context/consistency.js';
import { DEFAULT_SET } from '../../options/default-set.js';
import { MetadataBySet } from './metadata-by-set.js';
import type { WithEngineOptions } from './with-engine.decorator.js';

export type Consistency = Level;

const CONSISTENCY = new MetadataBySet<Level>('consistency');

/**
 * How fresh reads in this handler, or in all of a class's, are: `'session'`, `'eventual'`, `'strong'` or
 * `bounded(maxLagMs)`. The method's goes before the class's. Throws `InvalidOptionsError` for anything else.
 */
export function Consistency(
  consistency: Level,
  { set = DEFAULT_SET }: WithEngineOptions = {},
): ClassDecorator & MethodDecorator {
  return CONSISTENCY.decorate(set, checkConsistency(consistency, '@Consistency'));
}

/** What is written on a handler or class, for one set. */
export function consistencyOf(set: string, target: object): Level | undefined {
  return CONSISTENCY.of(set, target);
}

/** The sets that something is written for on a handler or class. */
export function setsOfConsistency(target: object): string[] {
  return CONSISTENCY.setsOn(target);
}
