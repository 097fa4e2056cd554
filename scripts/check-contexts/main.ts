import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { DatabaseRouting } from '../../src/index.js';
import { freePort } from '../../src/testing/free-port.js';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../src/testing/index.js';
import { positiveNumber } from '../common/positive-number.js';
import { appOf } from './app.js';
import { AT_ONCE, Clients } from './clients.js';
import { Watch } from './watch.js';

const DEFAULT_CONTEXTS = 20_000;

const USAGE = `npm run check:contexts -- [--contexts N]

Requests, GraphQL operations, messages over sockets and TCP, and jobs run side by side, ${AT_ONCE} at a time, on a master and two
slaves. None may find an engine, a write, a pin or the history of another one in its context.

  --contexts N   how many in all (default ${DEFAULT_CONTEXTS})`;

const { values } = parseArgs({
  options: { contexts: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
if (values.help) console.log(USAGE);
else await main(positiveNumber('contexts', values.contexts) ?? DEFAULT_CONTEXTS);

async function main(contexts: number): Promise<void> {
  const replication = await startReplicatedPostgres({ slaves: 2 });
  try {
    const { watch, seconds } = await run(replication, contexts);
    for (const where of Object.keys(watch.seen).toSorted()) console.log(`${where}: ${watch.seen[where]}`);
    const total = Object.values(watch.seen).reduce((sum, count) => sum + count, 0);
    for (const fault of new Set(watch.faults.slice(0, 1000))) console.log(`LEAKED: ${fault}`);
    const holds = watch.faults.length === 0 && total >= contexts;
    console.log(
      `${holds ? 'HOLDS' : 'DOES NOT HOLD'}: ${watch.faults.length} leaks in ${total} contexts, in ${seconds} s`,
    );
    process.exitCode = holds ? 0 : 1;
  } finally {
    await replication.stop();
  }
}

async function run(
  replication: ReplicatedPostgres,
  contexts: number,
): Promise<{ watch: Watch; seconds: number }> {
  await createTables(replication);
  const { master, slaves } = replication;
  const port = await freePort();
  const connections = Object.entries(slaves).map(([name, { connection }]) => [name, { connection }]);
  const app = await NestFactory.create(
    appOf({
      client: 'pg',
      pool: { min: 0, max: 20 },
      master: { connection: master.connection },
      slaves: Object.fromEntries(connections),
      readThenWrite: 'off',
      bookmark: { messages: true },
    }),
    { logger: ['fatal', 'error'] },
  );
  app.useWebSocketAdapter(new WsAdapter(app));
  app.connectMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  await app.get(DatabaseRouting).ready();
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  const clients = await Clients.connect(app, client);
  const startedAt = performance.now();
  await clients.work(contexts);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  client.close();
  await app.close();
  return { watch: app.get(Watch), seconds };
}

async function createTables(replication: ReplicatedPostgres): Promise<void> {
  const { master } = replication;
  await master.query('CREATE TABLE posts (id serial PRIMARY KEY, title text)');
  await master.query(`INSERT INTO posts (title) VALUES ('one')`);
  for (const n of [0, 1, 2, 3])
    await master.query(`CREATE TABLE notes_${n} (id serial PRIMARY KEY, text text)`);
  await replication.caughtUp();
}
