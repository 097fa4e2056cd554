import type { SqlNode } from './sql-parser.js';

/** The type of a node that has its type around it: `SelectStmt`. */
export function typeOf(node: SqlNode): string {
  return Object.keys(node)[0] ?? 'nothing';
}

/** Types of nodes are capitalised, fields are not. */
export function isNodeType(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 65 && first <= 90;
}

/** Names come as lists of strings: `[schema, name]`, `[name]`, or with a catalogue in front. */
export function nameOf(list: unknown): { schema: string | undefined; last: string } {
  const parts = (list as readonly SqlNode[] | undefined)?.map(textOf) ?? [];
  return { schema: parts.at(-2), last: parts.at(-1) ?? '' };
}

export function textOf(node: SqlNode | undefined): string {
  return (node?.['String'] as { sval?: string } | undefined)?.sval ?? '';
}

/** `InsertStmt` reads as INSERT, `CreateTableAsStmt` as CREATE TABLE AS. */
export function statementName(type: string): string {
  return type
    .replace(/Stmt$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}
