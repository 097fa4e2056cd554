import { setTimeout as sleepMs } from 'node:timers/promises';
import type { FaultDatabase } from '../fault-database.js';
import { withinDeadline } from '../load/within-deadline.js';
import type { Fault, FaultRun } from './fault.js';

const TABLE = 'conflicts';
/** A self join of so many rows takes about a fifth of a second. */
const ROWS = 2000;
const READERS = 3;
const CYCLE_MS = 60;

/** Long reads on a slave that does not wait for them, while the master takes away what they read. */
export const RECOVERY_CONFLICTS: Fault = {
  name: 'recovery conflicts',
  detectWithinMs: undefined,
  maxOuts: 1,
  prepare,
  run: async (run) => {
    const { database, clock, hold } = run;
    clock.strike(database.victim.name);
    const abort = new AbortController();
    const held = hold().then(() => abort.abort());
    const readers = Array.from({ length: READERS }, () => read(run, abort.signal));
    await Promise.all([held, disturb(database, abort.signal), ...readers]);
    await database.replication.caughtUp();
    clock.heal(database.victim.name);
  },
};

async function prepare({ replication, victim }: FaultDatabase): Promise<void> {
  const { master } = replication;
  await master.query(`DROP TABLE IF EXISTS ${TABLE}`);
  await master.query(`CREATE TABLE ${TABLE} (id int, text text)`);
  await master.query(`INSERT INTO ${TABLE} SELECT id, 'text' FROM generate_series(1, ${ROWS}) AS id`);
  await replication.caughtUp();
  await victim.configure({ max_standby_streaming_delay: 0, hot_standby_feedback: false });
}

async function disturb({ replication: { master } }: FaultDatabase, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await master.query(`UPDATE ${TABLE} SET text = 'text' WHERE id % 10 = 0`);
    await master.query(`VACUUM ${TABLE}`);
    await master.query(`BEGIN; LOCK TABLE ${TABLE} IN ACCESS EXCLUSIVE MODE; COMMIT`);
    await sleepMs(CYCLE_MS);
  }
}

async function read({ session, recording }: FaultRun, ended: AbortSignal): Promise<void> {
  const reader = session();
  while (!ended.aborted) {
    await reader.context(async ({ reads }) => {
      await recording.add('long read', async () => {
        let engine: string | undefined;
        const query = reads(`${TABLE} as a`)
          .join(`${TABLE} as b`, 'a.id', '<', 'b.id')
          .count()
          .on('query', (sent: { engine?: string }) => (engine = sent.engine));
        await withinDeadline('a long read', Promise.resolve(query));
        return { engine };
      });
    });
  }
}
