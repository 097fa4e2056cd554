import type { Clock } from '../clock.js';
import type { Engine, EngineRole } from '../engines/engine.js';
import { WriteFailedError } from '../errors.js';
import { type EngineFailure, engineFailureOf, isRefusedWrite } from '../health/engine-failure.js';
import type { Health } from '../health/health.js';
import type { TokenBucket } from '../health/token-bucket.js';
import type { RoutingEvents } from '../routing/decision-announcer.js';
import { commitFailureOf } from './commit-failure.js';
import type { SlaveGrants } from './slave-grants.js';

/** What failed, as far as it matters for trying again. */
export interface Attempt {
  readonly engine: Engine;
  /** The engine's at the time; a promotion may have changed it since. */
  readonly role: EngineRole;
  /** Proved: running it again changes nothing. */
  readonly isRead: boolean;
  /** Whether another engine may run it: not inside a transaction, nor where the Knex or the connection names one. */
  readonly movable: boolean;
  /** The run of the engine's server that it was sent to; undefined where that is not known. */
  readonly run?: string | undefined;
  /** Its end decides whether it has an effect. */
  readonly isInTransaction?: boolean;
}

/** How often one query was tried, and since when. */
export interface Tries {
  count: number;
  /** When it failed for the first time. */
  sinceMs: number | undefined;
}

export function noTries(): Tries {
  return { count: 0, sinceMs: undefined };
}

/** Where a query goes on failing, its trouble is not the engine's. */
const MOST_TRIES = 6;
/** A slave that fails takes all that was under way with it; more a second is a storm. */
export const RETRIES_AT_ONCE = 1_000;
export const RETRIES_PER_SECOND = 200;

/** What retries are put together from. */
export interface RetriesParts {
  /** Undefined where nothing is known of engines: nothing runs again then. */
  readonly health: Health | undefined;
  readonly grants: SlaveGrants;
  readonly writes: 'never' | 'safe';
  /** How long the master may be away, in ms. */
  readonly waitMs: number;
  /** What keeps a slave's failure from becoming a storm of retries. */
  readonly budget: TokenBucket;
  readonly events: RoutingEvents;
  readonly clock: Clock;
}

/** What becomes of a query that failed: it runs again, or its caller gets an error that says what is known. */
export class Retries {
  constructor(private readonly parts: RetriesParts) {}

  /** Resolves when the query may be dispatched anew. Rejects with what its caller gets. */
  async allow(attempt: Attempt, error: unknown, tries: Tries): Promise<void> {
    const failure = this.note(attempt, error);
    tries.sinceMs ??= this.parts.clock.nowMs();
    const mayTry = tries.count < MOST_TRIES && attempt.movable;
    const again = mayTry && (await this.isWorthTrying(attempt, failure, error, tries));
    if (!again) throw this.told(attempt, failure, error);
    tries.count++;
    this.parts.events.emit('retry', { engine: attempt.engine.name, error: error as Error });
  }

  /** What a transaction's caller gets when a query failed before COMMIT was sent: the transaction certainly has no effect. */
  aborted(attempt: Attempt, error: unknown): unknown {
    if (!this.note(attempt, error)) return error;
    return new WriteFailedError(attempt.engine.name, false, { cause: error });
  }

  /** What a transaction's caller gets when COMMIT failed. */
  notCommitted(attempt: Attempt, error: unknown): WriteFailedError {
    this.note(attempt, error);
    const { mayHaveBeenApplied, commitCode } = commitFailureOf(error);
    return new WriteFailedError(attempt.engine.name, mayHaveBeenApplied, { cause: error, commitCode });
  }

  /** What a transaction's caller gets who asked for COMMIT when the transaction was rolled back. */
  rolledBack({ engine }: Attempt, reason: unknown): WriteFailedError {
    return new WriteFailedError(engine.name, false, { cause: reason, wasRolledBack: true });
  }

  /** What the caller gets where nothing more is tried. */
  private told(attempt: Attempt, failure: EngineFailure | undefined, error: unknown): unknown {
    if (!failure || attempt.isRead || attempt.role === 'slave' || failure === 'busy') return error;
    const wasSent = failure === 'broken' || failure === 'ended';
    return new WriteFailedError(attempt.engine.name, wasSent && !attempt.isInTransaction, {
      cause: error,
      repeating: failure === 'misconfigured' ? 'is in vain' : 'helps',
    });
  }

  /** What the error says of the engine; health hears of it. */
  note({ engine, role }: Attempt, error: unknown): EngineFailure | undefined {
    this.parts.grants.note(engine, error);
    const failure = this.parts.health && engineFailureOf(error, role === 'slave');
    if (failure && engine.role === role) this.parts.health?.queryFailed(engine, failure, error);
    return failure;
  }

  private async isWorthTrying(
    attempt: Attempt,
    failure: EngineFailure | undefined,
    error: unknown,
    tries: Tries,
  ): Promise<boolean> {
    if (!failure && !isRefusedWrite(error)) return false;
    const isUnsent = failure !== 'broken' && failure !== 'ended' && failure !== 'conflict';
    if (!attempt.isRead && !isUnsent) return false; // it may have had an effect
    if (await this.wasStopped(attempt, failure, error)) return false;
    if (attempt.role === 'slave') return failure !== undefined && this.parts.budget.take();
    if (
      failure === 'busy' ||
      failure === 'misconfigured' ||
      (!attempt.isRead && this.parts.writes === 'never')
    )
      return false;
    return this.parts.budget.take() && this.masterReturns(tries);
  }

  /** An operator has ended its connection, and means the query: the server that ran it goes on. */
  private async wasStopped(
    { engine, run, role }: Attempt,
    failure: EngineFailure | undefined,
    error: unknown,
  ): Promise<boolean> {
    const isEnded = failure === 'ended';
    if (!isEnded && (failure !== 'broken' || role === 'master')) return false;
    const runAfter = await this.parts.health?.runAfter(engine, error);
    return isEnded && run !== undefined && run === runAfter;
  }

  private masterReturns({ sinceMs = 0 }: Tries): Promise<boolean> | boolean {
    return (
      this.parts.clock.nowMs() - sinceMs <= this.parts.waitMs && (this.parts.health?.masterReturns() ?? false)
    );
  }
}
