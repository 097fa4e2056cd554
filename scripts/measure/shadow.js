/**
 * What shadow mode costs: the CPU time of the same work on one bare Knex and in shadow mode, on one real PostgreSQL without slaves; by query
 * in a script, and by request in a Nest app whose handler reads three times. Fresh processes, in alternating order. Prints the ratio of each
 * round, their mean, and the bounds that hold it with 95 %.
 * Usage: npm run measure:shadow [-- rounds, 5 or more] [-- share of the work]
 */
import { startReplicatedPostgres } from 'nestjs-database-routing/testing';
import { alternate, median } from '../../bench/alternate.js';

const ROUNDS = Math.max(5, Number(process.argv[2] ?? 7));
const SHARE = Number(process.argv[3] ?? 1);
/** Student's t for two-sided 95 %, by the number of rounds. */
const T = { 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262, 11: 2.228, 12: 2.201 };

const replication = await startReplicatedPostgres({ slaves: 1 });
const { master } = replication;
await master.query('CREATE TABLE posts (id integer PRIMARY KEY, version double precision NOT NULL)');
await master.query('INSERT INTO posts SELECT id, 0 FROM generate_series(1, 1000) id');

const script = new URL('./shadow-figure.js', import.meta.url);
const settings = { share: SHARE, connection: { ...master.connection } };
try {
  for (const work of ['query', 'app']) {
    const [bare, shadow] = [`${work}:bare`, `${work}:shadow`];
    const figures = await alternate(script, [bare, shadow], ROUNDS, settings);
    const [before, after] = [figures.get(bare), figures.get(shadow)];
    const ratios = after.map((figure, round) => figure / before[round]);
    const [low, mean, high] = bounds(ratios);
    const us = (all) => `${median(all).toFixed(1)} µs`;
    console.log(`${work}: bare ${us(before)}, shadow ${us(after)}, ratios ${ratios.map(three).join(' ')}`);
    console.log(`${work}: ratio ${three(mean)}, with 95 % between ${three(low)} and ${three(high)}`);
  }
} finally {
  await replication.stop();
}

function bounds(ratios) {
  const mean = ratios.reduce((sum, one) => sum + one, 0) / ratios.length;
  const variance = ratios.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (ratios.length - 1);
  const off = (T[ratios.length] ?? 2.2) * Math.sqrt(variance / ratios.length);
  return [mean - off, mean, mean + off];
}

function three(number) {
  return number.toFixed(3);
}
