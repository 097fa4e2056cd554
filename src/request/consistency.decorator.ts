import 'reflect-metadata';
import { type Consistency as Level, checkConsistency } from '../context/consistency.js';
import { DEFAULT_SET } from '../options/default-set.js';
import type { WithEngineOptions } from './with-engine.decorator.js';

export type Consistency = Level;

/**
 * How fresh reads in this handler, or in all of a class's, are: `'session'`, `'eventual'`, `'strong'` or
 * `bounded(maxLagMs)`. The method's goes before the class's. Throws `InvalidOptionsError` for anything else.
 */
export function Consistency(
  consistency: Level,
  { set = DEFAULT_SET }: WithEngineOptions = {},
): ClassDecorator & MethodDecorator {
  const checked = checkConsistency(consistency, '@Consistency');
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    Reflect.defineMetadata(metadataKey(set), checked, (descriptor?.value as object | undefined) ?? target);
  };
}

/** What is written on a handler or class, for one set. */
export function consistencyOf(set: string, target: object): Level | undefined {
  return Reflect.getMetadata(metadataKey(set), target) as Level | undefined;
}

function metadataKey(set: string): string {
  return `nestjs-database-routing:consistency:${set}`;
}
