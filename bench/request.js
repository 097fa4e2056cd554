import { alternate, median } from './alternate.js';
import { ratio, rawOf, us } from './overhead.js';

const PLATFORMS = ['express', 'fastify'];
const BARE = 'without the module';
const BARE_REQUEST_SCOPED = 'a bare request-scoped provider';
const WAYS = [
  BARE,
  'AsyncLocalStorage.run and an interceptor that do nothing',
  '@InjectKnex()',
  'BalancedSession',
  BARE_REQUEST_SCOPED,
];

/** What Nest takes for request scope is no cost of ours. */
const likeOf = (way) => (way === 'BalancedSession' ? BARE_REQUEST_SCOPED : BARE);

/** What a request with one read costs a Nest app, by how its handler gets its Knex. */
export async function request({ rounds, work: share, nodes }) {
  const script = new URL('./request-figure.js', import.meta.url);
  const variants = PLATFORMS.flatMap((platform) => WAYS.map((way) => `${platform}:${way}`));
  const byNode = [];
  for (const node of nodes) {
    const settings = { title: `request, Node ${node.version}`, share, node: node.path };
    byNode.push([node, await alternate(script, variants, rounds, settings)]);
  }
  const rows = byNode.flatMap(([{ version }, figures]) =>
    PLATFORMS.flatMap((platform) => {
      const of = (way) => figures.get(`${platform}:${way}`);
      const base = of(BARE);
      return WAYS.map((way) => {
        const own = of(way);
        const speed = `${((median(base) / median(own)) * 100).toFixed(1)} %`;
        return [version, platform, way, us(own), ratio(own, base), ratio(own, of(likeOf(way))), speed];
      });
    }),
  );
  const head = [
    'Node',
    'platform',
    'how the handler gets its Knex',
    'CPU time',
    'ratio',
    'ratio to the same scope without the module',
    'requests per CPU second',
  ];
  const title =
    'CPU time of the server per request with one read, of clients that keep their cookies, with a Knex client that answers at once';
  return { tables: [{ title, head, rows }], raw: rawOf(byNode) };
}
