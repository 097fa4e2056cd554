import type { Knex } from 'knex';
import type { MissingName, NameKind } from './missing-name.js';

/**
 * What one server's catalogue says of a name, as a text that differs where it says something else; undefined where it does
 * not know the name. `tables`: those that a column may be of. Rejects when the server does not answer in time.
 */
export type AskName = (
  server: Knex,
  missing: MissingName,
  tables: readonly string[],
) => Promise<string | undefined>;

/** By indexes alone, so that it costs no server more than a look-up. Each row is told from a later one of the same name. */
const ROWS: Readonly<Record<NameKind, string>> = {
  relation: 'select oid, xmin from pg_class where relname = ?',
  column: `select attrelid, attnum from pg_attribute where attname = ?
    and attrelid in (select oid from pg_class where relname = any(?))`,
  function: 'select oid, xmin from pg_proc where proname = ?',
  operator: 'select oid, xmin from pg_operator where oprname = ?',
  type: 'select oid, xmin from pg_type where typname = ?',
  schema: 'select oid, xmin from pg_namespace where nspname = ?',
};

/** A server that takes longer can't be asked. */
const TIMEOUT_MS = 1_000;

export const askName: AskName = async (server, { kind, name }, tables) => {
  const bindings = kind === 'column' ? [name, [...tables]] : [name];
  const sql = `select string_agg(r::text, ' ' order by r::text) as known from (${ROWS[kind]}) r`;
  const { rows } = await server
    .raw<{ rows: readonly { known: string | null }[] }>(sql, bindings)
    .timeout(TIMEOUT_MS);
  return rows[0]?.known ?? undefined;
};
