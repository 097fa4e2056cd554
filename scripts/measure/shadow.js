/**
 * What shadow mode costs: the CPU time of the same work on one bare Knex and in shadow mode, on one real PostgreSQL without slaves; by query
 * in a script, and by request in a Nest app whose handler reads three times. Each round is a fresh process that does both in turn, a
 * little at a time, so that what else the machine does meets both. Prints the ratio of each round, their mean, and its 95 % bounds.
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
    const figures = (await alternate(script, [work], ROUNDS, settings)).get(work);
    const [before, after] = [figures.map(({ bare }) => bare), figures.map(({ shadow }) => shadow)];
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
