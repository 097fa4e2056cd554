import type { PostgresServer } from '../../../src/testing/index.js';

/** A value of each type that the functions take; of others NULL, which most answer with NULL. */
const VALUES: Readonly<Record<string, string>> = {
  bigint: '1',
  boolean: 'true',
  bytea: `'a'`,
  cstring: `'1'`,
  date: `'2024-01-01'`,
  'double precision': '0.001',
  integer: '1',
  interval: `'1 ms'`,
  json: `'{"a": 1}'`,
  jsonb: `'{"a": 1}'`,
  jsonpath: `'$.a'`,
  name: `'public'`,
  numeric: '1',
  oid: `'authors'::regclass`,
  pg_lsn: `'0/1'`,
  real: '1',
  regclass: `'authors'`,
  regconfig: `'english'`,
  regprocedure: `'twice(int)'`,
  regtype: `'int'`,
  smallint: '1',
  text: `'a'`,
  'time without time zone': `'10:00'`,
  'timestamp with time zone': `'2024-01-01'`,
  'timestamp without time zone': `'2024-01-01'`,
  tsquery: `'a'`,
  tsvector: `'a'`,
  uuid: `'00000000-0000-0000-0000-000000000001'`,
  xml: `'<a/>'`,
  anyarray: `'{1,2}'::int[]`,
  anyelement: '1',
  anycompatible: '1',
  anycompatiblearray: `'{1,2}'::int[]`,
  '"any"': '1',
  record: 'ROW(1, 2)',
};

/** One call of every function of PostgreSQL's own that a query can call, with plausible arguments. */
export async function systemFunctionCalls(server: PostgresServer): Promise<string[]> {
  const rows = await server.query<{ name: string; types: string[] }>(`
    SELECT quote_ident(p.proname) AS name,
      array(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u (t, n) ORDER BY n) AS types
    FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind <> 'p'
      AND p.prorettype NOT IN ('internal'::regtype, 'trigger'::regtype, 'event_trigger'::regtype)
      AND NOT 'internal'::regtype = ANY (p.proargtypes) ORDER BY p.oid`);
  const calls = rows.map(({ name, types }) => `SELECT pg_catalog.${name}(${types.map(valueOf).join(', ')})`);
  return [...new Set(calls)];
}

function valueOf(type: string): string {
  const value = VALUES[type];
  return value === undefined
    ? `NULL::${type}`
    : `${value}${value.includes('::') || /^"?any|record/.test(type) ? '' : `::${type}`}`;
}
