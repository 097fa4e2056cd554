// One figure: µs of CPU time per query of the variant `<router>:<plain|routed>:<read|write>`, each library with its own
// unrouted self, all on a driver `pg` that answers at once.
import { createRequire } from 'node:module';
import { settings, tell, variant } from './alternate.js';
import { routerNamed } from './routers/routers.js';
import { stubPg } from './stub-pg.js';

const [name, side, work] = variant.split(':');
const QUERIES = 20_000 * settings().share;
/** Queries of one request. */
const UNIT = 4;

// the peers have a copy of their own, where they are there
for (const place of ['./', './peers/']) {
  const require = createRequire(new URL(`${place}package.json`, import.meta.url));
  stubPg(require('pg'));
}

const serverAt = (host) => ({ host, port: 5432, user: 'stub', password: 'stub', database: 'stub' });
const master = serverAt('master');
const slaves = { slave1: serverAt('slave1'), slave2: serverAt('slave2') };

const router = await routerNamed(name);
const access = side === 'plain' ? await router.plain(master) : await router.routed({ master, slaves });
const WORK = { read: () => access.read(1), write: () => access.write(1, 2) };

async function run(count) {
  for (let done = 0; done < count; done += UNIT) {
    await access.run(async () => {
      for (let i = 0; i < UNIT; i++) await WORK[work]();
    });
  }
}

await run(QUERIES / 4);
globalThis.gc();
const before = process.cpuUsage();
await run(QUERIES);
const { user, system } = process.cpuUsage(before);
tell((user + system) / QUERIES);
