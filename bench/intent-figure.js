// One figure of `npm run bench -- intent`; the variant is its name.
import { createDatabaseRouting } from 'nestjs-database-routing';
import { median, settings, tell, variant } from './alternate.js';
import { stubEngines } from './stub-client.js';

const { share = 1 } = settings();
const routing = createDatabaseRouting(stubEngines(1));
await routing.ready();
const { knex: db } = routing;
const { classifier } = routing.parts;
await classifier.ready();

const builder = db('posts as p').where({ 'p.id': 1 }).whereIn('p.kind', [1, 2, 3]).orderBy('p.id').limit(10);
const joined = builder.clone().join('posts as q', 'p.id', 'q.id');
const withRaw = db('posts').select('id', db.raw('lower(title) as t')).where('id', '>', 1);
const raw = db.raw('select id, lower(title) from posts where id > ? and title like ?', [1, 'a%']);
for (const query of [builder, joined, withRaw, raw]) {
  const { intent, because } = classifier.classify(query);
  if (intent !== 'read') throw new Error(`a figure would be of another query: ${because}`);
}

const each = (usual, work) => {
  const count = usual * share;
  for (let i = 0; i < count / 10; i++) work(i);
  globalThis.gc();
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) work(i);
  return Number(process.hrtime.bigint() - start) / count;
};

/** In the CPU's time, which other processes disturb less. */
const cpuOf = (count, work) => {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) work();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1_000) / count;
};

const FIGURES = {
  'a builder without raw fragments': () => each(500_000, () => classifier.classify(builder)),
  'a join in it': () => {
    const more = Array.from({ length: 21 }, () => {
      const without = cpuOf(50_000 * share, () => classifier.classify(builder));
      return cpuOf(50_000 * share, () => classifier.classify(joined)) - without;
    });
    return median(more);
  },
  'a builder with a raw fragment, compilation included': () =>
    each(50_000, () => classifier.classify(withRaw)),
  'its compilation alone': () => each(50_000, () => withRaw.client.positionBindings(withRaw.toSQL().sql)),
  'a raw text that is cached, compilation included': () => each(200_000, () => classifier.classify(raw)),
  'the compilation of the raw text alone': () =>
    each(200_000, () => raw.client.positionBindings(raw.toSQL().sql)),
  'a raw text for the first time': () =>
    each(20_000, (i) => classifier.classify(db.raw(`select ${i} as n, lower(title) from posts`))),
  'heap after 1,000,000 distinct texts': () => {
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 1_000_000 * share; i++) classifier.classify(db.raw(`select ${i}`));
    globalThis.gc();
    return (process.memoryUsage().heapUsed - before) / 1e6;
  },
};

tell(FIGURES[variant]());
