import { alternate, median, spread } from './alternate.js';
import { WORKS } from './queries.js';
import { serversOf, startReplication } from './replication.js';
import { routerNamed } from './routers/routers.js';

const PEER_WORKS = ['read', 'write'];

/**
 * Routed against unrouted, by CPU time: ours in detail, on each Node, with a driver that answers at once and on PostgreSQL;
 * and each library against itself.
 */
export async function overhead({ rounds, work: share, routers, nodes }) {
  const script = (name) => new URL(name, import.meta.url);
  const replication = await startReplication(1);
  const servers = serversOf(replication);
  const variants = WORKS.flatMap(sides);
  const [stub, real] = [[], []];
  try {
    for (const node of nodes) {
      const title = `overhead, Node ${node.version}`;
      const settings = { title, share, node: node.path };
      stub.push([node, await alternate(script('./overhead-query.js'), variants, rounds, settings)]);
      const onServers = { ...settings, title: `${title}, PostgreSQL`, servers };
      real.push([node, await alternate(script('./overhead-query.js'), variants, rounds, onServers)]);
    }
  } finally {
    await replication.stop();
  }
  const peers = await alternate(
    script('./overhead-peer.js'),
    routers.flatMap((router) => PEER_WORKS.flatMap((work) => peerSides(router, work))),
    rounds,
    { title: 'overhead, others', share },
  );
  return {
    tables: [
      queryTable('with a Knex client that answers at once', stub),
      queryTable('on PostgreSQL: one master and one slave, which both Knexes use, 8 queries at a time', real),
      await peerTable(routers, peers),
    ],
    raw: { stub: rawOf(stub), real: rawOf(real), peers: Object.fromEntries(peers) },
  };
}

const sides = (work) => ['bare', 'als', 'routed'].map((side) => `${side}:${work}`);
const peerSides = (router, work) => [`${router}:plain:${work}`, `${router}:routed:${work}`];

export const rawOf = (byNode) =>
  Object.fromEntries(byNode.map(([{ version }, figures]) => [version, Object.fromEntries(figures)]));

function queryTable(on, byNode) {
  const rows = byNode.flatMap(([{ version }, figures]) =>
    WORKS.map((work) => {
      const [bare, als, routed] = sides(work).map((variant) => figures.get(variant));
      return [version, work, ...compared(bare, routed), us(als), ...compared(als, routed).slice(2)];
    }),
  );
  return {
    title: `CPU time per query, routed against bare Knex, ${on}`,
    head: [
      'Node',
      'query',
      'bare',
      'routed',
      'ratio',
      'more',
      'bare in AsyncLocalStorage.run',
      'ratio to that',
      'more',
    ],
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
