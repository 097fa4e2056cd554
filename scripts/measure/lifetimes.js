// Whether requests and streams leave anything behind: heap, listeners, handles, connections. Then a thousand requests at once, against
// small pools. Exits with 1 where something has grown or was not answered.
// `npm run measure:lifetimes -- --requests 100000 --streams 2000`; a tenth of each says as much in CI.
import 'reflect-metadata';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DatabaseRouting, DatabaseRoutingModule, InjectKnex } from 'nestjs-database-routing';
import { startReplicatedPostgres } from 'nestjs-database-routing/testing';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    streams: { type: 'string', default: '2000' },
  },
});
const [REQUESTS, STREAMS] = [Number(values.requests), Number(values.streams)];
const AT_ONCE = 16;
const POOL_MAX = 4;
/** What V8 itself needs from run to run. */
const MOST_HEAP_MB = 3;

const db = await startReplicatedPostgres({ slaves: 2 });
await db.master.query('create table posts (id serial primary key, title text)');
await db.caughtUp();

class Posts {
  constructor(knex) {
    this.knex = knex;
  }
  list() {
    return this.knex('posts').select().limit(5);
  }
  async add() {
    await this.knex.transaction((trx) => trx('posts').insert({ title: 'one' }));
    return this.knex('posts').count();
  }
  stream() {
    return this.knex.raw('select n from generate_series(1, 50) n').stream().toArray();
  }
}
InjectKnex()(Posts, undefined, 0);
for (const [verb, name] of [
  [Get, 'list'],
  [Post, 'add'],
  [Get, 'stream'],
])
  verb(name)(Posts.prototype, name, Object.getOwnPropertyDescriptor(Posts.prototype, name));
Controller()(Posts);

class App {}
Module({
  imports: [
    DatabaseRoutingModule.forRoot({
      client: 'pg',
      pool: { min: 0, max: POOL_MAX },
      master: { connection: db.master.connection },
      slaves: Object.fromEntries(
        Object.values(db.slaves).map(({ name, connection }) => [name, { connection }]),
      ),
      bookmark: { secret: 'a-secret-of-all-processes-that-is-long' },
    }),
  ],
  controllers: [Posts],
})(App);

const app = await NestFactory.create(App, { logger: false });
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address();
const routing = app.get(DatabaseRouting);
await routing.ready();
await routing.asked();

const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });

function send(method, path, through = agent) {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', method, path, agent: through };
    const request = http.request(options, (response) => {
      response
        .resume()
        .on('end', () => resolve(response.statusCode))
        .on('error', reject);
    });
    request.on('error', reject).end();
  });
}

/** So many of them, `AT_ONCE` at a time. */
async function sendAll(count, one) {
  let left = count;
  const client = async () => {
    while (left-- > 0) {
      const status = await one(left);
      if (status >= 400) throw new Error(`answered with ${status}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
}

const request = (n) => (n % 10 === 0 ? send('POST', '/add') : send('GET', '/list'));
const stream = () => send('GET', '/stream');

/** What there is while nobody asks for anything. */
async function standing() {
  await sleep(500);
  for (let times = 0; times < 3; times++) global.gc();
  const inPool = ({ client: { pool } }) => [...(pool.used ?? []), ...(pool.free ?? [])];
  const engines = routing.engines.all();
  const connections = engines.flatMap(({ knex }) => inPool(knex).map(({ resource }) => resource));
  const listenersOf = (one) => one.eventNames().reduce((sum, event) => sum + one.listenerCount(event), 0);
  const ofConnections = connections.map((one) => listenersOf(one) + listenersOf(one.connection.stream));
  const of = (kind) => process.getActiveResourcesInfo().filter((one) => one === kind).length;
  return {
    heapMb: process.memoryUsage().heapUsed / 2 ** 20,
    listeners: listenersOf(process) + listenersOf(routing.events),
    listenersOfConnection: Math.max(...ofConnections),
    timers: of('Timeout'),
    sockets: of('TCPSocketWrap'),
    connections: connections.length,
    probes: engines.reduce((sum, { probes }) => sum + inPool(probes).length, 0),
    inFlight: routing.engines.all().reduce((sum, { inFlight }) => sum + inFlight, 0),
  };
}

const show = (what, { heapMb, ...counts }) =>
  console.log(`${what.padEnd(24)} heap ${heapMb.toFixed(1)} MB, ${JSON.stringify(counts)}`);

await sendAll(Math.min(REQUESTS, 20_000), request);
await sendAll(Math.min(STREAMS, 500), stream);
const before = await standing();
show('warm', before);
await sendAll(REQUESTS, request);
show(`${REQUESTS} requests`, await standing());
await sendAll(STREAMS, stream);
const after = await standing();
show(`${STREAMS} streams`, after);

const outcomes = {};
const many = new http.Agent({ keepAlive: false });
await Promise.all(
  Array.from({ length: 1_000 }, async (_, n) => {
    const outcome = await (n % 10 === 0 ? send('POST', '/add', many) : send('GET', '/list', many)).catch(
      ({ code }) => code,
    );
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }),
);
console.log(`a thousand at once       ${JSON.stringify(outcomes)}`);

agent.destroy();
await app.close();
await db.stop();
/** Pools may be fuller than they were when it was warm, up to their limit; those of probes up to three each while it is busy. */
const [own, probes] = [3 * POOL_MAX, Math.max(3 * 3, before.probes)];
const room = own - before.connections + probes - before.probes;
const limits = { ...before, connections: own, probes, sockets: before.sockets + room };
const counts = Object.keys(limits).filter((what) => what !== 'heapMb');
const grown = counts.filter((what) => after[what] > limits[what]);
if (after.heapMb - before.heapMb > MOST_HEAP_MB) grown.push('heapMb');
const isAnswered = Object.keys(outcomes).every((status) => status === '200' || status === '201');
console.log(grown.length > 0 ? `GROWN: ${grown.join(', ')}` : 'nothing has grown');
process.exitCode = grown.length > 0 || !isAnswered ? 1 : 0;
