import type { Knex } from 'knex';

/** What may differ from engine to engine: how to reach it. All else is the routed Knex's own, and is given once. */
export const ENGINE_KEYS = [
  'connection',
  'connectionPool',
  'pool',
  'acquireConnectionTimeout',
  'searchPath',
  'version',
] as const satisfies readonly (keyof Knex.Config)[];
