import type { Knex } from 'knex';

/** Knex's configuration keys; the compiler holds the list to Knex's types. */
const KNEX_KEYS = {
  debug: true,
  client: true,
  dialect: true,
  jsonbSupport: true,
  version: true,
  connection: true,
  connectionPool: true,
  pool: true,
  migrations: true,
  postProcessResponse: true,
  wrapIdentifier: true,
  seeds: true,
  acquireConnectionTimeout: true,
  useNullAsDefault: true,
  searchPath: true,
  asyncStackTraces: true,
  log: true,
  compileSqlOnError: true,
  fetchAsString: true,
  defaultDateTimePrecision: true,
} satisfies Record<keyof Knex.Config, true>;

/** Read by Knex, but missing in its types. */
const UNTYPED_KEYS = ['returning', 'userParams'];

/** What may differ from engine to engine: how to reach it. All else is the routed Knex's own, and is given once. */
export const ENGINE_KEYS = [
  'connection',
  'connectionPool',
  'pool',
  'acquireConnectionTimeout',
  'searchPath',
  'version',
] as const satisfies readonly (keyof Knex.Config)[];

const PER_ENGINE_ONLY = ['connection', 'connectionPool'];

export const SHARED_KNEX_KEYS: readonly string[] = [...Object.keys(KNEX_KEYS), ...UNTYPED_KEYS].filter(
  (key) => !PER_ENGINE_ONLY.includes(key),
);
