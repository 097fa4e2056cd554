import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { promises as dns } from 'node:dns';
import {
  type DatabaseRouting,
  type DatabaseRoutingOptions,
  type DnsOptions,
  InvalidOptionsError,
  type SlaveSource,
  createDatabaseRouting,
  fromDns,
} from '../../../src/index.js';
import { eventually } from '../../integration/testing/eventually.js';
import { DnsServer } from './dns-server.js';

const INTERVAL_MS = 20;
const NOWHERE = 'postgres://127.0.0.1:1/none';

let server: DnsServer;
let routing: DatabaseRouting | undefined;
let warnings: string[];

beforeEach(async () => {
  warnings = [];
  server = await DnsServer.start([]);
});

afterEach(async () => {
  await routing?.destroy();
  routing = undefined;
  await server.close();
});

function resolver() {
  const own = new dns.Resolver({ timeout: 200, tries: 1 });
  own.setServers([server.address]);
  return own;
}

const connection: DnsOptions['connection'] = ({ host, port }) => `postgres://${host}:${port}/none`;

function start(options: Partial<DnsOptions> = {}): DatabaseRouting {
  return startWith(
    fromDns({
      host: 'slaves.test',
      intervalMs: INTERVAL_MS,
      connection,
      resolver: resolver(),
      ...options,
    }),
  );
}

function startWith(
  slaves: DatabaseRoutingOptions['slaves'],
  more: Partial<DatabaseRoutingOptions> = {},
): DatabaseRouting {
  return (routing = createDatabaseRouting({
    client: 'pg',
    master: { connection: NOWHERE },
    slaves,
    logger: {
      debug() {},
      warn: (text) => {
        if (!text.startsWith('Engine ')) warnings.push(text); // its engines are not there
      },
    },
    ...more,
  }));
}

const slavesOf = ({ engines }: DatabaseRouting) => engines.slaves.map(({ name }) => name).toSorted();
const found = (set: DatabaseRouting, names: readonly string[]) =>
  eventually(() => expect(slavesOf(set)).toEqual(names));

/** Until it has been asked twice more, so that what it said in between was heard. */
async function asked(): Promise<void> {
  const before = server.questions;
  await eventually(() => expect(server.questions).toBeGreaterThan(before + 1));
}

/** Until another set, which looks as often, has looked some times more. */
async function timeGoesBy(): Promise<void> {
  let looked = 0;
  const slaves: SlaveSource = { intervalMs: INTERVAL_MS, findSlaves: async () => (looked++, {}) };
  const other = createDatabaseRouting({ client: 'pg', master: { connection: NOWHERE }, slaves });
  await eventually(() => expect(looked).toBeGreaterThan(5));
  await other.destroy();
}

describe('slaves from the DNS', () => {
  it('are those that the name stands for, and come and go with it', async () => {
    server.zone = ['10.0.0.1', '10.0.0.2'];
    const set = start({ port: 6432 });
    await found(set, ['slave-10.0.0.1-6432', 'slave-10.0.0.2-6432']);
    server.zone = ['10.0.0.2', '10.0.0.3'];
    await found(set, ['slave-10.0.0.2-6432', 'slave-10.0.0.3-6432']);
    expect(warnings).toEqual([]);
  });

  it('are connected to as the options say, on port 5432 unless told otherwise', async () => {
    server.zone = ['10.0.0.1'];
    const asking: unknown[] = [];
    const set = start({ connection: (address) => (asking.push(address), NOWHERE) });
    await found(set, ['slave-10.0.0.1-5432']);
    expect(asking[0]).toEqual({ host: '10.0.0.1', port: 5432 });
  });

  it('have the port and weight of their SRV records, of the lowest priority only', async () => {
    server.zone = [
      { name: 'a.db.test', port: 5433, priority: 1, weight: 3 },
      { name: 'b.db.test', port: 5434, priority: 1, weight: 0 },
      { name: 'c.db.test', port: 5435, priority: 2, weight: 9 },
    ];
    const set = start({ type: 'SRV' });
    await found(set, ['slave-a.db.test-5433', 'slave-b.db.test-5434']);
    expect(set.engines.find('slave-a.db.test-5433')?.weight).toBe(3);
    expect(set.engines.find('slave-b.db.test-5434')?.weight).toBe(1);
    server.zone = [{ name: 'a.db.test', port: 5433, priority: 1, weight: 7 }];
    await found(set, ['slave-a.db.test-5433']);
    expect(set.engines.find('slave-a.db.test-5433')?.weight).toBe(7);
  });

  it.each([
    ['an empty answer', []],
    ['a failing server', 'broken'],
    ['a silent server', 'silent'],
  ] as const)('stay after %s, which is warned of once until it works again', async (_what, zone) => {
    server.zone = ['10.0.0.1'];
    const set = start();
    await found(set, ['slave-10.0.0.1-5432']);
    server.zone = zone;
    await asked();
    await eventually(() => expect(warnings).toHaveLength(1));
    await asked();
    expect(slavesOf(set)).toEqual(['slave-10.0.0.1-5432']);
    expect(warnings).toEqual([expect.stringMatching(/^Looking for slaves failed, those .* stay: /)]);
    server.zone = ['10.0.0.2'];
    await found(set, ['slave-10.0.0.2-5432']);
    server.zone = 'broken';
    await eventually(() => expect(warnings).toHaveLength(2));
  });

  it('are balanced from the beginning: what clients carry is there before they are', async () => {
    server.zone = 'silent';
    const set = start();
    expect([set.engines.balancing, set.carrier !== undefined]).toEqual([true, true]);
    expect(set.run(() => set.explain(set.knex('posts').select()))).toMatchObject({ reason: 'no-slave' });
  });

  it('are not looked for after destroy(), and again after initialize()', async () => {
    server.zone = ['10.0.0.1'];
    const set = start();
    await found(set, ['slave-10.0.0.1-5432']);
    await set.destroy();
    await timeGoesBy(); // for a question that was on its way
    const { questions } = server;
    server.zone = ['10.0.0.2'];
    await timeGoesBy();
    expect([server.questions, slavesOf(set)]).toEqual([questions, ['slave-10.0.0.1-5432']]);
    set.knex.initialize();
    await found(set, ['slave-10.0.0.2-5432']);
  });

  it('keep nobody waiting who ends while a name server is silent', async () => {
    server.zone = 'silent';
    const patient = new dns.Resolver({ timeout: 60_000, tries: 1 });
    patient.setServers([server.address]);
    const source = fromDns({ host: 'slaves.test', connection, resolver: patient });
    const ending = new AbortController();
    const finding = source.findSlaves(ending.signal);
    ending.abort();
    await expect(finding).rejects.toMatchObject({ code: 'ECANCELLED' }); // at once, not after its minute
  });
});

