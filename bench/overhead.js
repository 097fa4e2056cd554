import { alternate, median, spread } from './alternate.js';
import { routerNamed } from './routers/routers.js';

const WORKS = ['primary-key read', '20-row read', 'raw read', 'insert', 'transaction'];
const PEER_WORKS = ['read', 'write'];

/** Routed against unrouted, by CPU time, with a driver that answers at once: ours in detail, and each library against itself. */
export async function overhead({ rounds, work: share, routers }) {
  const script = (name) => new URL(name, import.meta.url);
  const queries = await alternate(script('./overhead-query.js'), WORKS.flatMap(sides), rounds, { share });
  const peers = await alternate(
    script('./overhead-peer.js'),
    routers.flatMap((router) => PEER_WORKS.flatMap((work) => peerSides(router, work))),
    rounds,
    { share },
  );
  return {
    tables: [queryTable(queries), await peerTable(routers, peers)],
    raw: { queries: Object.fromEntries(queries), peers: Object.fromEntries(peers) },
  };
}

const sides = (work) => ['bare', 'als', 'routed'].map((side) => `${side}:${work}`);
const peerSides = (router, work) => [`${router}:plain:${work}`, `${router}:routed:${work}`];

function queryTable(figures) {
  const rows = WORKS.map((work) => {
    const [bare, als, routed] = sides(work).map((variant) => figures.get(variant));
    return [work, ...compared(bare, routed), us(als), ratio(routed, als)];
  });
  return {
    title: 'CPU time per query, routed against bare Knex, with a Knex client that answers at once',
    head: ['query', 'bare', 'routed', 'ratio', 'more', 'bare in AsyncLocalStorage.run', 'ratio to that'],
    rows,
  };
}

async function peerTable(routers, figures) {
  const rows = [];
  for (const router of routers) {
    const { name } = await routerNamed(router);
    for (const work of PEER_WORKS) {
      const [plain, routed] = peerSides(router, work).map((variant) => figures.get(variant));
      rows.push([name, work, ...compared(plain, routed)]);
    }
  }
  return {
    title:
      'CPU time per query of each library, routed against its own unrouted self, with a driver `pg` that answers at once',
    head: ['library', 'query by primary key', 'unrouted', 'routed', 'ratio', 'more'],
    rows,
  };
}

function compared(bare, routed) {
  const more = median(routed) - median(bare);
  return [us(bare), us(routed), ratio(routed, bare), `${more.toFixed(2)} µs`];
}

export function ratio(figures, base) {
  return (median(figures) / median(base)).toFixed(3);
}

export const us = (figures) => `${median(figures).toFixed(1)} µs ± ${spread(figures).toFixed(1)} %`;
