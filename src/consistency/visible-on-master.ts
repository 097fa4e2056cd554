import type { Knex } from 'knex';

interface Rows<Row> {
  readonly rows: readonly Row[];
}

const ASK_RUNNING = 'select array(select pg_snapshot_xip(pg_current_snapshot())::text) as running';

/** What the slave has not heard of yet is in the future there, and asking for it is an error. */
const ASK_COMMITTED = `select xid from unnest(string_to_array(?, ',')) xid
  where case when xid::xid8 < pg_snapshot_xmax(pg_current_snapshot()) then pg_xact_status(xid::xid8) = 'committed' end`;

const PAUSE_MS = 1;
const TIMEOUT_MS = 1_000;

/**
 * Resolves when the master shows all that the slave has shown. Mostly it does; but a commit is replayed and visible on a
 * slave as soon as its record arrives there, while on the master its own backend must first mark it so, which with
 * `remote_apply` is a round trip later (FACTS 27). Those are the transactions that run on the master and are committed on
 * the slave (FACTS 36). Where the slave can't be asked any more, nobody can tell.
 */
export async function visibleOnMaster(master: Knex, slave: Knex, nowMs: () => number): Promise<void> {
  const committed = await committedOn(slave, await runningOn(master));
  const untilMs = nowMs() + TIMEOUT_MS;
  while (committed.length > 0 && nowMs() < untilMs) {
    const running = await runningOn(master);
    if (!committed.some((xid) => running.includes(xid))) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function runningOn(master: Knex): Promise<readonly string[]> {
  const { rows } = await master.raw<Rows<{ running: string[] }>>(ASK_RUNNING).timeout(TIMEOUT_MS);
  return rows[0]!.running;
}

async function committedOn(slave: Knex, running: readonly string[]): Promise<readonly string[]> {
  if (running.length === 0) return [];
  try {
    const { rows } = await slave
      .raw<Rows<{ xid: string }>>(ASK_COMMITTED, [running.join(',')])
      .timeout(TIMEOUT_MS);
    return rows.map(({ xid }) => xid);
  } catch {
    return [];
  }
}
