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

const PER_ENGINE_ONLY = ['connection', 'connectionPool'];
const SHARED_ONLY = ['client', 'dialect'];

const ALL_KEYS = [...Object.keys(KNEX_KEYS), ...UNTYPED_KEYS];

export const SHARED_KNEX_KEYS: readonly string[] = ALL_KEYS.filter((key) => !PER_ENGINE_ONLY.includes(key));
export const ENGINE_KNEX_KEYS: readonly string[] = ALL_KEYS.filter((key) => !SHARED_ONLY.includes(key));
