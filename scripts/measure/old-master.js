// How long writes still reach a master that lives on while a slave of it is promoted. `npm run measure:old-master -- --rounds 20`
import { parseArgs } from 'node:util';
import { createDatabaseRouting } from 'nestjs-database-routing';
import { startReplicatedPostgres } from 'nestjs-database-routing/testing';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });

/** In ms since the slave took writes; 0 where no write reached the old master after that. */
async function promotion() {
  const db = await startReplicatedPostgres({ slaves: 1 });
  await db.master.query('create table posts (id serial primary key, at double precision)');
  await db.caughtUp();
  const [old, slave1] = [db.master, db.slave('slave1')];
  const routing = createDatabaseRouting({
    client: 'pg',
    master: { connection: old.connection },
    slaves: { slave1: { connection: slave1.connection } },
  });
  await routing.asked();
  const end = new AbortController();
  const acknowledged = [];
  const writer = async () => {
    while (!end.signal.aborted) {
      const engine = routing.status().master;
      await routing
        .knex('posts')
        .insert({ at: 0 })
        .then(
          () => acknowledged.push({ engine, atMs: performance.now() }),
          () => undefined, // the one that was under way when the master was cut off
        );
    }
  };
  const writing = writer();
  await new Promise((resolve) => setTimeout(resolve, 700 + Math.random() * 500));
  await slave1.promote();
  const promotedMs = performance.now();
  while (routing.status().master !== 'slave1') await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 200));
  end.abort();
  await writing;
  const late = acknowledged.filter(({ engine, atMs }) => engine === 'master' && atMs > promotedMs);
  await routing.destroy();
  await db.stop();
  return { ms: Math.max(0, ...late.map(({ atMs }) => atMs - promotedMs)), writes: late.length };
}

const found = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  found.push(await promotion());
  console.log(
    `promotion ${round}: writes reached the old master for ${found.at(-1).ms.toFixed(0)} ms, ${found.at(-1).writes} of them`,
  );
}
const ms = found.map((one) => one.ms).toSorted((a, b) => a - b);
console.log(
  `${ms.length} promotions: median ${ms[ms.length >> 1].toFixed(0)} ms, longest ${ms.at(-1).toFixed(0)} ms`,
);
