import { describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from '../../../src/errors.js';
import { optionsFromEnv } from '../../../src/options/options-from-env.js';
import { resolveOptions } from '../../../src/options/resolve-options.js';

describe('options from flat environment variables', () => {
  it('have a master and named slaves', () => {
    const options = optionsFromEnv({
      DATABASE_MASTER_URL: 'postgres://master',
      DATABASE_SLAVES_SLAVE1_URL: 'postgres://slave1',
      DATABASE_SLAVES_SLAVE2_URL: 'postgres://slave2',
      DATABASE_SLAVES_SLAVE2_WEIGHT: '2.5',
      PATH: '/bin',
      NOT_SET: undefined,
    });
    expect(options).toEqual({
      client: 'pg',
      master: { connection: 'postgres://master' },
      slaves: {
        slave1: { connection: 'postgres://slave1' },
        slave2: { connection: 'postgres://slave2', weight: 2.5 },
      },
    });
    expect(resolveOptions(options).slaves.map(({ name }) => name)).toEqual(['slave1', 'slave2']);
  });

  it('take other Knex keys, for one engine and for all', () => {
    const options = optionsFromEnv({
      DATABASE_CLIENT: 'cockroachdb',
      DATABASE_POOL_MAX: '20',
      DATABASE_POOL_MIN: '0',
      DATABASE_DEBUG: 'false',
      DATABASE_BALANCER: 'least-busy',
      DATABASE_READS: 'master',
      DATABASE_EXPOSE_DECISIONS: 'true',
      DATABASE_MASTER_URL: 'm',
      DATABASE_MASTER_POOL_IDLE_TIMEOUT_MILLIS: '1000',
      DATABASE_MASTER_ACQUIRE_CONNECTION_TIMEOUT: '0',
      DATABASE_SLAVES_A_URL: 'a',
      DATABASE_SLAVES_A_SEARCH_PATH: 'app, public',
      DATABASE_SLAVES_A_VERSION: '16',
    });
    expect(options).toEqual({
      client: 'cockroachdb',
      pool: { max: 20, min: 0 },
      debug: false,
      balancer: 'least-busy',
      reads: 'master',
      exposeDecisions: true,
      master: { connection: 'm', pool: { idleTimeoutMillis: 1000 }, acquireConnectionTimeout: 0 },
      slaves: { a: { connection: 'a', searchPath: ['app', 'public'], version: '16' } },
    });
  });

  it.each([
    ['DATABASE_SLAVES_EU_WEST_1_URL', 'eu_west_1', 'connection'],
    ['DATABASE_SLAVES_POOL_URL', 'pool', 'connection'],
    ['DATABASE_SLAVES_READ_POOL_POOL_MAX', 'read_pool', 'pool'],
    ['DATABASE_SLAVES_URL_URL', 'url', 'connection'],
  ])('read a name with underscores or with words of their own: %s', (variable, name, key) => {
    const { slaves } = optionsFromEnv({ [variable]: '1' });
    expect(Object.keys(slaves ?? {})).toEqual([name]);
    expect(Object.values(slaves ?? {}).map((slave) => Object.keys(slave))).toEqual([[key]]);
  });

  it('take another prefix', () => {
    const env = { DATABASE_URL: 'other', DB_MASTER_URL: 'm' };
    expect(optionsFromEnv(env, 'DB_')).toEqual({ client: 'pg', master: { connection: 'm' } });
  });

  it('do not touch the prototype of objects', () => {
    optionsFromEnv({ DATABASE_SLAVES___PROTO___URL: 'x', DATABASE_SLAVES___PROTO___WEIGHT: '2' });
    expect({}).not.toHaveProperty('connection');
    expect({}).not.toHaveProperty('weight');
  });

  it.each([
    ['DATABASE_SLAVES_A_WEIGHT', 'heavy', "DATABASE_SLAVES_A_WEIGHT must be a number, got 'heavy'"],
    ['DATABASE_POOL_MAX', ' ', "DATABASE_POOL_MAX must be a number, got ' '"],
    ['DATABASE_POOL_MAX', '1e999', "DATABASE_POOL_MAX must be a number, got '1e999'"],
    ['DATABASE_DEBUG', 'yes', "DATABASE_DEBUG must be true or false, got 'yes'"],
    ['DATABASE_SLAVES_A_PASSWORD', 'x', 'DATABASE_SLAVES_A_PASSWORD is not a variable of database routing.'],
    ['DATABASE_SLAVES_URL', 'x', 'DATABASE_SLAVES_URL is not a variable of database routing.'],
    ['DATABASE_MASTER_WIEGHT', '1', 'DATABASE_MASTER_WIEGHT is not a variable of database routing.'],
    [
      'DATABASE_WEIGHT',
      '1',
      'DATABASE_WEIGHT is not a variable of database routing. Engines take URL, WEIGHT,',
    ],
  ])('refuse %s=%s', (variable, value, message) => {
    expect(() => optionsFromEnv({ [variable]: value })).toThrow(InvalidOptionsError);
    expect(() => optionsFromEnv({ [variable]: value })).toThrow(message);
  });

  it('are checked like any others', () => {
    const env = { DATABASE_MASTER_URL: 'm', DATABASE_SLAVES_MASTER_URL: 's' };
    expect(() => resolveOptions(optionsFromEnv(env))).toThrow("a slave can't be named 'master'");
    expect(() => resolveOptions(optionsFromEnv({ DATABASE_MASTER_URL: 'm', DATABASE_SLAVES_A_WEIGHT: '2' }))).toThrow('slaves.a.connection'); // prettier-ignore
  });
});
