import type { Knex } from 'knex';
import { MasterBehindError } from '../errors.js';
import { SharedQuestion } from './shared-question.js';

interface Rows<Row> {
  readonly rows: readonly Row[];
}

const ASK_RUNNING = 'select array(select pg_snapshot_xip(pg_current_snapshot())::text) as running';

/** What the slave has not heard of yet is in the future there, and asking for it is an error. */
const ASK_COMMITTED = `select xid from unnest(string_to_array(?, ',')) xid
  where case when xid::xid8 < pg_snapshot_xmax(pg_current_snapshot()) then pg_xact_status(xid::xid8) = 'committed' end`;

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;
const ASK_TIMEOUT_MS = 1_000;
/** A commit that waits longer for its synchronous slave may wait for ever. */
const WAIT_MS = 10_000;

/**
 * Whether the master shows all that slaves have shown. Mostly it does; but a commit is replayed and visible on a slave as
 * soon as its record arrives there, while on the master its own backend must first mark it so, which with `remote_apply`
 * is a round trip later, or as long as the synchronous slave is away (FACTS 27). Those are the transactions that run on the
 * master and are committed on the slave (FACTS 36).
 */
export class MasterVisibility {
  private readonly running = new SharedQuestion(() => runningOn(this.master()));

  constructor(
    private readonly master: () => Knex,
    private readonly nowMs: () => number,
  ) {}

  /**
   * Resolves when the master shows all that the slaves have shown, and where one of them can't be asked, since nobody can
   * tell then. Rejects with `MasterBehindError` after 10 s.
   */
  async catchUpWith(slaves: readonly Knex[]): Promise<void> {
    const running = await this.running.ask();
    if (running.length === 0) return;
    const committed = (await Promise.all(slaves.map((slave) => committedOn(slave, running)))).flat();
    if (committed.length > 0) await this.ended(committed);
  }

  private async ended(committed: readonly string[]): Promise<void> {
    const untilMs = this.nowMs() + WAIT_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const running = await this.running.ask();
      if (!committed.some((xid) => running.includes(xid))) return;
      if (this.nowMs() > untilMs) throw new MasterBehindError();
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

async function runningOn(master: Knex): Promise<readonly string[]> {
  const { rows } = await master.raw<Rows<{ running: string[] }>>(ASK_RUNNING).timeout(ASK_TIMEOUT_MS);
  return rows[0]!.running;
}

async function committedOn(slave: Knex, running: readonly string[]): Promise<readonly string[]> {
  try {
    const { rows } = await slave
      .raw<Rows<{ xid: string }>>(ASK_COMMITTED, [running.join(',')])
      .timeout(ASK_TIMEOUT_MS);
    return rows.map(({ xid }) => xid);
  } catch {
    return [];
  }
}
