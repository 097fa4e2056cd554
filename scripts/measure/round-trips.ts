/**
 * What a proof costs where the network is slow: how long a read takes that carries its guard through PgBouncer in transaction mode, of a
 * client with a bookmark, beside the same read of a bare Knex through the same PgBouncer, with 1 ms each way. Both take turns, so that
 * they share what else the machine does. Prints the medians of each round, and their ratio.
 * Usage: npm run measure:round-trips [-- rounds [reads of each round]]
 */
import knex from 'knex';
import { createDatabaseRouting } from '../../src/index.js';
import { startFaultProxy, startReplicatedPostgres } from '../../src/testing/index.js';
import { startPgbouncer } from '../common/proxies.js';

const [rounds = 9, reads = 300] = process.argv.slice(2).map(Number);
/** Both ways together. */
const NETWORK_MS = 2;

const replication = await startReplicatedPostgres({ slaves: 1 });
const { master } = replication;
const slave = replication.slave('slave1');
await master.query('CREATE TABLE counters (id int PRIMARY KEY, n int)');
await master.query('INSERT INTO counters SELECT id, 0 FROM generate_series(1, 1000) id');
await replication.caughtUp();
const pgbouncer = await startPgbouncer(slave.connection);
const pooled = { ...slave.connection, host: '127.0.0.1', port: pgbouncer.port };
const [toMaster, toSlave] = await Promise.all([startFaultProxy(master.connection), startFaultProxy(pooled)]);
toMaster.latencyMs = toSlave.latencyMs = NETWORK_MS;

const bare = knex({ client: 'pg', connection: toSlave.connection, pool: { min: 1, max: 1 } });
const routing = createDatabaseRouting({
  client: 'pg',
  master: { connection: toMaster.connection },
  slaves: { slave1: { connection: toSlave.connection } },
  pool: { min: 1, max: 1 },
  bookmark: { secret: 'of this measurement alone, and long enough' },
  hedge: false,
  logger: { debug() {}, warn() {} },
});
await Promise.all([routing.ready(), routing.asked()]);

let bookmark = await routing.run(async () => {
  await routing.knex('counters').where({ id: 1 }).update({ n: 1 });
  return routing.bookmark();
});
await replication.caughtUp();
const where = { id: 2 };
let onMaster = 0;
routing.events.on('decision', ({ engine }) => void (engine === 'master' && onMaster++));

const plain = async () => void (await bare('counters').where(where).first());
const guarded = () =>
  routing.run({ bookmark }, async () => {
    await routing.knex('counters').where(where).first();
    bookmark = (await routing.bookmark()) ?? bookmark;
  });

async function tookMs(read: () => Promise<unknown>): Promise<number> {
  const sinceMs = performance.now();
  await read();
  return performance.now() - sinceMs;
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

for (let n = 0; n < 50; n++) await Promise.all([plain(), guarded()]);
const ratios: number[] = [];
for (let round = 1; round <= rounds; round++) {
  const [ofPlain, ofGuarded]: [number[], number[]] = [[], []];
  for (let n = 0; n < reads; n++) {
    ofPlain.push(await tookMs(plain));
    ofGuarded.push(await tookMs(guarded));
  }
  ratios.push(median(ofGuarded) / median(ofPlain));
  console.log(
    `round ${round}: plain ${median(ofPlain).toFixed(2)} ms, with bookmark and guard ${median(ofGuarded).toFixed(2)} ms, ${ratios.at(-1)!.toFixed(3)}`,
  );
}
const sorted = ratios.toSorted((a, b) => a - b);
console.log(
  `p50 of a read with its guard to a plain one: ${median(ratios).toFixed(3)} (${sorted[0]!.toFixed(3)} to ${sorted.at(-1)!.toFixed(3)}), ${onMaster} on the master`,
);
await Promise.all([bare.destroy(), routing.destroy()]);
await Promise.all([toMaster.stop(), toSlave.stop(), pgbouncer.stop()]);
await replication.stop();
