// What share of the reads in the first second after boot runs on slaves. `npm run measure:first-second -- --rounds 10`
import { parseArgs } from 'node:util';
import { createDatabaseRouting } from 'nestjs-database-routing';
import { startReplicatedPostgres } from 'nestjs-database-routing/testing';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } });
const READERS = 8;

const db = await startReplicatedPostgres({ slaves: 2 });
await db.master.query('create table posts (id serial primary key)');
await db.caughtUp();

/** The engines that answered within a second of boot, and how long the first answer took. */
async function firstSecond() {
  const slaves = Object.fromEntries(
    Object.values(db.slaves).map(({ name, connection }) => [name, { connection }]),
  );
  const startMs = performance.now();
  const routing = createDatabaseRouting({
    client: 'pg',
    master: { connection: db.master.connection },
    slaves,
  });
  const [engines, firstMs] = [[], []];
  routing.events.on('decision', ({ engine }) => engines.push(engine));
  const reader = async () => {
    while (performance.now() - startMs < 1_000) {
      await routing.run(() => routing.knex('posts').select('id').first());
      firstMs.push(performance.now() - startMs);
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  await routing.destroy();
  const onSlaves = engines.filter((engine) => engine !== 'master').length;
  return { reads: engines.length, share: (100 * onSlaves) / engines.length, firstMs: firstMs[0] };
}

const rounds = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  rounds.push(await firstSecond());
  const { reads, share, firstMs } = rounds.at(-1);
  console.log(
    `round ${round}: ${reads} reads, ${share.toFixed(1)} % on slaves, the first after ${firstMs.toFixed(0)} ms`,
  );
}
await db.stop();
const shares = rounds.map(({ share }) => share).toSorted((a, b) => a - b);
console.log(
  `on slaves: median ${shares[shares.length >> 1].toFixed(1)} %, least ${shares[0].toFixed(1)} %, ${rounds.length} rounds`,
);
