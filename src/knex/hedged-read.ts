import type { Dispatched } from '../dispatch/dispatched.js';
import type { Hedging } from '../dispatch/hedging.js';
import type { ReadUnderWay, ReadsUnderWay } from '../dispatch/reads-under-way.js';
import { engineFailureOf } from '../health/engine-failure.js';
import { type KnexConnection, type KnexQueryObject, sever } from '../knex-internals.js';
import { type Asked, attemptOn, giveBack } from './asked.js';
import { FirstConnection } from './first-connection.js';
import type { KnexTools } from './knex-parts.js';
import { findSecondSlave, proofOn } from './second-slave.js';

/** The run of a read, as far as its hedge moves it. */
export interface HedgedRun {
  /** Where its answer is to come from; there once it was sent. */
  readonly asked: Asked;
  /** Its answer, or its connection, is another slave's. */
  movesTo(asked: Asked): void;
  /** Health hears of an error that nobody gets. */
  noted(error: unknown): unknown;
}

type Done = (error: Error | null, answer: unknown) => void;

/** Asked of the second slave since so many ms of the clock. */
type Second = Asked & { readonly sinceMs: number };

/** What is to be done when that has ended whose answer nobody waits for any more. */
type WhenEnded = (error: Error | null) => void;

/**
 * A read that is asked of a second slave when the first one takes long. The first answer counts, and Knex hears of that one only: it
 * sends the read on this as if it were a connection.
 *
 * An error counts where it is the query's own. One that says that the first slave is in trouble waits for the second one's answer, and
 * an error of the second slave never counts: where both fail it is as if the first one alone had been asked.
 */
export class HedgedRead implements ReadUnderWay {
  sinceMs = 0;
  isUnderWay = false;
  before: ReadUnderWay | undefined = undefined;
  after: ReadUnderWay | undefined = undefined;
  /** What Knex has sent, as Knex knows it and as the driver does. */
  private sent: KnexQueryObject | undefined = undefined;
  private config: string | object = '';
  private done: Done | undefined = undefined;
  /** What it is sent on to the first slave. */
  private over: KnexConnection | undefined = undefined;
  private connecting: FirstConnection | undefined = undefined;
  private second: Second | undefined = undefined;
  /** The first slave's, while the second one may still answer. */
  private firstError: Error | undefined = undefined;
  /** The run has its answer, or goes on without one. */
  private isOver = false;
  /** What they took to answer, in ms. */
  private firstMs: number | undefined = undefined;
  private secondMs: number | undefined = undefined;
  private whenFirstEnded: WhenEnded | undefined = undefined;
  private whenSecondEnded: WhenEnded | undefined = undefined;

  constructor(
    private readonly run: HedgedRun,
    private readonly dispatched: Dispatched,
    private readonly underWay: ReadsUnderWay,
    private readonly parts: KnexTools,
  ) {
    underWay.begins(this);
  }

  /** The first connection that there is: the one that is waited for, or another slave's once that takes long. */
  connected(waited: Promise<KnexConnection>): Promise<KnexConnection> {
    this.connecting = new FirstConnection(waited, this.dispatched, this.parts);
    return this.connecting.promise;
  }

  /** What Knex is to send it on, in place of a connection. */
  on(connection: KnexConnection, query: KnexQueryObject): KnexConnection {
    if (this.isOver || this.sent) return connection;
    this.sent = query;
    this.over = connection;
    return this;
  }

  /** Called by Knex, once. */
  query(config: string | object, done: Done): void {
    this.config = config;
    this.done = done;
    this.over!.query!(config, (error, answer) => this.firstAnswers(error, answer));
  }

  private get hedging(): Hedging {
    return this.parts.hedging!;
  }

  isLate(): void {
    void findSecondSlave(this.dispatched, this.sent?.sql, this.parts, (...other) => this.asks(...other));
  }

  /** Its run is over, with or without an answer. */
  ends(): void {
    this.underWay.leaves(this);
    if (this.isOver) return;
    this.isOver = true;
    if (this.second) this.whenSecondEnded = this.leave(this.second);
  }

