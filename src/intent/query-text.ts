import { compiled } from './compiled-query.js';
import type { KnexBuilder, KnexRaw } from '../knex-internals.js';

/** What is remembered of texts, and of how many characters at the most. */
export const REMEMBERED = {
  max: 10_000,
  maxSize: 8_000_000,
  sizeCalculation: (_: unknown, sql: string) => sql.length + 1,
};

/**
 * The SQL of a builder or raw, as the server will see it; undefined where it doesn't compile to one statement (Knex then
 * raises the error itself, when it runs the query).
 */
export function queryText(builder: unknown): string | undefined {
  const { client, toSQL } = builder as Partial<KnexBuilder>;
  if (!client || !toSQL) return undefined;
  const { sql } = compiled(builder as object);
  return sql && client.positionBindings(sql);
}

/**
 * What a raw was written as, where all that its bindings put into the SQL are placeholders: then its text follows from
 * this alone. Undefined for anything else.
 */
export function templateOf(builder: unknown): string | undefined {
  const { isRawInstance, sql, bindings, _wrappedBefore, _wrappedAfter } = builder as Partial<KnexRaw>;
  if (!isRawInstance || typeof sql !== 'string' || _wrappedBefore || _wrappedAfter) return undefined;
  const isPlain = bindings === undefined || (Array.isArray(bindings) && bindings.every(isValue));
  return isPlain && !sql.includes('??') ? sql : undefined;
}

/** Not another query, nor anything else that Knex would look into. */
function isValue(binding: unknown): boolean {
  if (typeof binding === 'object') return binding === null || binding instanceof Date;
  return typeof binding !== 'function' && typeof binding !== 'undefined';
}

/** With a `wrapIdentifier` of the user's own, only the SQL tells what a table is called. */
export function renames(builder: unknown): boolean {
  const { client } = builder as Partial<KnexBuilder>;
  return client?.config?.wrapIdentifier !== undefined;
}
