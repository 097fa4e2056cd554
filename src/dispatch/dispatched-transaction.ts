import type { MasterPositionRow } from '../freshness/master-positions.js';
import type { Freshness } from '../freshness/freshness.js';
import { type Context, markWrote } from '../context/context.js';
import { see, settleAt } from '../context/seen.js';
import type { Engine } from '../engines/engine.js';
import type { Dispatched } from './dispatched.js';
import type { Dispatcher } from './dispatcher.js';
import type { Attempt } from './retries.js';

/** What PostgreSQL answers to COMMIT and the question behind it. */
export interface CommitAnswer {
  readonly response?: readonly { readonly rows?: readonly unknown[] }[];
}

/** A transaction on its way: its engine, and what its beginning and end mean to the context that it began in. */
export class DispatchedTransaction {
  private isSettled = false;
  private begunOn: Engine | undefined;

  constructor(
    private readonly dispatcher: Pick<Dispatcher, 'isOutdated' | 'insteadOf'>,
    /** A promise where a slave is waited for. */
    private dispatched: Dispatched | Promise<Dispatched>,
    private readonly dispatch: () => Dispatched | Promise<Dispatched>,
    private readonly context: Context,
    /** Undefined where what it shows does not count as seen. */
    private readonly reads: Freshness | undefined,
    private readonly readOnly: boolean,
  ) {}

  /** The engine to begin on. */
  async engine(): Promise<Engine> {
    return (await this.dispatched).engine;
  }

  /** What its beginning is to `Retries`. */
  attemptOn(engine: Engine, movable: boolean): Attempt {
    return { engine, role: this.readOnly ? engine.role : 'master', isRead: this.readOnly, movable };
  }

  /** What its end is. */
  attempt(): Attempt | undefined {
    return this.begunOn && this.attemptOn(this.begunOn, false);
  }

  /** Its engine failed before it began: another one, perhaps. */
  dispatchAnew(): void {
    this.dispatched = this.dispatch();
  }

  /** With the connection at hand: whether it must begin on another one, which `engine` names from now on. */
  async isMoved(): Promise<boolean> {
    const dispatched = await this.dispatched;
    if (!this.dispatcher.isOutdated(dispatched)) return false;
    this.dispatched = this.dispatcher.insteadOf(dispatched) ?? this.dispatch();
    return true;
  }

  /** It has its connection, or gives it back: what it shows is seen from the first on, and up to the last. */
  shows(engine: Engine): void {
    this.begunOn = engine;
    if (this.reads && !this.isSettled)
      see(this.context.work.seen, engine.role === 'slave' ? engine.server : undefined);
  }

  /** Its COMMIT is on its way: from then on the writes may be there, whatever the answer. */
  mayHaveWritten(): void {
    markWrote(this.context);
  }

  /**
   * COMMIT, and in the same message the question where the log stands after it (FACTS 23): no round trip of its own.
   * Undefined where nobody wants to know, or the master has not shown yet that it can tell.
   */
  get commitSql(): string | undefined {
    return this.reads?.master.latest && `COMMIT; ${this.reads.master.question}`;
  }

  /** The position after COMMIT covers all that was seen before it; without one, what was written is seen from now on. */
  committed({ response }: CommitAnswer, marksBefore: number): void {
    if (!this.reads) return;
    const { seen } = this.context.work;
    const row = response?.[1]?.rows?.[0] as MasterPositionRow | undefined;
    const answer = row && this.reads.master.note(row);
    if (!answer) return see(seen);
    settleAt(seen, answer.position, marksBefore);
    this.isSettled = true;
  }

  get marks(): number {
    return this.context.work.seen.marks;
  }
}
