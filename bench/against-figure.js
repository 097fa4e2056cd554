// One figure for each side of the variant `<forth|back>:<work>`: µs of CPU time per query of a bare Knex, and of the builds of the
// settings, which are loaded in their order or the other way round. All are in this process and run a few queries in turn.
import knex from 'knex';
import { settings, tell, variant } from './alternate.js';
import { WORK, assertRouted, optionsFor } from './queries.js';

const [order, work] = variant.split(':');
const { share = 1, servers, builds, most } = settings();
const SLICES = Math.round((servers ? 300 : 1_500) * share);
/** Until then Node still compiles. */
const WARM_UP = SLICES / 2;
/** Queries of a slice: a few contexts, as requests would have, of so many queries. */
const SLICE = 40;
const UNIT = 4;
/** How many are under way at a time, where there is something to wait for. */
const CLIENTS = servers ? 8 : 1;

const options = optionsFor(work, servers, { min: 0, max: most ?? CLIENTS });
const bare = knex(options.bare);
const sides = { bare: (queries) => queries(bare) };
const names = Object.keys(builds);
for (const name of order === 'forth' ? names : names.toReversed()) {
  const { createDatabaseRouting } = await import(builds[name]);
  const routing = createDatabaseRouting(options.routed);
  await routing.ready();
  await routing.asked();
  await assertRouted(routing, work);
  sides[name] = (queries) => routing.run(() => queries(routing.knex));
}

async function unit(db) {
  for (let i = 0; i < UNIT; i++) await WORK[work](db);
}

async function slice(side) {
  let left = SLICE;
  const client = async () => {
    for (; left > 0; left -= UNIT) await sides[side](unit);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** The CPU time that each side took. */
async function run(slices) {
  const turns = Object.keys(sides);
  const used = Object.fromEntries(turns.map((side) => [side, 0]));
  for (let done = 0; done < slices; done++) {
    for (const side of done % 2 === 0 ? turns : turns.toReversed()) {
      const before = process.cpuUsage();
      await slice(side);
      const { user, system } = process.cpuUsage(before);
      used[side] += user + system;
    }
  }
  return Object.entries(used).map(([side, time]) => [side, time / slices / SLICE]);
}

await run(WARM_UP);
globalThis.gc();
tell(Object.fromEntries(await run(SLICES)));
