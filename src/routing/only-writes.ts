import type { KnexQueryBuilder } from '../knex-internals.js';
import type { QueryFacts } from './choose.js';

/**
 * Whether a query certainly reads nothing: an insert of plain values. An update or a delete finds its rows, raw SQL may do
 * anything, and a transaction may read.
 */
export function onlyWrites({ intent, builder }: QueryFacts): boolean {
  if (intent !== 'write' || builder === undefined) return false;
  const { _method: method, _single: single, _statements: statements } = builder as Partial<KnexQueryBuilder>;
  if (method !== 'insert' || statements?.length !== 0) return false;
  return single?.['merge'] === undefined && isPlain(single?.['insert']);
}

/** A row, or rows, of values that are no queries of their own. */
function isPlain(rows: unknown): boolean {
  return [rows].flat().every((row) => isRecord(row) && Object.values(row).every((value) => !isQuery(value)));
}

function isRecord(row: unknown): row is object {
  return typeof row === 'object' && row !== null && !isQuery(row);
}

/** A builder, a raw, or a function that makes one. */
function isQuery(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && 'toSQL' in value);
}
