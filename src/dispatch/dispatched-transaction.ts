import { ASK_POSITION, type MasterPositionRow } from '../freshness/freshness-questions.js';
import type { Freshness } from '../freshness/freshness.js';
import { type Context, countWriting, markWrote } from '../context/context.js';
import { see, settleAt } from '../context/seen.js';
import type { Engine } from '../engines/engine.js';
import type { KnexConnection } from '../knex-internals.js';
import type { CommitAnswer } from '../pg-internals.js';
import { type Dispatched, type Dispatching, refusedLater } from './dispatched.js';
import { type SeenTracker, seeOn } from './seen-tracker.js';
import type { Observed } from './observed.js';
import type { Attempt } from './retries.js';
import type { WouldBe } from './would-be.js';

/** What a transaction on its way is put together from. */
export interface DispatchedTransactionParts {
  readonly tracker: SeenTracker;
  /** Where it begins instead where its slave was outdated so many times. */
  readonly outdated: (dispatched: Dispatched, times: number) => Dispatching;
  /** Finds the engine to begin on. */
  readonly dispatch: () => Dispatching;
  readonly context: Context;
  /** Undefined where what it shows does not count as seen. */
  readonly freshness: Freshness | undefined;
  readonly readOnly: boolean;
  /** What the report is to know of it, and what keeps its context as it would be; undefined where nobody asks. */
  readonly observed?: Observed | undefined;
  readonly wouldBe?: WouldBe | undefined;
}

/** A transaction on its way: its engine, and what its beginning and end mean to the context that it began in. */
export class DispatchedTransaction {
  private isSettled = false;
  /** Its COMMIT was answered. */
  private isOver = false;
  private isCounted = false;
  private timesOutdated = 0;
  private dispatched: Dispatching;

  constructor(private readonly parts: DispatchedTransactionParts) {
    this.dispatched = refusedLater(this.parts.dispatch);
  }

  /** The engine to begin on. */
  async engine(): Promise<Engine> {
    return (await this.dispatched).engine;
  }

  /** What its beginning is to `Retries`, and what its end is, where it can't move any more. */
  attemptOn(engine: Engine, movable: boolean): Attempt {
    return {
      engine,
      role: this.parts.readOnly ? engine.role : 'master',
      isRead: this.parts.readOnly,
      movable,
    };
  }

  /** Its engine failed before it began: another one, perhaps. */
  dispatchAnew(): void {
    this.dispatched = refusedLater(this.parts.dispatch);
  }

  /** With the connection at hand: whether it must begin on another one, which `engine` names from now on. */
  async isMoved(connection: KnexConnection): Promise<boolean> {
    const dispatched = await this.dispatched;
    const { tracker, outdated } = this.parts;
    if (await tracker.mayBegin(dispatched, connection)) return false;
    this.dispatched = refusedLater(() => outdated(dispatched, ++this.timesOutdated));
    return true;
  }

  /** It has its connection, or gives it back: what it shows is seen from the first on, and up to the last. */
  shows(engine: Engine, connection: KnexConnection): void {
    if (this.observed && !this.isOver) this.parts.wouldBe?.shows(this.observed);
    if (!this.parts.freshness || this.isSettled) return;
    seeOn(engine, engine.role, engine.runOf(connection), this.parts.context.work.seen);
  }

  /** It waits for its connection, and may write until it gives that back. */
  begins(): void {
    if (this.parts.readOnly) return;
    this.eachContext((context) => countWriting(context, 1));
    this.isCounted = true;
  }

  hasEnded(): void {
    if (this.isCounted) this.eachContext((context) => countWriting(context, -1));
    this.isCounted = false;
  }

  /** Its COMMIT is on its way: from then on the writes may be there, whatever the answer. */
  mayHaveWritten(): void {
    this.eachContext(markWrote);
  }

  /**
   * COMMIT, and in the same message the question where the log stands after it: no round trip of its own. Undefined where
   * nothing counts as seen, or the master has not shown yet that it can tell.
   */
  get commitSql(): string | undefined {
    return this.parts.freshness?.master.latest && `COMMIT; ${ASK_POSITION}`;
  }

  /** The position after COMMIT covers all that was seen before it; without one, what was written is seen from now on. */
  committed({ response }: CommitAnswer, marksBefore: number): void {
    const { freshness } = this.parts;
    if (this.observed?.wouldBe) settleNow(this.observed.wouldBe);
    this.isOver = true;
    if (!freshness) return;
    const { seen } = this.parts.context.work;
    const [, position] = [response ?? []].flat();
    const row = position?.rows?.[0] as MasterPositionRow | undefined;
    const answer = row && freshness.master.note(row);
    if (!answer) return see(seen);
    settleAt(seen, answer.position, marksBefore);
    this.isSettled = true;
  }

  get marks(): number {
    return this.parts.context.work.seen.marks;
  }

  get observed(): Observed | undefined {
    return this.parts.observed;
  }

  /** The one that it has, and the one that it would have. */
  private eachContext(work: (context: Context) => void): void {
    work(this.parts.context);
    if (this.observed?.wouldBe) work(this.observed.wouldBe);
  }
}

/** The position of a COMMIT covers what was seen before it. */
function settleNow({ kind, work: { seen } }: Context): void {
  if (kind !== 'none') settleAt(seen, seen.position, seen.marks);
}
