/** A table as Knex takes it in a string, taken apart: `'s.posts as p'`. */
export interface TableName {
  readonly schema: string | undefined;
  readonly name: string;
}

export function parseTableName(text: string, withSchema?: string): TableName {
  const [path = text] = text.split(/\s+as\s+/i);
  const dot = path.lastIndexOf('.');
  const schema = dot < 0 ? withSchema : path.slice(0, dot).slice(path.lastIndexOf('.', dot - 1) + 1);
  return { schema: schema?.trim(), name: path.slice(dot + 1).trim() };
}

/** Knex takes `'posts'`, `'posts as p'` and `{ p: 'posts' }`; subqueries and raw SQL name no table here. */
export function tableTexts(table: unknown): string[] {
  if (typeof table === 'string') return [table];
  if (typeof table !== 'object' || table === null || Object.getPrototypeOf(table) !== Object.prototype)
    return [];
  return Object.values(table).flatMap(tableTexts);
}
