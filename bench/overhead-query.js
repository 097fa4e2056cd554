// One figure: µs of CPU time per query of the variant `<bare|als|routed>:<work>`, with a driver that answers at once, or on
// the servers of the settings.
import { AsyncLocalStorage } from 'node:async_hooks';
import knex from 'knex';
import { createDatabaseRouting } from 'nestjs-database-routing';
import { settings, tell, variant } from './alternate.js';
import { WORK, assertRouted, optionsFor } from './queries.js';

const [side, work] = variant.split(':');
const { share = 1, servers } = settings();
const QUERIES = (servers ? 10_000 : 60_000) * share;
/** Until then Node still compiles. */
const WARM_UP = QUERIES / 2;
/** How many are under way at a time, where there is something to wait for. */
const CLIENTS = servers ? 8 : 1;

const options = optionsFor(work, servers, { min: 0, max: CLIENTS });
const bare = knex(options.bare);
const routing = createDatabaseRouting(options.routed);
await routing.ready();
await routing.asked();
if (side === 'routed') await assertRouted(routing, work); // a context costs Node 20 something from the first on

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
