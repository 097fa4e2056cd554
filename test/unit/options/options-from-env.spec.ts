import { describe, expect, it, jest } from '@jest/globals';
import { bounded } from '../../../src/context/consistency.js';
import { createDatabaseRouting } from '../../../src/create-database-routing.js';
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
    ['DATABASE_PIN_UNSAFE_METHODS', 'POST', "DATABASE_PIN_UNSAFE_METHODS must be true or false, got 'POST'"],
    ['DATABASE_FAILOVER', 'off', "DATABASE_FAILOVER must be true or false, got 'off'"],
    [
      'DATABASE_TABLES',
      'sessions',
      'DATABASE_TABLES must be tables with their engines, as in sessions:master',
    ],
    ['DATABASE_TABLES', 'a:b:c', 'DATABASE_TABLES must be tables with their engines, as in sessions:master'],
    [
      'DATABASE_CONSISTENCY',
      '500',
      'DATABASE_CONSISTENCY must be session, eventual, strong or, for a bound in ms,',
    ],
    ['DATABASE_CONSISTENCY', 'bounded(0)', 'as in bounded(500)'],
  ])('refuse %s=%s', (variable, value, message) => {
    expect(() => optionsFromEnv({ [variable]: value })).toThrow(InvalidOptionsError);
    expect(() => optionsFromEnv({ [variable]: value })).toThrow(message);
  });

  it('have all that a text can say, by the path of the option', () => {
    const options = optionsFromEnv({
      DATABASE_MASTER_URL: 'postgres://m/shop',
      DATABASE_SLAVES_A_URL: 'postgres://a/shop',
      DATABASE_SLAVE_PER: 'query',
      DATABASE_TABLES: 'sessions:master, logs:a',
      DATABASE_CONSISTENCY: 'bounded(500)',
      DATABASE_READ_THEN_WRITE: 'refuse',
      DATABASE_RETRY_WRITES: 'safe',
      DATABASE_BOOKMARK_SECRET: 'a secret of today,the secret of yesterday',
      DATABASE_BOOKMARK_WAIT_MS: '0',
      DATABASE_BOOKMARK_MAX_AGE_SECONDS: '60',
      DATABASE_BOOKMARK_COOKIE_NAME: 'seen',
      DATABASE_BOOKMARK_COOKIE_PATH: '/app',
      DATABASE_BOOKMARK_COOKIE_DOMAIN: 'example.org',
      DATABASE_BOOKMARK_COOKIE_SAME_SITE: 'none',
      DATABASE_BOOKMARK_COOKIE_SECURE: 'true',
      DATABASE_BOOKMARK_COOKIE_HTTP_ONLY: 'false',
      DATABASE_BOOKMARK_HEADER: 'Seen',
      DATABASE_PIN_BY: 'time',
      DATABASE_PIN_SECONDS: '2.5',
      DATABASE_PIN_UNSAFE_METHODS: 'false',
      DATABASE_PIN_HANDLERS: 'PostsController.touch, TagsController.touch',
      DATABASE_PIN_COOKIE_NAME: 'wrote',
      DATABASE_HEALTH_INTERVAL_MS: '100',
      DATABASE_HEALTH_TIMEOUT_MS: '200',
      DATABASE_HEALTH_MAX_LAG_MS: '300',
      DATABASE_HEALTH_MAX_LAG_BYTES: '400',
      DATABASE_HEALTH_SLOW_MS: '500',
      DATABASE_HEALTH_SLOW_START_MS: '600',
      DATABASE_FAILOVER_WAIT_MS: '700',
      DATABASE_MASTER_BUDGET_PER_SECOND: '8',
      DATABASE_MASTER_BUDGET_SHARE: '0.5',
      DATABASE_MASTER_BUDGET_OTHERWISE: 'wait',
      DATABASE_MASTER_BUDGET_WAIT_MS: '900',
      DATABASE_MIGRATIONS_TABLE_NAME: 'migrated',
      DATABASE_MIGRATIONS_LOAD_EXTENSIONS: '.js,.ts',
      DATABASE_SEEDS_DIRECTORY: './seeds',
      DATABASE_DEFAULT_DATE_TIME_PRECISION: '3',
    });
    expect(options).toEqual({
      client: 'pg',
      master: { connection: 'postgres://m/shop' },
      slaves: { a: { connection: 'postgres://a/shop' } },
      slavePer: 'query',
      tables: { sessions: 'master', logs: 'a' },
      consistency: bounded(500),
      readThenWrite: 'refuse',
      retryWrites: 'safe',
      bookmark: {
        secret: ['a secret of today', 'the secret of yesterday'],
        waitMs: 0,
        maxAgeSeconds: 60,
        cookie: { name: 'seen', path: '/app', domain: 'example.org', sameSite: 'none', secure: true, httpOnly: false }, // prettier-ignore
        header: 'Seen',
      },
      pin: {
        by: 'time',
        seconds: 2.5,
        unsafeMethods: false,
        handlers: ['PostsController.touch', 'TagsController.touch'],
        cookie: { name: 'wrote' },
      },
      health: { intervalMs: 100, timeoutMs: 200, maxLagMs: 300, maxLagBytes: 400, slowMs: 500, slowStartMs: 600 }, // prettier-ignore
      failover: { waitMs: 700 },
      masterBudget: { perSecond: 8, share: 0.5, otherwise: 'wait', waitMs: 900 },
      migrations: { tableName: 'migrated', loadExtensions: ['.js', '.ts'] },
      seeds: { directory: './seeds' },
      defaultDateTimePrecision: 3,
    });
    expect(() => resolveOptions(options)).not.toThrow();
  });

  it("have all keys of Knex's pool, for one engine and for all, and Knex takes them", async () => {
    const keys = ['ACQUIRE_TIMEOUT_MILLIS', 'CREATE_TIMEOUT_MILLIS', 'CREATE_RETRY_INTERVAL_MILLIS', 'DESTROY_TIMEOUT_MILLIS', 'IDLE_TIMEOUT_MILLIS', 'REAP_INTERVAL_MILLIS', 'MAX_CONNECTION_LIFETIME_MILLIS', 'MAX_CONNECTION_LIFETIME_JITTER_MILLIS', 'MIN', 'MAX']; // prettier-ignore
    const of = (owner: string) => keys.map((key, n) => [`DATABASE_${owner}POOL_${key}`, String(n + 1)]);
    const env = Object.fromEntries([...of(''), ...of('MASTER_'), ...of('SLAVES_A_')]) as Record<
      string,
      string
    >;
    const urls = { DATABASE_MASTER_URL: 'postgres://127.0.0.1:1/m', DATABASE_SLAVES_A_URL: 'postgres://127.0.0.1:1/a' }; // prettier-ignore
    const options = optionsFromEnv({ ...env, ...urls, DATABASE_POOL_PROPAGATE_CREATE_ERROR: 'false' });
    expect(options.master.pool).toEqual(optionsFromEnv(env).pool);
    expect(Object.keys(options.pool ?? {})).toHaveLength(keys.length + 1);
    const warnings: string[] = [];
    const log = { warn: (message: string) => void warnings.push(message) };
    await createDatabaseRouting({ ...options, log }).destroy();
    expect(warnings).toEqual([]);
  });

  it.each([
    ['one secret', 'BOOKMARK_SECRET', 'the secret of today', { bookmark: { secret: 'the secret of today' } }],
    ['no header', 'BOOKMARK_HEADER', 'false', { bookmark: { header: false } }],
    ['no cookie', 'BOOKMARK_COOKIE', 'false', { bookmark: { cookie: false } }],
    ['a cookie as usual', 'BOOKMARK_COOKIE', 'true', {}],
    ['no failover', 'FAILOVER', 'false', { failover: false }],
    ['a consistency by name', 'CONSISTENCY', 'strong', { consistency: 'strong' }],
  ])('say %s', (_what, name, value, options) => {
    expect(optionsFromEnv({ [`DATABASE_${name}`]: value })).toEqual({ client: 'pg', ...options });
  });

  it('leave off what is turned off, in whatever order it is said', () => {
    const [off, other] = [{ DATABASE_FAILOVER: 'false' }, { DATABASE_FAILOVER_WAIT_MS: '1' }];
    expect(optionsFromEnv({ ...off, ...other }).failover).toBe(false);
    expect(optionsFromEnv({ ...other, ...off }).failover).toBe(false);
  });

  it('are checked like any others', () => {
    const env = { DATABASE_MASTER_URL: 'm', DATABASE_SLAVES_MASTER_URL: 's' };
    expect(() => resolveOptions(optionsFromEnv(env))).toThrow("a slave can't be named 'master'");
    expect(() => resolveOptions(optionsFromEnv({ DATABASE_MASTER_URL: 'm', DATABASE_SLAVES_A_WEIGHT: '2' }))).toThrow('slaves.a.connection'); // prettier-ignore
  });
});

