import { describe, expect, it } from '@jest/globals';
import { createBalancer } from '../../../src/balancer/create-balancer.js';
import { LeastBusyBalancer } from '../../../src/balancer/least-busy.balancer.js';
import { RandomBalancer } from '../../../src/balancer/random.balancer.js';
import { RoundRobinBalancer } from '../../../src/balancer/round-robin.balancer.js';
import { InvalidOptionsError, UnknownEngineError } from '../../../src/errors.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import { resolveOptions } from '../../../src/options/resolve-options.js';

const OPTIONS: DatabaseRoutingOptions = {
  client: 'pg',
  master: { connection: 'postgres://master' },
  slaves: { slave1: { connection: 'postgres://slave1' }, slave2: { connection: { host: 'slave2' } } },
};

const resolved = (change: object) => resolveOptions({ ...OPTIONS, ...change });

function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return 'it was not refused';
}

describe('options that work', () => {
  it('have a master and any number of named slaves', () => {
    const { master, slaves, name } = resolveOptions(OPTIONS);
    expect(master).toEqual({
      name: 'master',
      weight: 1,
      config: { client: 'pg', connection: 'postgres://master' },
    });
    expect(slaves.map((slave) => [slave.name, slave.weight, slave.config.connection])).toEqual([
      ['slave1', 1, 'postgres://slave1'],
      ['slave2', 1, { host: 'slave2' }],
    ]);
    expect(name).toBe('default');
  });

  it('need no slaves', () => {
    const { client, master } = OPTIONS;
    expect(resolveOptions({ client, master }).slaves).toEqual([]);
    expect(resolved({ slaves: {} }).slaves).toEqual([]);
  });

  it('have the defaults of the design', () => {
    const options = resolveOptions(OPTIONS);
    expect(options.balancer).toBe('least-busy');
    expect(options.hedge).toBe(true);
    expect(options).toMatchObject({
      slavePer: 'context',
      exposeDecisions: false,
      rules: { reads: 'slaves', router: undefined, tables: {} },
    });
    expect(options.logger.debug('nowhere')).toBeUndefined();
  });

  it("share what is Knex's among the engines, where an engine says nothing else", () => {
    const { master, slaves } = resolved({
      debug: true,
      searchPath: ['app'],
      pool: { min: 1, max: 5 },
      slaves: { slave1: { connection: 'postgres://x', searchPath: 'reports', pool: { max: 9 } } },
    });
    expect(master.config).toMatchObject({ debug: true, searchPath: ['app'], pool: { min: 1, max: 5 } });
    expect(slaves[0]?.config).toMatchObject({ debug: true, searchPath: 'reports', pool: { min: 1, max: 9 } });
  });

  it('let slaves keep no idle connections unless told to', () => {
    expect(resolveOptions(OPTIONS).slaves[0]?.config.pool).toEqual({ min: 0 });
    expect(resolveOptions(OPTIONS).master.config).not.toHaveProperty('pool');
  });

  it('keep a configured 0', () => {
    const { master, shared } = resolved({
      acquireConnectionTimeout: 0,
      master: { connection: 'postgres://x', pool: { min: 0, max: 0 } },
      pool: { min: 3 },
    });
    expect(master.config).toMatchObject({ acquireConnectionTimeout: 0, pool: { min: 0, max: 0 } });
    expect(shared.acquireConnectionTimeout).toBe(0);
  });

  it.each([
    ['random', RandomBalancer],
    ['round-robin', RoundRobinBalancer],
    ['least-busy', LeastBusyBalancer],
  ])('name the balancer %s', (name, kind) => {
    const { balancer } = resolved({ balancer: name });
    expect(createBalancer(balancer, Math.random)).toBeInstanceOf(kind);
  });

  it('balance by what is in flight unless told otherwise', () => {
    expect(createBalancer(resolveOptions(OPTIONS).balancer, Math.random)).toBeInstanceOf(LeastBusyBalancer);
  });

  it("may hold the user's own balancer, logger and router, as they are", () => {
    const own = { choose: <Slave>(slaves: readonly Slave[]) => slaves[0]! };
    const logger = { debug() {}, warn() {} };
    const options = resolved({ balancer: own, logger, router: () => 'slave2' });
    expect([options.balancer, options.logger]).toEqual([own, logger]);
    expect(options.balancer).toBe(own);
    expect(options.rules.router).toBeInstanceOf(Function);
  });

  it('may list the master again as a slave', () => {
    const { slaves } = resolved({ slaves: { reader: OPTIONS.master } });
    expect(slaves[0]).toMatchObject({ name: 'reader', config: { connection: 'postgres://master' } });
  });

  it('are frozen, and what becomes of the object given does not matter', () => {
    const given = structuredClone(OPTIONS) as { slaves: Record<string, unknown>; slavePer?: string };
    const options = resolveOptions(given as DatabaseRoutingOptions);
    given.slaves['slave3'] = { connection: 'x' };
    given.slavePer = 'query';
    expect(options.slaves).toHaveLength(2);
    expect(options.slavePer).toBe('context');
    expect([Object.isFrozen(options), Object.isFrozen(options.rules)]).toEqual([true, true]);
  });

  it("take any name for tables and 'slave' where there are no slaves", () => {
    const { client, master } = OPTIONS;
    const tables = { posts: 'slave1', sessions: 'master', logs: 'slave' };
    expect(() => resolveOptions({ client, master, tables })).not.toThrow();
  });
});

