import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { promises as dns } from 'node:dns';
import { type DatabaseRouting, createDatabaseRouting, fromDns } from '../../../src/index.js';
import type { PostgresServer, ReplicatedPostgres } from '../../../src/testing/index.js';
import { answeringNode, startReplicatedNodes } from '../../apps/replicated-nodes.js';
import { eventually } from '../testing/eventually.js';
import { DnsServer } from '../../unit/discovery/dns-server.js';

let replication: ReplicatedPostgres;
let names: DnsServer;
let routing: DatabaseRouting;

beforeAll(async () => {
  replication = await startReplicatedNodes();
  names = await DnsServer.start([recordOf(replication.slave('slave1'))]);
  const resolver = new dns.Resolver();
  resolver.setServers([names.address]);
  const { master } = replication;
  routing = createDatabaseRouting({
    client: 'pg',
    master: { connection: master.connection },
    slaves: fromDns({
      host: 'slaves.test',
      type: 'SRV',
      intervalMs: 50,
      resolver,
      connection: ({ host, port }) => ({ ...master.connection, host, port }),
    }),
  });
});

afterAll(async () => {
  await routing.destroy();
  await names.close();
  await replication.stop();
});

function recordOf({ connection }: PostgresServer) {
  return { name: '127.0.0.1', port: connection.port, priority: 0, weight: 1 };
}

/** Reads from several contexts at a time, and counts who has answered since the last look. */
class Load {
  readonly failures: unknown[] = [];
  answers: Record<string, number> = {};
  private isOn = true;
  private readonly readers = [1, 2, 3, 4].map(() => this.read());

  look(): string[] {
    const answering = Object.keys(this.answers).toSorted();
    this.answers = {};
    return answering;
  }

  async stop(): Promise<void> {
    this.isOn = false;
    await Promise.all(this.readers);
  }

  private async read(): Promise<void> {
    while (this.isOn) {
      await routing
        .run(() => answeringNode(routing.knex))
        .then(
          (node) => (this.answers[node] = (this.answers[node] ?? 0) + 1),
          (error: unknown) => this.failures.push(error),
        );
    }
  }
}

it('sends reads to slaves as they appear in the DNS and disappear from it, and none of them fails', async () => {
  const [slave1, slave2] = [replication.slave('slave1'), replication.slave('slave2')];
  const load = new Load();
  const served = (by: string[]) => eventually(() => expect(load.look()).toEqual(by));
  await served(['slave1']);
  names.zone = [recordOf(slave1), recordOf(slave2)];
  await served(['slave1', 'slave2']);
  names.zone = [recordOf(slave2)];
  await served(['slave2']);
  await slave1.stop();
  await eventually(() => expect(routing.engines.slaves).toHaveLength(1));
  await served(['slave2']);
  await load.stop();
  expect(load.failures).toEqual([]);
});