  /** Where else it is asked right now. */
  get askedToo(): KnexConnection | undefined {
    return this.isOver ? undefined : this.second?.connection;
  }

  /** Whether it takes the other slave's connection. */
  private asks(dispatched: Dispatched, connection: KnexConnection): boolean {
    if (this.isOver) return false;
    const asked = { dispatched, connection, guard: undefined };
    if (this.connecting?.takes(asked, () => this.connects(asked))) return true;
    const { hedging } = this;
    const proof = proofOn(connection, dispatched, this.parts);
    if (!this.sent || !proof || !hedging.mayAsk(this.dispatched, dispatched.engine)) return false;
    this.second = { ...asked, ...proof, sinceMs: hedging.clock.nowMs() };
    const over = proof.guard?.over(connection) ?? connection;
    over.query!({ ...(this.config as object) }, (error, answer) => this.secondAnswers(error, answer));
    return true;
  }

  /** It goes to another slave alone, since the first one has not been sent it. */
  private connects(asked: Asked): void {
    this.isOver = true;
    this.hedging.moved(this.dispatched, asked.dispatched.engine);
    this.movesTo(asked);
  }

  private firstAnswers(error: Error | null, answer: unknown): void {
    if (error) this.underWay.leaves(this);
    else this.firstMs = this.underWay.answered(this, !this.connecting); // opening a connection takes longer than any read
    if (this.whenFirstEnded) return this.whenFirstEnded(error);
    if (error && this.askedToo && isOfItsSlave(error)) {
      this.firstError = error;
      return;
    }
    this.ends();
    this.done!(error, answer);
  }

  private secondAnswers(error: Error | null, answer: unknown): void {
    const second = this.second!;
    if (!error) this.secondMs = this.hedging.clock.nowMs() - second.sinceMs;
    if (this.whenSecondEnded) return this.whenSecondEnded(error);
    if (error) return this.secondFails(second, error);
    const first = this.run.asked;
    this.isOver = true;
    if (this.firstError) {
      this.run.noted(this.firstError);
      giveBack(first, this.parts.held);
    } else {
      this.whenFirstEnded = this.leave(first);
    }
    this.sent!.engine = second.dispatched.engine.name;
    this.movesTo(second);
    this.done!(null, answer);
  }

  /** The work that kept the first slave reads from the other one from here on. */
  private movesTo(asked: Asked): void {
    const { context } = asked.dispatched.query;
    if (context.work.slave === this.dispatched.engine.name) context.work.slave = asked.dispatched.engine.name;
    this.run.movesTo(asked);
  }

  private secondFails(second: Asked, error: Error): void {
    const { retries, misses } = this.parts;
    const { dispatched, guard } = second;
    this.second = undefined;
    if (guard?.hasMissed) void misses.missed(dispatched.engine);
    else retries.note(attemptOn(dispatched), error);
    giveBack(second, this.parts.held);
    const { firstError } = this;
    if (!firstError) return;
    this.ends();
    this.done!(firstError, undefined);
  }

  /** Nobody waits for it any more. */
  private leave(asked: Asked): WhenEnded {
    const { hedging } = this;
    const ended = hedging.leave(asked.connection);
    return (error) => {
      ended();
      if (error) sever(asked.connection); // it may still be busy with what the driver has given up
      giveBack(asked, this.parts.held);
      const { firstMs, secondMs, sent } = this;
      if (firstMs !== undefined && secondMs !== undefined)
        hedging.slowTexts.answered(sent!.sql, [firstMs, secondMs], this.underWay.lateMs ?? 0);
    };
  }
}

/** It says that the slave is in trouble, and nothing of the query. Of `ended` only the server can tell whether an operator meant the query. */
function isOfItsSlave(error: unknown): boolean {
  const failure = engineFailureOf(error, true);
  return failure !== undefined && failure !== 'ended';
}
