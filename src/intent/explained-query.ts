import { typeOf } from './sql-names.js';
import type { SqlNode } from './sql-parser.js';

/** Statements of which EXPLAIN takes the query in them; and those of which it takes no more with ANALYZE either. */
const PLANNED_AROUND_A_QUERY = new Set(['CreateTableAsStmt', 'DeclareCursorStmt']);
const RUN_AROUND_A_QUERY = new Set(['DeclareCursorStmt']);

/** What an EXPLAIN explains, and whether it runs it, as ANALYZE does. */
export function explainedQuery(explain: SqlNode): { query: SqlNode; runs: boolean } {
  const query = explain['query'] as SqlNode;
  const options = (explain['options'] ?? []) as readonly { DefElem: SqlNode }[];
  const runs = options.some(({ DefElem }) => isAnalyze(DefElem));
  const around = runs ? RUN_AROUND_A_QUERY : PLANNED_AROUND_A_QUERY;
  if (!around.has(typeOf(query))) return { query, runs };
  return { query: (query[typeOf(query)] as { query: SqlNode }).query, runs };
}

/** Without a value it is on; what is not clearly off is on. */
function isAnalyze({ defname, arg }: SqlNode): boolean {
  if (String(defname).toLowerCase() !== 'analyze') return false;
  const { String: word, Integer: number } = (arg ?? {}) as {
    String?: { sval?: string };
    Integer?: { ival?: number };
  };
  if (word) return !/^(false|off)$/i.test(word.sval ?? '');
  return !number || Boolean(number.ival);
}
