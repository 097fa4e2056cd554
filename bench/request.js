import { alternate, median } from './alternate.js';
import { ratio, us } from './overhead.js';

const PLATFORMS = ['express', 'fastify'];
const WAYS = ['without the module', '@InjectKnex()', 'BalancedSession', 'a bare request-scoped provider'];

/** What a request with one read costs a Nest app, by how its handler gets its Knex. */
export async function request({ rounds, work: share }) {
  const variants = PLATFORMS.flatMap((platform) => WAYS.map((way) => `${platform}:${way}`));
  const figures = await alternate(new URL('./request-figure.js', import.meta.url), variants, rounds, {
    share,
  });
  const rows = PLATFORMS.flatMap((platform) => {
    const base = figures.get(`${platform}:${WAYS[0]}`);
    return WAYS.map((way) => {
      const own = figures.get(`${platform}:${way}`);
      const speed = `${((median(base) / median(own)) * 100).toFixed(1)} %`;
      return [platform, way, us(own), ratio(own, base), speed];
    });
  });
  const head = ['platform', 'how the handler gets its Knex', 'CPU time', 'ratio', 'requests per CPU second'];
  const title = 'CPU time of the server per request with one read, with a Knex client that answers at once';
  return { tables: [{ title, head, rows }], raw: Object.fromEntries(figures) };
}
