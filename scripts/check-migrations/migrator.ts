import { setTimeout as sleepMs } from 'node:timers/promises';
import pg from 'pg';
import { KIND_NAMES, KINDS } from './kinds.js';
import type { FromMigrator, Thing, ToMigrator } from './messages.js';

/*
 * The process that migrates all the time: makes things, changes them, and drops them some rounds later. Its argument is the
 * master's connection.
 */

/** So many rounds after it was made a thing is dropped. */
const KEPT_ROUNDS = 6;
/** Between two migrations; so that slaves that are late come to show each of them. */
const PAUSE_MS = 40;

const state = { isStopped: false };
let retired: () => void = () => undefined;
process.on('message', (message: ToMigrator) => {
  if (message.is === 'stop') state.isStopped = true;
  else retired();
});

const tell = (message: FromMigrator) => process.send!(message);
const client = new pg.Client(JSON.parse(process.argv[2]!) as pg.ClientConfig);
await client.connect();
try {
  for (let n = 0; !state.isStopped; n++) await round(n);
} catch (error) {
  tell({ is: 'failed', error: String(error) });
}
await client.end();
process.disconnect();

async function round(n: number): Promise<void> {
  const longest = Math.max(...KIND_NAMES.map((kind) => KINDS[kind].steps(n).length));
  for (let step = 0; step < longest; step++)
    for (const kind of KIND_NAMES) await migrate({ kind, n: n - step }, step);
  for (const kind of KIND_NAMES) await drop({ kind, n: n - KEPT_ROUNDS });
}

/** One step of a thing; each round takes another step of those before. */
async function migrate(thing: Thing, step: number): Promise<void> {
  const sql = thing.n < 0 || state.isStopped ? undefined : KINDS[thing.kind].steps(thing.n)[step];
  if (sql === undefined) return;
  await client.query(sql);
  tell({ is: step === 0 ? 'made' : 'changed', thing });
  await sleepMs(PAUSE_MS);
}

async function drop(thing: Thing): Promise<void> {
  if (thing.n < 0 || state.isStopped) return;
  const done = new Promise<void>((resolve) => (retired = resolve));
  tell({ is: 'retiring', thing });
  await done;
  await client.query(KINDS[thing.kind].drop(thing.n));
}
