import { ANY_SLAVE } from '../context/context.js';
import { assertMayRun } from '../dispatch/assert-may-run.js';
import type { Dispatched, Dispatching } from '../dispatch/dispatched.js';
import { type Attempt, type Tries, noTries } from '../dispatch/retries.js';
import { type Classification, unproved } from '../intent/intent.js';
import { forgetCompiled } from '../intent/compiled-query.js';
import type { Engine } from '../engines/engine.js';
import { ledToSlave } from '../engines/engine-pools.js';
import { isRefusedWrite } from '../health/engine-failure.js';
import type { KnexClient, KnexConnection, KnexQueryObject, KnexRunner } from '../knex-internals.js';
import { GUARD } from '../pg-internals.js';
import type { Guard } from './guard.js';
import { OutdatedSlaveError, guardFor } from './guard-for.js';
import { type KnexParts, engineOf } from './knex-parts.js';

const UNKNOWN = unproved('it was not dispatched'); // it may do anything

/** One run of a builder or raw: where it is dispatched to, and where it runs again when that fails. Lives in its runner. */
export class Run {
  protected dispatched: Dispatched | undefined;
  /** The client that the builder was made with; while it runs the runner has a view of that. */
  protected readonly home: KnexClient;
  /** Its connection is given: by its transaction, or by the caller. */
  protected readonly isBound: boolean;
  /** What proves that the server which runs it shows what was seen; undefined where that is known. */
  protected guard: Guard | undefined;
  private timesOutdated = 0;
  private isCounted = false;
  /** Its slave did not know what it names, and has learnt it since. */
  private hasCaughtUp = false;
  private tries: Tries | undefined;
  private readonly begunAtMs: number | undefined;

  constructor(
    protected readonly runner: KnexRunner,
    protected readonly parts: KnexParts,
  ) {
    this.home = runner.client;
    forgetCompiled(runner.builder);
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
    this.assertMayBeSent(query.sql);
    if (this.guard) query[GUARD] = this.guard;
    const { changesCatalogue, intent } = this.dispatched?.query.classification ?? UNKNOWN;
    if (client.transacting && changesCatalogue) held.markChanged(connection, changesCatalogue);
    if (client.transacting && intent !== 'read') held.markWrote(connection);
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
    this.goesTo(dispatched);
    this.isCounted ||= this.parts.tracker.begins(dispatched);
    if (dispatched.query.observed) this.parts.observer?.begins(dispatched);
    this.guard = undefined;
    this.runner.connection = undefined;
    return dispatched;
  }

  protected goesTo(dispatched: Dispatched): void {
    const { runner, home } = this;
    this.dispatched = dispatched;
    if (!home.transacting) runner.client = this.parts.views.of(home, dispatched.engine);
  }

  protected ended(hasFailed = false): void {
    if (!this.dispatched) return;
    if (hasFailed) this.parts.tracker.failed(this.dispatched);
    if (this.isCounted) this.parts.tracker.hasEnded(this.dispatched);
    this.isCounted = false;
    this.showed(this.dispatched);
    if (this.dispatched.query.observed) this.parts.observer?.ended(this.dispatched, hasFailed);
    if (!this.runner.client.transacting) this.parts.dispatcher.ended(this.dispatched);
  }

  /** Finds the query another engine where that is safe, to run there again; rejects with what its caller gets. */
  protected async mend(error: unknown): Promise<Dispatched> {
    const { dispatched } = this;
    if (!dispatched) throw error;
    const { dispatcher, retries, lagging, misses } = this.parts;
    const onSlave = dispatched.role === 'slave';
    if (onSlave && this.guard?.mayLackVersions) await lagging.lacksVersions(this.runner.builder);
    if (onSlave && this.guard?.lacksVersions) return dispatcher.outdated(dispatched, Infinity);
    if (onSlave && this.guard?.hasMissed) await misses.missed(dispatched.engine);
    if (onSlave && (error instanceof OutdatedSlaveError || this.guard?.hasMissed))
      return dispatcher.outdated(dispatched, ++this.timesOutdated);
    if (onSlave && isRefusedWrite(error)) return dispatcher.refused(dispatched, error);
    const migrated = onSlave ? await this.afterMigration(dispatched, error) : undefined;
    if (migrated) return migrated;
    const tries = (this.tries ??= noTries());
    const failure = !onSlave && this.guard?.hasMissed ? ledToSlave() : error;
    await retries.allow(this.attempt(dispatched), failure, tries);
    return dispatcher.anew(dispatched, tries.count);
  }

  /** Where a read goes that names what its slave does not know yet; undefined where the error is the read's own. */
  private async afterMigration(dispatched: Dispatched, error: unknown): Promise<Dispatched | undefined> {
    const { dispatcher, lagging } = this.parts;
    const answer = await lagging.of(this.attempt(dispatched), this.runner.builder, error);
    if (answer === 'behind') return dispatcher.outdated(dispatched, Infinity);
    if (answer === 'no' || this.hasCaughtUp) return undefined;
    this.hasCaughtUp = true;
    return dispatched;
  }

  /** Nothing can be mended any more, but health hears of it. */
  noted(error: unknown): unknown {
    if (this.dispatched) this.parts.retries.note(this.attempt(this.dispatched), error);
    return error;
  }

  /** What it has shown counts as seen, where its answer came from. */
  protected showed(dispatched: Dispatched): void {
    const { guard } = this;
    const { connection } = this.runner;
    if (!connection || guard?.hasMissed) return;
    const { tracker } = this.parts;
    const run = dispatched.engine.runOf(connection);
    if (guard?.proved !== undefined) tracker.proved(dispatched, run, guard.proved);
    if (guard?.witness === undefined) tracker.shows(dispatched, run);
    else tracker.witnessed(dispatched, guard.witness);
  }

  protected guardOn(connection: KnexConnection, dispatched: Dispatched): Guard | undefined {
    return guardFor(dispatched, connection, this.isBound, this.parts.tracker);
  }

  /** Here rather than where it is dispatched, since here the connection is known, and V8 knows who waits for it. */
  protected assertMayBeSent(sql?: string): void {
    const { dispatched, runner } = this;
    if (!dispatched) return;
    const { engine, role, query } = dispatched;
    const { classification } = query;
    if (role === 'slave' && classification.intent !== 'read' && runner.connection)
      this.touches(engine, runner.connection, classification);
    if (query.observed) this.parts.observer?.sends(dispatched, runner.connection, sql);
    this.parts.readThenWrite?.sends(dispatched);
  }

  /** What is not proved a read may leave something on a slave's connection, unless its transaction undoes that. */
  private touches(engine: Engine, connection: KnexConnection, classification: Classification): void {
    const isUndone = this.parts.held.isUndone(connection);
    const isLeft = !isUndone || classification.leaves !== 'nothing';
    if (!isUndone || (isLeft && engine.isPooled(connection))) assertMayRun(engine, classification);
    if (isLeft) engine.touched.touch(connection);
  }

  private attempt({ engine, role, startedAt, query: { classification, movable } }: Dispatched): Attempt {
    const { connection } = this.runner;
    return {
      engine,
      role,
      run: (connection && engine.runOf(connection)) ?? (role === 'master' ? startedAt : undefined),
      isRead: classification.intent === 'read',
      movable: movable || (this.parts.knexEngine === ANY_SLAVE && !this.isBound),
      isInTransaction: this.runner.client.transacting === true,
    };
  }

  private leftOf(timeoutMs: number): number {
    return Math.max(1, timeoutMs - (this.parts.clock.nowMs() - (this.begunAtMs ?? 0)));
  }
}
