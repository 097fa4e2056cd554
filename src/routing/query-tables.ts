interface TablesOfBuilder {
  readonly _single?: { readonly table?: unknown };
  readonly _statements?: readonly { readonly grouping?: unknown; readonly table?: unknown }[];
}

/** The tables that a Knex builder names in `from` and joins, without schema and alias. */
export function queryTables(builder: unknown): readonly string[] {
  const { _single, _statements = [] } = builder as TablesOfBuilder;
  const joined = _statements.filter(({ grouping }) => grouping === 'join').map(({ table }) => table);
  return [_single?.table, ...joined].flatMap(namesIn).map(withoutSchemaAndAlias);
}

/** Knex takes `'posts'`, `'posts as p'` and `{ p: 'posts' }`. */
function namesIn(table: unknown): string[] {
  if (typeof table === 'string') return [table];
  if (typeof table !== 'object' || table === null || Object.getPrototypeOf(table) !== Object.prototype)
    return [];
  return Object.values(table).flatMap(namesIn);
}

function withoutSchemaAndAlias(name: string): string {
  const [table = name] = name.split(/\s+as\s+/i);
  return table.slice(table.lastIndexOf('.') + 1).trim();
}
