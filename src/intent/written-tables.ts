import type { KnexQueryBuilder, KnexRaw } from '../knex-internals.js';
import { queryText } from './query-text.js';
import { parseTableName } from './table-name.js';

const WRITING_METHODS: ReadonlySet<unknown> = new Set(['insert', 'update', 'del', 'upsert', 'truncate']);

/** What a statement that writes begins with, and the table after it. */
const WRITES =
  /^\s*(?:insert\s+into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?)\s+(?:only\s+)?((?:"[^"]+"|[\w$.]+)+)/i;

/**
 * The tables that a query writes, without schema, as far as that can be told cheaply: a builder's own table, and the one that
 * raw SQL begins with. Writes in common table expressions and in functions are not found.
 */
export function writtenTables(query: unknown): readonly string[] {
  const { _method, isRawInstance } = query as Partial<KnexQueryBuilder & KnexRaw>;
  if (isRawInstance) return ofText(queryText(query));
  return WRITING_METHODS.has(_method) ? ownTables(query) : [];
}

/** The table that a builder is of, without schema; none of a raw. */
export function ownTables(query: unknown): readonly string[] {
  const { _single } = query as Partial<KnexQueryBuilder>;
  const table = _single?.['table'];
  const texts = typeof table === 'string' ? [table] : Object.values((table ?? {}) as object);
  return texts.filter((text) => typeof text === 'string').map((text) => parseTableName(text).name);
}

/** A name without quotes is folded by the server. */
function ofText(sql = ''): readonly string[] {
  const path = WRITES.exec(sql)?.[1];
  const last = path && /(?:"([^"]+)"|([\w$]+))$/.exec(path);
  if (!last) return [];
  return [last[1] ?? last[2]!.toLowerCase()];
}
