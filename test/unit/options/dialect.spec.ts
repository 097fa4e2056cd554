import { describe, expect, it } from '@jest/globals';
import knexPackage from 'knex';
import { bounded } from '../../../src/context/consistency.js';
import { InvalidOptionsError } from '../../../src/errors.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import { resolveOptions } from '../../../src/options/resolve-options.js';

const resolve = (options: Partial<DatabaseRoutingOptions>) => () =>
  resolveOptions({ client: 'mysql2', master: { connection: 'mysql://x' }, ...options });

describe('options that say nothing on a database', () => {
  it.each<[string, Partial<DatabaseRoutingOptions>]>([
    ['health', { health: {} }],
    ['failover', { failover: false }],
    ['masterBudget', { masterBudget: { perSecond: 5 } }],
    ['retryWrites', { retryWrites: 'safe' }],
    ['hedge', { hedge: true }],
    ['consistency: bounded(…)', { consistency: bounded(500) }],
  ])('are refused at boot: %s', (what, options) => {
    expect(resolve(options)).toThrow(InvalidOptionsError);
    expect(resolve(options)).toThrow(`${what} has no effect here: only PostgreSQL tells`);
    const onPostgres = { ...options, master: { connection: 'postgres://x' } };
    expect(resolve({ ...onPostgres, client: 'pg' })).not.toThrow();
    const { pg } = { pg: knexPackage({ client: 'pg' }).client.constructor as typeof knexPackage.Client };
    expect(resolve({ ...onPostgres, client: class extends pg {} })).not.toThrow();
  });

  it.each(['cockroachdb', 'redshift'])('and so is a database that has no slaves: %s', (client) => {
    expect(resolve({ client })).toThrow(`client '${client}' is refused. `);
    const named = knexPackage({ client }).client.constructor as typeof knexPackage.Client;
    expect(resolve({ client: class extends named {} })).toThrow(`client '${client}' is refused. `);
  });
});
