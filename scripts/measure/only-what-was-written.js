/**
 * Which share of reads slaves serve, where some jobs write one of four tables, each with a table that refers to it and one that a
 * trigger fills, and read another of the four. Prints three rows: jobs of their own on slaves that are 1 s late; the same where each
 * job reads what it wrote; and clients that carry their bookmark from job to job, with 5 % writes, on slaves without a delay.
 * Usage: npm run measure:written [-- seconds of each row]
 */
import { createDatabaseRouting } from 'nestjs-database-routing';
import { startReplicatedPostgres } from 'nestjs-database-routing/testing';

const SECONDS = Number(process.argv[2] ?? 10);
const [TABLES, CLIENTS, PAUSE_MS] = [4, 8, 10];

const replication = await startReplicatedPostgres({ slaves: 2 });
const { master, slaves } = replication;
for (let at = 0; at < TABLES; at++) {
  await master.query(`CREATE TABLE things_${at} (id serial PRIMARY KEY, value int)`);
  await master.query(`CREATE TABLE notes_${at} (thing int REFERENCES things_${at} ON DELETE CASCADE)`);
  await master.query(`CREATE TABLE logs_${at} (id int)`);
  await master.query(`CREATE FUNCTION log_${at}() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO logs_${at} VALUES (NEW.id); RETURN NEW; END $$`);
  await master.query(
    `CREATE TRIGGER logged AFTER INSERT ON things_${at} FOR EACH ROW EXECUTE FUNCTION log_${at}()`,
  );
}
await replication.caughtUp();
const routing = createDatabaseRouting({
  client: 'pg',
  master: { connection: master.connection },
  slaves: Object.fromEntries(Object.values(slaves).map(({ name, connection }) => [name, { connection }])),
  readThenWrite: 'off',
});
await routing.ready();
await routing.asked();

const anyTable = () => Math.floor(Math.random() * TABLES);
const row = {
  'jobs, 1 s late, read another': 1000,
  'jobs, 1 s late, read the same': 1000,
  'clients, 5 % writes': 0,
};
for (const [name, delayMs] of Object.entries(row)) {
  for (const slave of Object.values(slaves)) await slave.delay(delayMs);
  console.log(`${name.padEnd(32)}${((await share(name)) * 100).toFixed(2)} % of reads on slaves`);
}
await routing.destroy();
await replication.stop();

async function share(name) {
  const [isOfClient, isSame] = [name.startsWith('clients'), name.endsWith('same')];
  const reads = { slaves: 0, all: 0 };
  const count = ({ engine, reason }) => {
    if (reason === 'write') return;
    reads.all++;
    if (engine !== 'master') reads.slaves++;
  };
  routing.events.on('decision', count);
  const untilMs = performance.now() + SECONDS * 1000;
  const client = async () => {
    let bookmark;
    while (performance.now() < untilMs) {
      await routing.run({ bookmark: isOfClient ? bookmark : undefined }, async () => {
        const table = anyTable();
        const writes = Math.random() < (isOfClient ? 0.05 : 0.2);
        if (writes) await routing.knex(`things_${table}`).insert({ value: 1 });
        const read =
          !writes || isSame ? table : (table + 1 + Math.floor(Math.random() * (TABLES - 1))) % TABLES;
        if (!writes || !isOfClient) await routing.knex(`things_${read}`).orderBy('id', 'desc').first();
        if (isOfClient) bookmark = (await routing.bookmark()) ?? bookmark;
      });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  routing.events.off('decision', count);
  return reads.slaves / reads.all;
}
