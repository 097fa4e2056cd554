// One figure of `npm run bench -- tail`: how long reads take whose way the router of the variant chooses.
import { setTimeout as sleepMs } from 'node:timers/promises';
import { ask, settings, tell, variant } from './alternate.js';
import { DEADLINE_MS, withinDeadline } from './deadline.js';
import { routerNamed } from './routers/routers.js';

const { servers, seconds, perSecond, weights } = settings();
const [name, balancer] = variant.split(':');
/** From then on a slave that is slow should have been noticed. */
const NOTICED_MS = 3_000 * Math.min(1, seconds / 12);

const slaveOptions = Object.fromEntries(
  Object.entries(weights).map(([slave, weight]) => [slave, { weight }]),
);
const router = await routerNamed(name);
const options = balancer === 'defaults' ? {} : { balancer, hedge: false };
const access = await router.routed(servers, balancer ? { ...options, slaveOptions } : undefined);

const taken = [];
let failed = 0;

/** As it was meant to begin: what waits for those before it has waited too. */
async function one(dueMs, startMs) {
  try {
    await withinDeadline(access.run(() => access.read(1 + Math.floor(Math.random() * 1_000))));
  } catch {
    failed++;
    taken.push({ atMs: dueMs - startMs, ms: DEADLINE_MS });
    return;
  }
  taken.push({ atMs: dueMs - startMs, ms: performance.now() - dueMs });
}

/** So many a second, whether or not those before have ended, as strangers ask. */
async function load(forMs) {
  const startMs = performance.now();
  const running = [];
  for (let sent = 0; ;) {
    const nowMs = performance.now() - startMs;
    for (; sent < (Math.min(nowMs, forMs) / 1_000) * perSecond; sent++)
      running.push(one(startMs + (sent / perSecond) * 1_000, startMs));
    if (nowMs >= forMs) break;
    await sleepMs(1);
  }
  await Promise.all(running);
}

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

function quantiles(some) {
  const sorted = some.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return {
    slowest: sorted.at(-1),
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    p999: quantile(sorted, 0.999),
  };
}

await load(Math.min(2_000, seconds * 1_000));
taken.length = failed = 0;
const hedgedBefore = access.hedged?.() ?? 0;
await ask('fault');
await load(seconds * 1_000);
tell({
  ...quantiles(taken),
  noticed: quantiles(taken.filter(({ atMs }) => atMs >= NOTICED_MS)),
  more: ((access.hedged?.() ?? 0) - hedgedBefore) / taken.length,
  failed,
});
