import { DEFAULT_SET } from '../../options/default-set.js';
import { MetadataBySet } from './metadata-by-set.js';
import type { WithEngineOptions } from './with-engine.decorator.js';

const DB_WRITE = new MetadataBySet<boolean>('db-write');

/**
 * This handler, or each of a class's, writes though nothing shows it: through a procedure, or past Knex. Its own reads
 * stay on the master, and its client's next requests show what it wrote, also when it throws. From django-multidb-router,
 * where such views are listed in the settings; so can they be here, as `pin.handlers`.
 *
 * `@DbWrite(false)` says that it only reads though its method is not GET, HEAD, OPTIONS or TRACE, such as a search by POST:
 * its reads go to slaves until it writes after all. The method's goes before the class's.
 */
export function DbWrite(options?: WithEngineOptions): ClassDecorator & MethodDecorator;
export function DbWrite(writes: boolean, options?: WithEngineOptions): ClassDecorator & MethodDecorator;
export function DbWrite(
  writes: boolean | WithEngineOptions = true,
  options: WithEngineOptions = {},
): ClassDecorator & MethodDecorator {
  if (typeof writes !== 'boolean') return DbWrite(true, writes);
  return DB_WRITE.decorate(options.set ?? DEFAULT_SET, writes);
}

/** What is written on a handler or class, for one set. */
export function dbWriteOf(set: string, target: object): boolean | undefined {
  return DB_WRITE.of(set, target);
}

/** The sets that a handler or class says it writes to. */
export function setsWrittenBy(target: object): string[] {
  return DB_WRITE.setsOn(target);
}
