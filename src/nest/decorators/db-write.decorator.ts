import { DEFAULT_SET } from '../../options/default-set.js';
import { MetadataBySet } from './metadata-by-set.js';
import type { WithEngineOptions } from './with-engine.decorator.js';

const DB_WRITE = new MetadataBySet<true>('db-write');

/**
 * This handler, or each of a class's, writes though nothing shows it: through a procedure, or past Knex. Its own reads
 * stay on the master, and its client's next requests show what it wrote, also when it throws. From django-multidb-router,
 * where such views are listed in the settings; so can they be here, as `pin.handlers`.
 */
export function DbWrite({ set = DEFAULT_SET }: WithEngineOptions = {}): ClassDecorator & MethodDecorator {
  return DB_WRITE.decorate(set, true);
}

export function isDbWrite(set: string, target: object): boolean {
  return DB_WRITE.of(set, target) ?? false;
}

/** The sets that a handler or class says it writes to. */
export function setsWrittenBy(target: object): string[] {
  return DB_WRITE.setsOn(target);
}
