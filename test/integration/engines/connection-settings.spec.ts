import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConnectionSettingsError,
  type DatabaseRouting,
  type DatabaseRoutingOptions,
  WriteFailedError,
  createDatabaseRouting,
} from '../../../src/index.js';
import type { PostgresServer, ReplicatedPostgres } from '../../../src/testing/index.js';
import { answeringNode, startReplicatedNodes, writePost } from '../../apps/replicated-nodes.js';
import { eventually } from '../testing/eventually.js';

/** Nobody is slow or lags here, but on a busy machine an answer may take a while. */
const PATIENT_MS = 2_000;

let replication: ReplicatedPostgres;
let routing: DatabaseRouting;
/** What the functions answer, by engine; and how often they were asked. */
let passwords: Record<string, string | Error>;
let asked: number;

beforeAll(async () => {
  replication = await startReplicatedNodes();
  await replication.master.query('CREATE ROLE app LOGIN');
  await replication.master.query('GRANT ALL ON ALL TABLES IN SCHEMA public TO app');
  await replication.master.query('GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app');
});

beforeEach(async () => {
  await rotateTo('first');
  passwords = { master: 'first', slave1: 'first', slave2: 'first' };
  asked = 0;
  routing = createDatabaseRouting(optionsWith());
});

afterEach(() => routing.destroy());
afterAll(() => replication.stop());

function optionsWith(): DatabaseRoutingOptions {
  const { master, slaves } = replication;
  return {
    client: 'pg',
    pool: { min: 0, max: 5 },
    log: { warn() {}, error() {}, debug() {}, deprecate() {} }, // of connections that fail as they should
    health: { intervalMs: 50, slowMs: PATIENT_MS },
    bookmark: { waitMs: PATIENT_MS },
    master: { connection: settingsOf(master) },
    slaves: {
      slave1: { connection: settingsOf(slaves['slave1']!) },
      slave2: { connection: settingsOf(slaves['slave2']!) },
    },
    balancer: 'round-robin',
  };
}

function settingsOf({ name, connection }: PostgresServer) {
  return async () => {
    asked++;
    const password = passwords[name]!;
    if (typeof password !== 'string') throw password;
    return { ...connection, user: 'app', password };
  };
}

async function rotateTo(password: string): Promise<void> {
  await replication.master.query(`ALTER ROLE app PASSWORD '${password}'`);
  await replication.caughtUp();
}

/** Ends the app's connections, those of the probes too, so that new ones must be made. */
async function endConnections(): Promise<void> {
  for (const server of [replication.master, ...Object.values(replication.slaves)])
    await server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'");
}

/** Each in a context of its own, so that they are spread over the slaves. */
async function readers(count: number): Promise<string[]> {
  const reads = Array.from({ length: count }, () => routing.run(() => answeringNode(routing.knex)));
  return [...new Set(await Promise.all(reads))].toSorted();
}

const stateOf = (name: string) => routing.engines.find(name)!.state;

describe('settings that a function gives', () => {
  it('are asked for with each new connection, so that a password may rotate while the app runs', async () => {
    await writePost(routing.knex);
    await eventually(async () => expect(await readers(8)).toEqual(['slave1', 'slave2']));
    await rotateTo('second');
    passwords = { master: 'second', slave1: 'second', slave2: 'second' };
    await endConnections();
    await eventually(async () => expect(await readers(8)).toEqual(['slave1', 'slave2']));
    await eventually(() => writePost(routing.knex));
    for (const { probes } of routing.engines.all())
      await eventually(async () => expect((await probes.raw('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]));
  });

  it('are not asked for with each query', async () => {
    await readers(1);
    await eventually(() => expect(stateOf('slave1').kind).toBe('up'));
    for (let i = 0; i < 20; i++) await writePost(routing.knex);
    const { master } = routing.engines;
    expect(asked).toBeLessThan(15);
    expect(master.inFlight).toBe(0);
  });

  it('are kept for as long as they say, where they say when they expire', async () => {
    let isExpired = false;
    let times = 0;
    const connection = async () => {
      times++;
      isExpired = false;
      return { ...replication.master.connection, expirationChecker: () => isExpired };
    };
    const set = createDatabaseRouting({ client: 'pg', pool: { min: 0, max: 5 }, master: { connection } });
    const three = () => Promise.all([1, 2, 3].map(() => set.knex.raw('SELECT pg_sleep(0.05)')));
    await set.knex.raw('SELECT 1');
    const before = times;
    await three();
    expect(times).toBe(before);
    isExpired = true;
    await three();
    expect(times).toBeGreaterThan(before);
    await set.destroy();
  });

  it('take a slave out while its password is wrong, and no read fails', async () => {
    passwords['slave1'] = 'forgotten';
    for (let round = 0; round < 5; round++) expect(await readers(8)).toEqual(['slave2']);
    expect(stateOf('slave1')).toMatchObject({
      kind: 'down',
      because: expect.stringContaining('password authentication failed'),
    });
    passwords['slave1'] = 'first';
    await eventually(async () => expect(await readers(8)).toEqual(['slave1', 'slave2']));
  });

  it('take a slave out while its function fails, and no read fails', async () => {
    passwords['slave1'] = new Error('the vault is sealed');
    for (let round = 0; round < 5; round++) expect(await readers(8)).toEqual(['slave2']);
    expect(stateOf('slave1')).toMatchObject({
      kind: 'down',
      because: expect.stringContaining('The `connection` function of slave1 failed: the vault is sealed'),
    });
  });

  it('leave no doubt about a write where the master’s function fails', async () => {
    passwords['master'] = new Error('the vault is sealed');
    const failed: unknown = await writePost(routing.knex).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(WriteFailedError);
    expect(failed).toMatchObject({ mayHaveBeenApplied: false, cause: expect.any(ConnectionSettingsError) });
  });
});
