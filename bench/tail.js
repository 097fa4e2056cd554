import { alternate, median, quartiles } from './alternate.js';
import { behindProxies, startReplication } from './replication.js';
import { routerNamed } from './routers/routers.js';

const SCRIPT = new URL('./tail-figure.js', import.meta.url);
const SECONDS = 12;
const PER_SECOND = 250;
const SLAVES = 4;
const VICTIM = 'slave1';
const EVEN = {};
/** The one that is slow gets 4 of 7 reads; the recipe has no weights. */
const UNEVEN = { [VICTIM]: 4 };

const BALANCERS = ['random', 'round-robin', 'least-busy'];
/** As it comes: `least-busy`, and late reads are asked of a second slave. The others are without that. */
const DEFAULTS = 'defaults';

const CASES = [
  { name: 'all well', weights: EVEN, fault: async () => {} },
  { name: 'one of four +50 ms', weights: EVEN, fault: async (proxy) => (proxy.latencyMs = 50) },
  { name: 'one of four +500 ms', weights: EVEN, fault: async (proxy) => (proxy.latencyMs = 500) },
  { name: 'one of four frozen', weights: EVEN, fault: (proxy) => proxy.blackHole() },
  { name: 'one of four frozen by SIGSTOP', weights: EVEN, fault: (_proxy, slave) => slave.freeze() },
  { name: 'weights 4:1:1:1, all well', weights: UNEVEN, fault: async () => {} },
  {
    name: 'weights 4:1:1:1, the first +50 ms',
    weights: UNEVEN,
    fault: async (proxy) => (proxy.latencyMs = 50),
  },
];

/** How long reads take while one slave of four is not as it should be. */
export async function tail({ rounds, work, routers, cases }) {
  const titles = await titlesOf(routers);
  const replication = await startReplication(SLAVES);
  try {
    const { servers, proxies } = await behindProxies(replication);
    const victim = proxies[VICTIM];
    const results = new Map();
    for (const { name, weights, fault } of CASES.filter((one) => one.name.includes(cases))) {
      const settings = {
        title: `tail, ${name}`,
        servers,
        weights,
        seconds: SECONDS * work,
        perSecond: PER_SECOND,
      };
      const slave = replication.slave(VICTIM);
      const asks = { fault: () => fault(victim, slave), after: () => heal(victim, slave) };
      // without weights of its own there is nothing to see of the others
      const variants = [...titles.keys()].filter((variant) => weights === EVEN || variant.startsWith('ours'));
      results.set(name, await alternate(SCRIPT, variants, rounds, settings, asks));
    }
    await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
    return {
      tables: [table(results, titles, SECONDS * work)],
      raw: Object.fromEntries([...results].map(([name, figures]) => [name, Object.fromEntries(figures)])),
    };
  } finally {
    await replication.stop();
  }
}

/** What is compared, by the variant's name: each of our balancers, and the others as they are. */
async function titlesOf(routers) {
  const titles = new Map();
  for (const router of routers) {
    const { name } = await routerNamed(router);
    if (router !== 'ours') titles.set(router, name);
    else {
      titles.set(`ours:${DEFAULTS}`, 'ours, defaults');
      for (const balancer of BALANCERS) titles.set(`ours:${balancer}`, `ours, ${balancer}, no hedge`);
    }
  }
  return titles;
}

/** Connections of the process that is gone must not wait in the black hole. */
async function heal(proxy, slave) {
  if (slave.isFrozen) await slave.unfreeze();
  await proxy.heal();
  proxy.cut();
}

function table(results, titles, seconds) {
  const well = results.get(CASES[0].name) ?? new Map();
  const rows = [...results].flatMap(([name, figures]) =>
    [...figures].map(([router, own]) => [
      name,
      titles.get(router),
      ms(own, ({ p50 }) => p50),
      ms(own, ({ p99 }) => p99),
      ms(own, ({ p999 }) => p999),
      ms(own, ({ noticed }) => noticed.p99),
      ratio(own, well.get(router)),
      ms(own, ({ slowest }) => slowest),
      `${(100 * median(own.map(({ more }) => more))).toFixed(2)} %`,
      median(own.map(({ failed }) => failed)).toFixed(0),
    ]),
  );
  return {
    title: `How long reads take, ${PER_SECOND} a second for ${seconds} s from the moment of the fault, on four slaves of PostgreSQL behind proxies`,
    head: [
      'case',
      'router',
      'p50',
      'p99',
      'p999',
      'p99 from 3 s on',
      'that against all well',
      'slowest',
      'reads more',
      'no answer',
    ],
    rows,
  };
}

function ms(figures, of) {
  const own = figures.map(of);
  return `${median(own).toFixed(1)} ± ${quartiles(own).toFixed(1)} ms`;
}

function ratio(figures, base) {
  if (!base) return '–';
  const p99 = (some) => median(some.map(({ noticed }) => noticed.p99));
  return (p99(figures) / p99(base)).toFixed(2);
}
