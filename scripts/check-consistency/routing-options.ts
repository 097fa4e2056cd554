import type { BookmarkOptions, DatabaseRoutingOptions } from '../../src/index.js';
import type { Servers } from '../common/servers.js';

/** What our routers are made of, in this process and in the app's. */
export function routingOptions(
  { master, slaves }: Servers,
  bookmark: BookmarkOptions,
): DatabaseRoutingOptions {
  const engines = Object.entries(slaves).map(([name, connection]) => [name, { connection }] as const);
  return {
    client: 'pg',
    pool: { min: 0, max: 10 },
    log: { warn() {} },
    master: { connection: { ...master } },
    slaves: Object.fromEntries(engines),
    exposeDecisions: true,
    bookmark,
  };
}
