import type { KnexQueryBuilder } from '../knex-internals.js';
import { parseTableName } from './table-name.js';

/** The tables that a Knex builder names in `from` and joins, without schema and alias. */
export function queryTables(builder: unknown): readonly string[] {
  const { _single, _statements = [] } = builder as Partial<KnexQueryBuilder>;
  const joined = _statements.filter((one) => one['grouping'] === 'join').map((one) => one['table']);
  return [_single?.['table'], ...joined].flatMap(tableTexts).map((text) => parseTableName(text).name);
}

/** Knex takes `'posts'`, `'posts as p'` and `{ p: 'posts' }`; subqueries and raw SQL name no table here. */
export function tableTexts(table: unknown): string[] {
  if (typeof table === 'string') return [table];
  if (typeof table !== 'object' || table === null || Object.getPrototypeOf(table) !== Object.prototype)
    return [];
  return Object.values(table).flatMap(tableTexts);
}