describe("variables that are not the module's", () => {
  const warningsOf = (env: Record<string, string>, prefix?: string) => {
    const warnings: string[] = [];
    const options = optionsFromEnv(env, prefix, { warn: (message) => void warnings.push(message) });
    return { options, warnings };
  };

  it("are the app's own, and left alone", () => {
    const own = ['SECRET', 'HOST', 'PORT', 'USER', 'USERNAME', 'PASSWORD', 'NAME', 'SSL', 'SSL_CA', 'SCHEMA', 'TYPE', 'LOGGING', 'SYNCHRONIZE', 'TIMEOUT', 'POOL_SIZE']; // prettier-ignore
    const env = Object.fromEntries(own.map((name) => [`DATABASE_${name}`, 'x']));
    expect(warningsOf(env)).toEqual({ options: { client: 'pg' }, warnings: [] });
  });

  it.each([
    ['DATABASE_POOL_MXA', 'Was DATABASE_POOL_MAX meant?'],
    ['DATABASE_MASTER_ULR', 'Was DATABASE_MASTER_URL meant?'],
    ['DATABASE_HEALTH_INTERVALL_MS', 'Was DATABASE_HEALTH_INTERVAL_MS meant?'],
    ['DATABASE_READ', 'Was DATABASE_READS meant?'],
    ['DATABASE_URI', 'Was DATABASE_URL meant?'],
    ['DATABASE_SLAVES_A_PASSWORD', 'Slaves take URL, '],
    ['DATABASE_SLAVES_URL', 'as in DATABASE_SLAVES_SLAVE1_URL'],
    ['DATABASE_SLAVE1_URL', 'as in DATABASE_SLAVES_SLAVE1_URL'],
    ['DATABASE_MASTER_WEIGHT', 'the master all but WEIGHT'],
    ['DATABASE_WEIGHT', 'Slaves take '],
  ])('are a warning where they are likely misspelt: %s', (variable, hint) => {
    const { options, warnings } = warningsOf({ [variable]: 'hidden' });
    expect(options).toEqual({ client: 'pg' });
    expect(warnings).toEqual([
      expect.stringMatching(`^${variable} is not a variable of database routing, and ignored\\.`),
    ]);
    expect(warnings[0]).toContain(hint);
    expect(warnings[0]).not.toContain('hidden');
  });

  it('are named with the prefix that there is', () => {
    expect(warningsOf({ DB_POOL_MXA: '1' }, 'DB_').warnings[0]).toContain('Was DB_POOL_MAX meant?');
  });

  it('are told to the process where nobody else listens', () => {
    const emitted = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    optionsFromEnv({ DATABASE_POOL_MXA: '1' });
    expect(emitted.mock.calls).toEqual([
      [expect.stringContaining('DATABASE_POOL_MAX'), { code: 'DATABASE_ROUTING_ENV' }],
    ]);
    emitted.mockRestore();
  });
});
