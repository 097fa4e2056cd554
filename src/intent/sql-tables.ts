import { isNodeType } from './sql-names.js';
import type { SqlNode } from './sql-parser.js';

/** A table or view that a statement names. */
export interface NamedRelation {
  readonly schema: string | undefined;
  readonly name: string;
}

/** All tables and views that parsed statements name, wherever they stand; names of common table expressions are none. */
export function relationsOf(statements: readonly SqlNode[]): readonly NamedRelation[] {
  const found: NamedRelation[] = [];
  for (const statement of statements) collect(statement, new Set(), found);
  return found;
}

function collect(node: unknown, common: ReadonlySet<string>, found: NamedRelation[]): void {
  if (typeof node !== 'object' || node === null) return;
  if (Array.isArray(node)) return node.forEach((one) => collect(one, common, found));
  const { withClause, ...fields } = node as SqlNode;
  const inner = withClause ? commonTables(withClause as SqlNode, common, found) : common;
  for (const [key, value] of Object.entries(fields)) {
    const isRelation = key === 'RangeVar' || (key === 'relation' && !isNodeType(firstKey(value)));
    if (isRelation) addRelation(value as SqlNode, inner, found);
    else if (key !== 'LockingClause') collect(value, inner, found); // it names aliases
  }
}

/** A common table expression may read those before it, and, if it is recursive, all of them. */
function commonTables(withClause: SqlNode, outer: ReadonlySet<string>, found: NamedRelation[]): Set<string> {
  const tables = (withClause['ctes'] as readonly { CommonTableExpr: SqlNode }[]).map(
    (table) => table.CommonTableExpr,
  );
  const names = new Set(outer);
  if (withClause['recursive']) for (const table of tables) names.add(table['ctename'] as string);
  for (const table of tables) {
    collect(table, names, found);
    names.add(table['ctename'] as string);
  }
  return names;
}

function addRelation(node: SqlNode, common: ReadonlySet<string>, found: NamedRelation[]): void {
  const { relname: name, schemaname: schema } = node as { relname: string; schemaname?: string };
  if (schema === undefined && common.has(name)) return;
  found.push({ schema, name });
}

function firstKey(value: unknown): string {
  return Object.keys((value ?? {}) as object)[0] ?? '';
}
