import { queryText } from './query-text.js';

const LONGEST = 300;

/** A query's SQL for a log: without the values that stand in it, and not longer than a line or two. */
export function queryShape(builder: unknown): string {
  const sql = queryText(builder) ?? 'a query that does not compile';
  const shape = sql
    .replace(/'(?:[^']|'')*'/g, '?')
    .replace(/\b\d+(?:\.\d+)?\b/g, '?')
    .replace(/\s+/g, ' ');
  return shape.length > LONGEST ? `${shape.slice(0, LONGEST)}…` : shape;
}
