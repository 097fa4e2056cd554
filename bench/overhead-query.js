// One figure: µs of CPU time per query of the variant `<bare|routed>:<work>`, with a driver that answers at once.
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
async function run(count) {
  for (let done = 0; done < count; done += UNIT) {
    if (side === 'bare') for (let i = 0; i < UNIT; i++) await WORK[work](bare);
    else
      await routing.run(async () => {
        for (let i = 0; i < UNIT; i++) await WORK[work](routing.knex);
      });
  }
}

await run(WARM_UP);
globalThis.gc();
const before = process.cpuUsage();
await run(QUERIES);
const { user, system } = process.cpuUsage(before);
tell((user + system) / QUERIES);
