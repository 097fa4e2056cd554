interface Compilable {
  readonly client?: { positionBindings(sql: string): string };
  toSQL(): unknown;
}

/**
 * The SQL of a builder or raw, as the server will see it; undefined where it doesn't compile to one statement (Knex then
 * raises the error itself, when it runs the query).
 */
export function queryText(builder: unknown): string | undefined {
  try {
    const { client, toSQL } = builder as Compilable;
    const compiled = toSQL.call(builder) as { sql?: unknown };
    if (typeof compiled.sql !== 'string') return undefined;
    return client?.positionBindings(compiled.sql) ?? compiled.sql;
  } catch {
    return undefined;
  }
}
