/** The tables that a query reads. */
export interface QueryTables {
  /** Without schema and alias; a view, and the tables below it. */
  readonly names: readonly string[];
  /** Whether these are all: what can't be told may read any other. */
  readonly areAll: boolean;
}

export const UNTOLD: QueryTables = Object.freeze({ names: Object.freeze([]), areAll: false });

/** What several parts of a query read. */
export function together(parts: readonly QueryTables[]): QueryTables {
  if (parts.length === 1) return parts[0]!;
  const names = new Set(parts.flatMap((part) => part.names));
  return { names: [...names], areAll: parts.every(({ areAll }) => areAll) };
}
