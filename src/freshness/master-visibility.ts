import type { Knex } from 'knex';
import { MasterBehindError } from '../errors.js';
import { SharedQuestion } from './shared-question.js';

/** What a server shows: all transactions below `xmax` but those that still run. */
interface Snapshot {
  readonly xmax: string;
  readonly running: readonly string[];
}

interface Rows<Row> {
  readonly rows: readonly Row[];
}

const ASK_SNAPSHOT = `select pg_snapshot_xmax(now)::text as xmax, array(select pg_snapshot_xip(now)::text) as running
  from pg_current_snapshot() now`;

/** A slave that seems further ahead than in any moment follows another history. */
const MOST_NEW = 10_000;

/**
 * The newest transaction of all is not among the running ones, since a snapshot ends before it. What the slave has not
 * heard of yet is in the future there, and asking for it is an error.
 */
const ASK_COMMITTED = `select xid from (
  select unnest(string_to_array(?, ',')) union all
  select n::text from pg_current_snapshot() now,
    generate_series(?::bigint, least(pg_snapshot_xmax(now)::text::bigint, ?::bigint + ${MOST_NEW}) - 1) n
) candidates(xid)
  where case when xid::xid8 < pg_snapshot_xmax(pg_current_snapshot()) then pg_xact_status(xid::xid8) = 'committed' end`;

const ASK_ANY_RUNS = `select 1 from unnest(string_to_array(?, ',')) xid where pg_xact_status(xid::xid8) = 'in progress'`;

/** `invalid_parameter_value`: the master never began the transaction, so the slave follows another history. */
const IN_THE_FUTURE = '22023';

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;
const ASK_TIMEOUT_MS = 1_000;
/** A commit that waits longer for its synchronous slave may wait for ever. */
const WAIT_MS = 10_000;

/**
 * Whether the master shows all that slaves have shown. Mostly it does; but a commit is replayed and visible on a slave as
 * soon as its record arrives there, while on the master its own backend must first mark it so, which with `remote_apply`
 * is a round trip later, or as long as the synchronous slave is away (FACTS 27). Those are the transactions that are
 * committed on the slave and have not ended on the master (FACTS 36).
 */
export class MasterVisibility {
  private readonly now = new SharedQuestion(() => snapshotOf(this.master()));

  constructor(
    private readonly master: () => Knex,
    private readonly nowMs: () => number,
  ) {}

  /**
   * Resolves when the master shows all that the slaves have shown, and where one of them can't be asked, since nobody can
   * tell then. Rejects with `MasterBehindError` after 10 s.
   */
  async catchUpWith(slaves: readonly Knex[]): Promise<void> {
    const [now, ...shown] = await Promise.all([this.now.ask(), ...slaves.map(snapshotOrNone)]);
    const mayLack = slaves.filter((_slave, at) => mayShowMore(shown[at], now));
    const committed = await Promise.all(mayLack.map((slave) => committedOn(slave, now)));
    if (committed.flat().length > 0) await this.ended(committed.flat());
  }

  private async ended(committed: readonly string[]): Promise<void> {
    const untilMs = this.nowMs() + WAIT_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      if (!(await anyRuns(this.master(), committed))) return;
      if (this.nowMs() > untilMs) throw new MasterBehindError();
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** Whether the master has one of the transactions under way. */
async function anyRuns(master: Knex, xids: readonly string[]): Promise<boolean> {
  try {
    const { rows } = await master.raw<Rows<object>>(ASK_ANY_RUNS, [xids.join(',')]).timeout(ASK_TIMEOUT_MS);
    return rows.length > 0;
  } catch (error) {
    if ((error as { code?: unknown }).code === IN_THE_FUTURE) return false;
    throw error;
  }
}

/** Where the slave can't be asked any more, nobody can tell what it has shown. */
function mayShowMore(slave: Snapshot | undefined, master: Snapshot): boolean {
  return slave !== undefined && (master.running.length > 0 || BigInt(slave.xmax) > BigInt(master.xmax));
}

async function snapshotOf(knex: Knex): Promise<Snapshot> {
  const { rows } = await knex.raw<Rows<Snapshot>>(ASK_SNAPSHOT).timeout(ASK_TIMEOUT_MS);
  return rows[0]!;
}

async function snapshotOrNone(slave: Knex): Promise<Snapshot | undefined> {
  return snapshotOf(slave).catch(() => undefined);
}

async function committedOn(slave: Knex, { xmax, running }: Snapshot): Promise<readonly string[]> {
  try {
    const { rows } = await slave
      .raw<Rows<{ xid: string }>>(ASK_COMMITTED, [running.join(','), xmax, xmax])
      .timeout(ASK_TIMEOUT_MS);
    return rows.map(({ xid }) => xid);
  } catch {
    return [];
  }
}
