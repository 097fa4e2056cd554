// One figure: µs of CPU time per query of the variant `<bare|als|routed>:<work>`, with a driver that answers at once.
import { AsyncLocalStorage } from 'node:async_hooks';
import knex from 'knex';
import { createDatabaseRouting } from 'nestjs-database-routing';
import { settings, tell, variant } from './alternate.js';
import { StubClient, stubEngines } from './stub-client.js';

const [side, work] = variant.split(':');
const { share = 1 } = settings();
const QUERIES = 20_000 * share;
const WARM_UP = QUERIES / 5;

const WORK = {
  'primary-key read': (db) => db('posts').where({ id: 1 }).first(),
  '20-row read': (db) => db('posts').where('id', '>', 1).orderBy('id').limit(20),
  'raw read': (db) => db.raw('select * from posts where id = ?', [1]),
  insert: (db) => db('posts').insert({ title: 'a', body: 'b' }),
  transaction: (db) => db.transaction((trx) => trx('posts').where({ id: 1 }).update({ title: 'b' })),
};

const bare = knex({ client: StubClient, connection: { host: 'master' } });
const routing = createDatabaseRouting(stubEngines(2));
await routing.ready();
await routing.asked();

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
  for (let done = 0; done < count; done += UNIT) await SIDES[side](unit);
}

await run(WARM_UP);
globalThis.gc();
const before = process.cpuUsage();
await run(QUERIES);
const { user, system } = process.cpuUsage(before);
tell((user + system) / QUERIES);