describe('options that are refused at boot', () => {
  const connection = 'postgres://x';

  it.each<[string, object, string]>([
    [
      'a slave named master',
      { slaves: { master: { connection } } },
      "slaves.master: a slave can't be named 'master'. Give it another name.",
    ],
    [
      'a slave named slave',
      { slaves: { slave: { connection } } },
      "slaves.slave: 'slave' stands for any slave. Give this one a name of its own, such as 'slave1'.",
    ],
    [
      'a slave with a strange name',
      { slaves: { 'a b': { connection } } },
      "A slave's name must be letters, digits, _, . and - only, got 'a b'",
    ],
    [
      'a slave without connection',
      { slaves: { slave1: { connection }, slave2: {} } },
      'slaves.slave2.connection must be a connection string, object or function, got undefined',
    ],
    [
      'a slave that is null',
      { slaves: { slave2: null } },
      'slaves.slave2.connection must be a connection string, object or function, got undefined',
    ],
    [
      'an empty connection',
      { slaves: { slave2: { connection: '' } } },
      "slaves.slave2.connection must be a connection string, object or function, got ''",
    ],
    [
      'a connection of another kind',
      { slaves: { slave2: { connection: 5432 } } },
      'slaves.slave2.connection must be a connection string, object or function, got 5432',
    ],
    ['a master without connection', { master: {} }, 'master.connection must be a connection string, object or function, got undefined'], // prettier-ignore
    ['no master', { master: undefined }, 'master must be an object, got undefined'],
    ['slaves in a list', { slaves: [{ connection }] }, 'slaves must be an object, got an array'],
    [
      'a client that is missing',
      { client: undefined },
      "client must be a Knex client such as 'pg', got undefined",
    ],
    ['a weight below 0', { slaves: { slave2: { connection, weight: -1 } } }, 'slaves.slave2.weight must be a number, 0 or more, got -1'], // prettier-ignore
    ['a weight that is no number', { slaves: { slave2: { connection, weight: NaN } } }, 'slaves.slave2.weight must be a number, 0 or more, got NaN'], // prettier-ignore
    ['a weight without end', { slaves: { slave2: { connection, weight: Infinity } } }, 'slaves.slave2.weight must be a number, 0 or more, got Infinity'], // prettier-ignore
    ['a weight in a string', { slaves: { slave2: { connection, weight: '2' } } }, "slaves.slave2.weight must be a number, 0 or more, got '2'"], // prettier-ignore
    ['a weight of null', { slaves: { slave2: { connection, weight: null } } }, 'slaves.slave2.weight must be a number, 0 or more, got null'], // prettier-ignore
    ['a typo in a balancer', { balancer: 'rondom' }, "balancer must be one of 'random', 'round-robin', 'least-busy', got 'rondom'"], // prettier-ignore
    ['a balancer without choose', { balancer: { pick() {} } }, 'balancer must be one of random, round-robin, least-busy or an object with a method choose(slaves), got an object with the keys pick'], // prettier-ignore
    ['a balancer that is null', { balancer: null }, 'or an object with a method choose(slaves), got null'],
    [
      'a wrong slavePer',
      { slavePer: 'request' },
      "slavePer must be one of 'context', 'query', got 'request'",
    ],
    ['a wrong reads', { reads: 'slave' }, "reads must be one of 'slaves', 'master', got 'slave'"],
    ['a router that is no function', { router: 'slave1' }, "router must be a function (query, context), got 'slave1'"], // prettier-ignore
    ['tables in a list', { tables: ['posts'] }, 'tables must be an object, got an array'],
    ['a logger without methods', { logger: {} }, 'logger must be an object with the methods debug(message) and warn(message), got an object with the keys (none)'], // prettier-ignore
    ['a name that is no text', { name: 5 }, 'name must be a text, got 5'],
    ['a time that Node takes for 1 ms', { health: { intervalMs: 1e10 } }, 'health.intervalMs must be a number of ms above 0, and 2147483647 at the most, got 10000000000'], // prettier-ignore
    ['a time that is no number', { bookmark: { waitMs: '20' } }, "bookmark.waitMs must be a number of ms, 0 or more, and 2147483647 at the most, got '20'"], // prettier-ignore
    ['failover: true', { failover: true }, 'failover must be an object, got true'],
    ['a share of more than all', { masterBudget: { share: 2 } }, 'masterBudget.share must be a number from 0 up to 1, got 2'], // prettier-ignore
    ['a flag in a text', { exposeDecisions: 'false' }, "exposeDecisions must be true or false, got 'false'"],
    ['a pool that is none', { pool: 5 }, 'pool must be an object, got 5'],
    ['a typo in a pool', { slaves: { slave1: { connection, pool: { mx: 5 } } } }, "slaves.slave1.pool has the unknown key 'mx' (did you mean 'max'?)"], // prettier-ignore
    ["a function of Knex's that is none", { wrapIdentifier: 'snake' }, "wrapIdentifier must be a function (name, original, context), got 'snake'"], // prettier-ignore
    ['an unknown key', { slave: {} }, "The options have the unknown key 'slave' (did you mean 'slaves'?). Known are: master, slaves,"], // prettier-ignore
    ['unknown keys', { balancr: 'random', foo: 1 }, "The options have the unknown key 'balancr' (did you mean 'balancer'?), 'foo'."], // prettier-ignore
    ['a connection for all', { connection }, "The options have the unknown key 'connection'."],
    ['an unknown key of a slave', { slaves: { slave2: { connection, wieght: 2 } } }, "slaves.slave2 has the unknown key 'wieght' (did you mean 'weight'?). Known are: "], // prettier-ignore
    [
      'an unknown key of the master',
      { master: { connection, poll: {} } },
      "master has the unknown key 'poll' (did you mean 'pool'?).",
    ],
    ['a weight of the master', { master: { connection, weight: 2 } }, "master has the unknown key 'weight'."],
    ['a client of one engine', { slaves: { slave2: { connection, client: 'mysql' } } }, "slaves.slave2 has the unknown key 'client'."], // prettier-ignore
  ])('%s', (_what, change, message) => {
    expect(() => resolved(change)).toThrow(InvalidOptionsError);
    expect(() => resolved(change)).toThrow(message);
  });

  it('a value of another kind, by whatever option', () => {
    const known = /Known are: (.*)\.$/.exec(refusalOf(() => resolved({ unknown: 1 })))![1]!.split(', ');
    expect(known.length).toBeGreaterThan(35);
    const taken = known.filter((key) => !refusalOf(() => resolved({ [key]: Symbol('x') })).startsWith(key));
    expect(taken).toEqual(['returning']); // Knex takes anything
  });

  it('no options at all', () => {
    expect(() => resolveOptions(undefined as unknown as DatabaseRoutingOptions)).toThrow(
      'The options must be an object, got undefined',
    );
  });

  it('a table on an engine that is not there, with those that are', () => {
    const wrong = () => resolved({ tables: { posts: 'slave1', logs: 'slave3' } });
    expect(wrong).toThrow(UnknownEngineError);
    expect(wrong).toThrow("tables.logs names the engine 'slave3', which is not configured. Use one of: master, slave1, slave2; or 'slave' for any slave."); // prettier-ignore
  });

  it('never shows a password', () => {
    const secret = { connection: { host: 'x', password: 'hunter2' } };
    for (const change of [
      { balancer: secret },
      { slaves: [secret] },
      { router: secret },
      { tables: [secret] },
    ]) {
      const message = refusalOf(() => resolved(change));
      expect(message).toContain('must be');
      expect(message).not.toContain('hunter2');
    }
  });
});