describe('slaves from a source of one’s own', () => {
  it('come and go as it says, beside those that were added by hand', async () => {
    let names = ['a', 'b'];
    const source: SlaveSource = {
      intervalMs: INTERVAL_MS,
      findSlaves: async () => Object.fromEntries(names.map((name) => [name, { connection: NOWHERE }])),
    };
    const set = startWith(source);
    await found(set, ['a', 'b']);
    set.engines.add('by-hand', { connection: NOWHERE });
    names = ['b', 'c'];
    await found(set, ['b', 'by-hand', 'c']);
  });

  it('are without those that can’t be added, of which is warned', async () => {
    const findSlaves = async () => ({ master: { connection: NOWHERE }, a: { connection: NOWHERE } });
    const set = startWith({ intervalMs: INTERVAL_MS, findSlaves });
    await found(set, ['a']);
    await eventually(() => expect(warnings).toEqual([expect.stringContaining('there is one of that name')]));
  });

  it('keep what runs on them until it has ended', async () => {
    let isThere = true;
    const b = { b: { connection: NOWHERE } };
    const findSlaves = async () => ({ ...b, ...(isThere && { a: { connection: NOWHERE } }) });
    const set = startWith({ intervalMs: INTERVAL_MS, findSlaves });
    await found(set, ['a', 'b']);
    const a = set.engines.find('a')!;
    a.inFlight++;
    isThere = false;
    await eventually(() => expect(a.state.kind).toBe('draining'));
    isThere = true;
    await timeGoesBy();
    expect(set.engines.find('a')).toBe(a);
    a.inFlight--;
    await eventually(() => expect(set.engines.find('a')).not.toBe(a));
    await found(set, ['a', 'b']);
  });

  it('stay when they were promoted, whether they are found or not', async () => {
    let names = ['a', 'b'];
    const findSlaves = async () => Object.fromEntries(names.map((name) => [name, { connection: NOWHERE }]));
    const set = startWith({ intervalMs: INTERVAL_MS, findSlaves });
    await found(set, ['a', 'b']);
    set.engines.promote(set.engines.find('a')!);
    names = ['b'];
    await timeGoesBy();
    expect([set.engines.master.name, slavesOf(set), warnings]).toEqual(['a', ['b', 'master'], []]);
  });

  it('are refused where the source can’t work', () => {
    const source = (options: object) => () =>
      startWith({ findSlaves: async () => ({}), ...options } as SlaveSource);
    expect(source({ intervalMs: 0 })).toThrow(
      'slaves.intervalMs must be a number of ms above 0, and 2147483647 at the most, got 0',
    );
  });
});

describe('options of fromDns', () => {
  it.each<[string, object, string]>([
    ['no name', { host: '' }, "fromDns().host must be a name in the DNS, got ''"],
    ['another type', { type: 'AAAA' }, "fromDns().type must be one of 'A', 'SRV', got 'AAAA'"],
    ['no port', { port: 70_000 }, 'fromDns().port must be a number from 1 up to 65535, got 70000'],
    ['no function', { connection: NOWHERE }, 'fromDns().connection must be a function'],
    ['a key that is none', { hosts: 'a' }, "fromDns() has the unknown key 'hosts'"],
  ])('are refused: %s', (_what, options, message) => {
    const make = () => fromDns({ host: 'slaves.test', connection, ...options });
    expect(make).toThrow(InvalidOptionsError);
    expect(make).toThrow(message);
  });
});
