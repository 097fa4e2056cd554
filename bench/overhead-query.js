// One figure: µs of CPU time per query of the variant `<bare|als|routed>:<work>`, with a driver that answers at once, or on
// the servers of the settings.
import { AsyncLocalStorage } from 'node:async_hooks';
import knex from 'knex';
import { createDatabaseRouting } from 'nestjs-database-routing';
import { settings, tell, variant } from './alternate.js';
import { stubEngines } from './stub-client.js';

const [side, work] = variant.split(':');
const { share = 1, servers } = settings();
const QUERIES = (servers ? 10_000 : 60_000) * share;
/** Until then Node still compiles. */
const WARM_UP = QUERIES / 2;
/** How many are under way at a time, where there is something to wait for. */
const CLIENTS = servers ? 8 : 1;

let id = process.pid * 10_000;

const WORK = {
  'primary-key read': (db) => db('posts').where({ id: 1 }).first(),
  '20-row read': (db) => db('posts').where('id', '>', 1).orderBy('id').limit(20),
  'raw read': (db) => db.raw('select * from posts where id = ?', [1]),
  insert: (db) => db('posts').insert({ id: id++, version: 1 }),
  transaction: (db) => db.transaction((trx) => trx('posts').where({ id: 1 }).update({ version: 2 })),
};

const pool = { min: 0, max: CLIENTS };
const engines = servers ? realEngines() : stubEngines(2);
const reads = work.endsWith('read');
const bare = knex({ client: engines.client, pool, ...(reads ? engines.slaves.slave1 : engines.master) });
const routing = createDatabaseRouting({ ...engines, pool });
await routing.ready();
await routing.asked();

function realEngines() {
  const slaves = Object.entries(servers.slaves).map(([name, connection]) => [name, { connection }]);
  return { client: 'pg', master: { connection: servers.master }, slaves: Object.fromEntries(slaves) };
}

/** A context each 4 queries, as a request would have: a bare Knex has none. */
const UNIT = 4;
const storage = new AsyncLocalStorage();
const SIDES = {
  bare: (queries) => queries(bare),
  /** What Node itself takes for a context that promises carry. */
  als: (queries) => storage.run({}, () => queries(bare)),
  routed: (queries) => routing.run(() => queries(routing.knex)),
};

async function unit(db) {
  for (let i = 0; i < UNIT; i++) await WORK[work](db);
}

async function run(count) {
  let left = count;
  const client = async () => {
    for (; left > 0; left -= UNIT) await SIDES[side](unit);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

await run(WARM_UP);
globalThis.gc();
const before = process.cpuUsage();
await run(QUERIES);
const { user, system } = process.cpuUsage(before);
tell((user + system) / QUERIES);
