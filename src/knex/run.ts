import { ANY_SLAVE } from '../context/context.js';
import type { Dispatched, Dispatching } from '../dispatch/dispatched.js';
import { type Attempt, type Tries, noTries } from '../dispatch/retries.js';
import { isRefusedWrite } from '../health/engine-failure.js';
import type { KnexClient, KnexQueryObject, KnexRunner } from '../knex-internals.js';
import { type KnexParts, engineOf } from './knex-parts.js';

/** The slave that a read was meant for runs anew, or its connection came too late; the read was not sent. */
export class OutdatedSlaveError extends Error {}

/** One run of a builder or raw: where it is dispatched to, and where it runs again when that fails. Lives in its runner. */
export class Run {
  protected dispatched: Dispatched | undefined;
  /** The client that the builder was made with; while it runs the runner has a view of that. */
  protected readonly home: KnexClient;
  /** Its connection is given: by its transaction, or by the caller. */
  protected readonly isBound: boolean;
  private tries: Tries | undefined;
  private readonly begunAtMs: number | undefined;

  constructor(
    protected readonly runner: KnexRunner,
    protected readonly parts: KnexParts,
  ) {
    this.home = runner.client;
    this.isBound = this.home.transacting === true || runner.builder._connection !== undefined;
    if (runner.builder._timeout !== undefined) this.begunAtMs = parts.clock.nowMs();
  }

  /** Before SQL is sent on the connection at hand. All tries together may take as long as the query was given. */
  sends(query: KnexQueryObject): void {
    const { held } = this.parts;
    const { connection, client } = this.runner;
    if (query.timeout && this.tries) query.timeout = this.leftOf(query.timeout);
    const engine = this.isBound ? held.engineOf(connection) : this.dispatched?.engine;
    if (engine) query.engine = engine.name;
    this.assertNotDecidedOnSlave();
    if (client.transacting && this.dispatched?.query.classification.changesCatalogue)
      held.markChanged(connection);
  }

  dispatch(): Dispatching {
    const { dispatcher, held, engines, knexEngine } = this.parts;
    const { builder, client } = this.runner;
    const passed = builder._connection;
    if (client.transacting) return dispatcher.transactionQuery(builder, engineOf(client, this.parts));
    if (passed) return dispatcher.connectionQuery(builder, held.engineOf(passed) ?? engines.master);
    return dispatcher.query(builder, knexEngine);
  }

  /** From here on it runs, or runs again, where it was dispatched to, and has shown nothing yet. */
  protected take(dispatched: Dispatched): Dispatched {
    const { runner, home } = this;
    this.dispatched = dispatched;
    runner.connection = undefined;
    if (!home.transacting) runner.client = this.parts.views.of(home, dispatched.engine);
    return dispatched;
  }

  protected ended(): void {
    if (!this.dispatched) return;
    this.parts.tracker.shows(this.dispatched);
    if (!this.runner.client.transacting) this.parts.dispatcher.ended(this.dispatched);
  }

  /** Finds the query another engine where that is safe, to run there again; rejects with what its caller gets. */
  protected async mend(error: unknown): Promise<Dispatched> {
    const { dispatched } = this;
    if (!dispatched) throw error;
    const { dispatcher, retries } = this.parts;
    const onSlave = dispatched.role === 'slave';
    if (onSlave && error instanceof OutdatedSlaveError)
      return dispatcher.insteadOf(dispatched) ?? this.dispatch();
    if (onSlave && isRefusedWrite(error)) return dispatcher.refused(dispatched, error);
    const tries = (this.tries ??= noTries());
    await retries.allow(this.attempt(dispatched), error, tries);
    return dispatcher.anew(dispatched, tries.count);
  }

  /** Nothing can be mended any more, but health hears of it. */
  protected noted(error: unknown): unknown {
    if (this.dispatched) this.parts.retries.note(this.attempt(this.dispatched), error);
    return error;
  }

  /** Asked once the connection is there: a slave that was restarted meanwhile may be behind what was seen. */
  protected assertFresh(dispatched: Dispatched): void {
    const { query, role } = dispatched;
    if (query.movable && role === 'slave' && this.parts.tracker.isOutdated(dispatched))
      throw new OutdatedSlaveError();
  }

  /** Here rather than where it is dispatched, since here V8 knows who waits for it. */
  protected assertNotDecidedOnSlave(): void {
    if (this.dispatched) this.parts.readThenWrite?.sends(this.dispatched);
  }

  private attempt({ engine, role, query: { classification, movable } }: Dispatched): Attempt {
    return {
      engine,
      role,
      isRead: classification.intent === 'read',
      movable: movable || (this.parts.knexEngine === ANY_SLAVE && !this.isBound),
      isInTransaction: this.runner.client.transacting === true,
    };
  }

  private leftOf(timeoutMs: number): number {
    return Math.max(1, timeoutMs - (this.parts.clock.nowMs() - (this.begunAtMs ?? 0)));
  }
}
