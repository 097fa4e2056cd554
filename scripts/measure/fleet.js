/**
 * How many connections and questions a fleet of processes costs, counted before each server: idle, busy, where clients wait, where
 * slaves are a second late, at a deploy, and after somebody else's DDL. A set of engines stands for a process, since sets share nothing.
 * Prints what one process asks of the master and of each slave in a second, and what three hundred would.
 * Usage: npm run measure:fleet [-- processes [slaves [seconds of each row]]]
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabaseRouting } from 'nestjs-database-routing';
import { startReplicatedPostgres } from 'nestjs-database-routing/testing';

const [PROCESSES = 10, SLAVES = 2, SECONDS = 15] = process.argv.slice(2).map(Number);
const FLEET = 300;
/** Between two reads of a process. */
const READ_EVERY_MS = 20;
const quiet = { debug() {}, warn() {}, error() {} };

/** Counts how often clients ask a server: what they send until it answers is one question. */
async function counterBefore({ name, connection }) {
  const counter = { name, trips: 0 };
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: connection.host, port: connection.port, noDelay: true });
    let isAsking = false;
    client.on('data', (data) => {
      if (!isAsking) counter.trips++;
      isAsking = true;
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      isAsking = false;
      client.write(data);
    });
    client.on('close', () => upstream.destroy()).on('error', () => upstream.destroy());
    upstream.on('close', () => client.destroy()).on('error', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  counter.connection = { ...connection, host: '127.0.0.1', port: server.address().port };
  counter.close = () => server.close();
  return counter;
}

const replication = await startReplicatedPostgres({ slaves: SLAVES });
const servers = [replication.master, ...Object.values(replication.slaves)];
await replication.master.query('CREATE TABLE things (id serial PRIMARY KEY, process int, value int)');
await replication.caughtUp();
const [master, ...slaves] = await Promise.all(servers.map(counterBefore));
const counters = [master, ...slaves];

/** Queries of the app's own, by server. */
const own = new Map();
const fleet = Array.from({ length: PROCESSES }, () => {
  const routing = createDatabaseRouting({
    client: 'pg',
    pool: { min: 0, max: 4 },
    master: { connection: master.connection },
    slaves: Object.fromEntries(slaves.map(({ name, connection }) => [name, { connection }])),
    bookmark: { secret: 'of this measurement alone, and long enough' },
    readThenWrite: 'off',
    logger: quiet,
  });
  routing.events.on('decision', ({ engine }) => own.set(engine, (own.get(engine) ?? 0) + 1));
  return routing;
});

/** Questions of a row, beside the app's own queries: each server's, by process. */
async function questions(work) {
  const [before, ownBefore] = [counters.map(({ trips }) => trips), new Map(own)];
  const sinceMs = performance.now();
  await work();
  const seconds = (performance.now() - sinceMs) / 1000;
  return {
    seconds,
    of: counters.map(
      ({ name, trips }, at) =>
        (trips - before[at] - ((own.get(name) ?? 0) - (ownBefore.get(name) ?? 0))) / PROCESSES,
    ),
  };
}

/** Those of a process, to each server. */
function connections() {
  const sql = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE backend_type = 'client backend'";
  return Promise.all(
    servers.map(async (server) => ((await server.query(sql))[0].n - 1) / PROCESSES), // without the one that asks
  );
}

function print(row, { seconds, of }, per = seconds) {
  const [ofMaster, ...ofSlaves] = of.map((count) => count / per);
  const ofSlave = Math.max(...ofSlaves);
  const cells = [ofMaster, ofSlave, ofMaster * FLEET, ofSlave * FLEET];
  console.log(row.padEnd(44) + cells.map((cell) => cell.toFixed(cell < 10 ? 2 : 0).padStart(10)).join(''));
}

/** Each process reads as one client does, who brings a bookmark, and writes now and then. */
async function load(writeShare) {
  const untilMs = performance.now() + SECONDS * 1000;
  await Promise.all(
    fleet.map(async (routing, process) => {
      await sleep(Math.random() * READ_EVERY_MS);
      let bookmark;
      while (performance.now() < untilMs) {
        await routing.run({ bookmark }, async () => {
          const writes = Math.random() < writeShare;
          if (writes) await routing.knex('things').insert({ process, value: 1 });
          else await routing.knex('things').where({ process }).orderBy('id', 'desc').first();
          bookmark = (await routing.bookmark()) ?? bookmark;
        });
        await sleep(READ_EVERY_MS);
      }
    }),
  );
}

console.log(
  `${PROCESSES} processes, ${SLAVES} slaves, ${1000 / READ_EVERY_MS} requests a second each, ${SECONDS} s a row`,
);
console.log(`${''.padEnd(44)}${'a process, a second'.padStart(20)}${`${FLEET} processes`.padStart(20)}`);
console.log(
  ''.padEnd(44) + ['master', 'a slave', 'master', 'a slave'].map((head) => head.padStart(10)).join(''),
);
print(
  'a deploy, in all',
  await questions(() => Promise.all(fleet.map((routing) => Promise.all([routing.ready(), routing.asked()])))),
  1,
);
print('reads alone', await questions(() => load(0)));
print('5 % writes, slaves as fast as they are', await questions(() => load(0.05)));
for (const slave of Object.values(replication.slaves)) await slave.delay(1000);
print('5 % writes, slaves 1 s late', await questions(() => load(0.05)));
for (const slave of Object.values(replication.slaves)) await slave.delay(0);
const others = await questions(async () => {
  await replication.master.query('CREATE TABLE of_others (id int)');
  await load(0);
});
print("reads alone, and somebody else's DDL", others);
const busy = await connections();
await sleep(40_000); // until nothing counts as used any more, and pools have closed what they don't need
print('idle', await questions(() => sleep(Math.max(SECONDS, 20) * 1000)));
const atRest = await connections();
for (const [when, [toMaster, ...toSlaves]] of Object.entries({ busy, idle: atRest }))
  console.log(
    `connections of a process, ${when}: ${toMaster.toFixed(1)} to the master, ${Math.max(...toSlaves).toFixed(1)} to a slave`,
  );
for (const routing of fleet) await routing.destroy();
for (const { close } of counters) close();
await replication.stop();
