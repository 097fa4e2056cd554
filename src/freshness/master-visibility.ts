import { type Clock, pause } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import { MasterBehindError } from '../errors.js';
import type { FreshnessQuestions, SnapshotRow } from './freshness-questions.js';
import { SharedQuestion } from './shared-question.js';

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;
/** A commit that waits longer for its synchronous slave may wait for ever. */
const WAIT_MS = 10_000;

/**
 * Whether the master shows all that slaves have shown. Mostly it does; but a commit is replayed and visible on a slave as
 * soon as its record arrives there, while on the master its own backend must first mark it so, which with `remote_apply`
 * is a round trip later, or as long as the synchronous slave is away. Those are the transactions that are committed on the
 * slave and have not ended on the master.
 */
export class MasterVisibility {
  private readonly now = new SharedQuestion(() => this.questions.snapshot(this.master()));

  constructor(
    private readonly questions: Pick<FreshnessQuestions, 'snapshot' | 'committed' | 'anyRuns'>,
    private readonly master: () => Engine,
    private readonly clock: Clock,
  ) {}

  /**
   * Resolves when the master shows all that the slaves have shown, and where one of them can't be asked, since nobody can
   * tell then. Rejects with `MasterBehindError` after 10 s.
   */
  async catchUpWith(slaves: readonly Engine[]): Promise<void> {
    const [now, ...shown] = await Promise.all([
      this.now.ask(),
      ...slaves.map((slave) => this.snapshotOrNone(slave)),
    ]);
    const mayLack = slaves.filter((_slave, at) => mayShowMore(shown[at], now));
    const committed = await Promise.all(mayLack.map((slave) => this.committedOn(slave, now)));
    if (committed.flat().length > 0) await this.ended(committed.flat());
  }

  private async ended(committed: readonly string[]): Promise<void> {
    const untilMs = this.clock.nowMs() + WAIT_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      if (!(await this.questions.anyRuns(this.master(), committed))) return;
      if (this.clock.nowMs() > untilMs) throw new MasterBehindError();
      await pause(this.clock, pauseMs);
    }
  }

  private async snapshotOrNone(slave: Engine): Promise<SnapshotRow | undefined> {
    return this.questions.snapshot(slave).catch(() => undefined);
  }

  private async committedOn(slave: Engine, master: SnapshotRow): Promise<readonly string[]> {
    return this.questions.committed(slave, master).catch(() => []);
  }
}

/** Where the slave can't be asked any more, nobody can tell what it has shown. */
function mayShowMore(slave: SnapshotRow | undefined, master: SnapshotRow): boolean {
  return slave !== undefined && (master.running.length > 0 || BigInt(slave.xmax) > BigInt(master.xmax));
}
