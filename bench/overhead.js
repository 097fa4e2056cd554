import { alternate, median, spread } from './alternate.js';

const WORKS = ['primary-key read', '20-row read', 'raw read', 'insert', 'transaction'];
const REQUESTS = ['bare Knex', '@InjectKnex()', 'BalancedSession', 'bare Knex, request-scoped'];

/** Routed against bare Knex, by CPU time, with a driver that answers at once. */
export async function overhead({ rounds }) {
  const queries = await alternate(
    new URL('./overhead-query.js', import.meta.url),
    WORKS.flatMap(sides),
    rounds,
  );
  const requests = await alternate(new URL('./overhead-request.js', import.meta.url), REQUESTS, rounds);
  return [queryTable(queries), requestTable(requests)];
}

const sides = (work) => [`bare:${work}`, `routed:${work}`];

function queryTable(figures) {
  const rows = WORKS.map((work) => {
    const [bare, routed] = sides(work).map((variant) => figures.get(variant));
    return [
      work,
      us(bare),
      us(routed),
      ratio(routed, bare),
      `${(median(routed) - median(bare)).toFixed(2)} µs`,
    ];
  });
  return {
    title: 'CPU time per query, routed against bare Knex',
    head: ['query', 'bare', 'routed', 'ratio', 'more'],
    rows,
  };
}

function requestTable(figures) {
  const base = figures.get(REQUESTS[0]);
  const rows = REQUESTS.map((variant) => {
    const own = figures.get(variant);
    return [variant, us(own), ratio(own, base), `${((median(base) / median(own)) * 100).toFixed(1)} %`];
  });
  const head = ['how the handler gets its Knex', 'CPU time', 'ratio', 'requests per CPU second against bare'];
  return { title: 'CPU time per request with one read, Nest on Express', head, rows };
}

const us = (figures) => `${median(figures).toFixed(1)} µs ± ${spread(figures).toFixed(1)} %`;
const ratio = (figures, base) => (median(figures) / median(base)).toFixed(3);
