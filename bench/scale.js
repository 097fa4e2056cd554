import { alternate, median, quartiles, spread } from './alternate.js';
import { SERVICE_MS } from './bounded-client.js';

const SCRIPT = new URL('./scale-figure.js', import.meta.url);
const BALANCERS = ['random', 'round-robin', 'least-busy'];
const SLAVES = [1, 2, 4, 8];
const ENGINES = [2, 4, 16, 64, 256];
const DECISIONS = [...BALANCERS, 'random+bookmark'];
const CONNECTIONS = 4;
/** Enough that each engine has a queue nearly all the time. */
const READERS_PER_SLAVE = 32;

/** What more slaves give, and what they cost; what contexts and decisions leave behind. */
export async function scale({ rounds, work: share, decisions }) {
  const settings = {
    title: 'scale',
    share,
    decisions,
    connections: CONNECTIONS,
    readersPerSlave: READERS_PER_SLAVE,
  };
  const over = (what, kinds, counts) =>
    kinds.flatMap((kind) => counts.map((count) => `${what}:${kind}:${count}`));
  const kept = ['bare', 'routed', 'bare+busy', 'routed+busy'];
  const figures = await alternate(
    SCRIPT,
    [
      ...over('reads', BALANCERS, SLAVES),
      ...over('decision', DECISIONS, ENGINES),
      ...over('memory', kept, [3]),
    ],
    rounds,
    settings,
  );
  const [heap] = [...(await alternate(SCRIPT, ['heap:random:3'], 1, settings)).values()];
  return {
    tables: [readsTable(figures), decisionTable(figures), memoryTable(figures, heap, decisions)],
    raw: { ...Object.fromEntries(figures), heap },
  };
}

function readsTable(figures) {
  const rows = BALANCERS.map((balancer) => {
    const one = median(figures.get(`reads:${balancer}:1`));
    return [
      balancer,
      ...SLAVES.map((slaves) => {
        const own = figures.get(`reads:${balancer}:${slaves}`);
        return `${median(own).toFixed(0)} ± ${spread(own).toFixed(1)} % (${(median(own) / one).toFixed(2)})`;
      }),
    ];
  });
  return {
    title: `Reads per second, and how many times those of one slave; each slave serves ${CONNECTIONS} at a time, for ${SERVICE_MS} ms each, and ${READERS_PER_SLAVE} readers a slave ask all the time`,
    head: ['balancer', ...SLAVES.map((slaves) => `${slaves} slave${slaves > 1 ? 's' : ''}`)],
    rows,
  };
}

function decisionTable(figures) {
  const rows = DECISIONS.map((kind) => [
    kind.replace('+bookmark', ', a client with a bookmark'),
    ...ENGINES.map((engines) => {
      const own = figures.get(`decision:${kind}:${engines}`);
      return `${median(own).toFixed(0)} ± ${spread(own).toFixed(0)} %`;
    }),
  ]);
  const head = ['balancer', ...ENGINES.map((engines) => `${engines} engines`)];
  return { title: 'ns for the decision of one read, a context of its own included', head, rows };
}

function memoryTable(figures, heap, decisions) {
  const more = (kind) => {
    const own = figures.get(`memory:routed${kind}:3`);
    const bare = figures.get(`memory:bare${kind}:3`);
    const bytes = own.map((figure, index) => figure - bare[index]);
    return `${median(bytes).toFixed(0)} ± ${quartiles(bytes).toFixed(0)}`;
  };
  const rows = [
    [
      'a context that waits and has done nothing',
      more(''),
      'bytes more than the same work without a context',
    ],
    ['a context that has read and written', more('+busy'), 'bytes more than the same work on a bare Knex'],
    [`heap after ${decisions.toLocaleString('en')} reads`, median(heap).toFixed(2), 'MB more than before'],
  ];
  return { title: 'Memory', head: ['what', 'figure', 'unit'], rows };
}
