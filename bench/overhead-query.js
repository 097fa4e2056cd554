// One figure: µs of CPU time per query of the variant `<bare|routed>:<work>`, with a driver that answers at once.
import knex from 'knex';
import { createDatabaseRouting } from 'nestjs-database-routing';
import { StubClient } from './stub-client.js';

const [side, work] = process.argv[2].split(':');
const WARM_UP = 4_000;
const QUERIES = 20_000;

const WORK = {
  'primary-key read': (db) => db('posts').where({ id: 1 }).first(),
  '20-row read': (db) => db('posts').where('id', '>', 1).orderBy('id').limit(20),
  'raw read': (db) => db.raw('select * from posts where id = ?', [1]),
  insert: (db) => db('posts').insert({ title: 'a', body: 'b' }),
  transaction: (db) => db.transaction((trx) => trx('posts').where({ id: 1 }).update({ title: 'b' })),
};

const connection = { host: 'stub' };
const slaves = { slave1: { connection }, slave2: { connection } };
const bare = knex({ client: StubClient, connection });
const routing = createDatabaseRouting({
  client: StubClient,
  master: { connection },
  slaves,
  bookmark: { secret: 'x'.repeat(32) },
});
await routing.ready();

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
process.send((user + system) / QUERIES, () => process.exit());
