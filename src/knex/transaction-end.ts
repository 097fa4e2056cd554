import { WriteFailedError } from '../errors.js';
import type { KnexConnection, KnexTransaction } from '../knex-internals.js';
import type { CommitAnswer } from '../pg-internals.js';
import { MetErrors } from './met-errors.js';

/** What the end of a transaction is put together from. */
export interface TransactionEndParts {
  /** From now on `met` hears of the errors of queries on the connection. */
  begins(connection: KnexConnection, met: MetErrors): void;
  /** Sends COMMIT. Resolves with nothing where that failed: Knex gives the error to `_rejecter`. */
  commit(connection: KnexConnection, value: unknown): Promise<CommitAnswer | undefined>;
  /** What the caller gets for an error that COMMIT met. */
  notCommitted(connection: KnexConnection, error: unknown): WriteFailedError;
  /** What the caller gets who asked for COMMIT when the transaction was rolled back. */
  rolledBack(connection: KnexConnection, reason: unknown): WriteFailedError;
  /** What the caller gets for an error that another query of the transaction met; no COMMIT was sent. */
  aborted(connection: KnexConnection, error: unknown): unknown;
}

/**
 * How one transaction ends: acknowledged means committed. In Knex `commit()` resolves although COMMIT failed, and a COMMIT
 * that the server answered with ROLLBACK counts as a success. Here `commit()` and the transaction reject, with the same error.
 */
export class TransactionEnd {
  private readonly met = new MetErrors();
  private resolve: (value?: unknown) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;
  private connection: KnexConnection | undefined;
  /** What its caller gets. */
  private failure: { readonly error: unknown } | undefined;
  /** From here on COMMIT's answer alone decides. */
  private committing: Promise<CommitAnswer | undefined> | undefined;
  /** Set by the first rollback, with the error that it was given. */
  private rollback: { readonly error: unknown } | undefined;

  constructor(
    private readonly transaction: KnexTransaction,
    private readonly parts: TransactionEndParts,
  ) {}

  /** Puts itself between the transaction and what Knex makes of its end. */
  watch(): void {
    const { transaction } = this;
    const begin = transaction.begin.bind(transaction);
    const rollback = transaction.rollback.bind(transaction);
    transaction.begin = (connection) => this.begin(connection, begin);
    transaction.commit = (connection, value) => maybeUnawaited(this.commit(connection, value));
    transaction.rollback = (connection, error) => {
      if (this.committing) return this.committing.catch(() => undefined);
      this.rollback ??= { error };
      return rollback(connection, error);
    };
  }

  /** Where BEGIN fails, Knex runs the work all the same, though each query in it fails then. */
  private async begin(connection: KnexConnection, begin: KnexTransaction['begin']): Promise<unknown> {
    this.connection = connection;
    this.parts.begins(connection, this.met);
    const begun = begin(connection);
    await Promise.resolve(); // Knex sets what settles the transaction in the turn in which it begins, and settles it later
    this.settleByUs();
    const answer = await begun;
    if (this.failure) throw this.failure.error;
    return answer;
  }

  /** Not by accessors: V8 keeps an object that is given some as a dictionary, and each transaction would take longer. */
  private settleByUs(): void {
    const { transaction } = this;
    this.resolve = transaction._resolver;
    this.reject = transaction._rejecter;
    transaction._resolver = (value) => this.resolved(value);
    transaction._rejecter = (error) => this.rejected(error);
  }

  private commit(connection: KnexConnection, value: unknown): Promise<CommitAnswer | undefined> {
    const { rollback, parts } = this;
    if (rollback) return Promise.reject(parts.rolledBack(connection, rollback.error));
    return (this.committing ??= this.committed(connection, value));
  }

  private async committed(connection: KnexConnection, value: unknown): Promise<CommitAnswer | undefined> {
    const answer = await this.parts.commit(connection, value).catch((error: unknown) => this.fail(error));
    if (isRollback(answer)) this.fail(this.parts.rolledBack(connection, this.met.reason));
    if (this.failure) throw this.failure.error;
    this.resolve(value);
    return answer;
  }

  /** Not after COMMIT: `committed` looks at its answer first. */
  private resolved(value: unknown): void {
    if (!this.committing) this.resolve(value);
  }

  /** Knex tells of a ROLLBACK that failed with its connection instead of the error that led to it. */
  private rejected(error: unknown): void {
    const { connection, committing, rollback, met, parts } = this;
    if (this.failure) return;
    if (!connection) return this.fail(error);
    if (committing) return this.fail(parts.notCommitted(connection, error));
    const thrown = rollback?.error;
    if (thrown === undefined) return this.fail(parts.aborted(connection, error));
    this.fail(met.has(thrown) ? parts.aborted(connection, thrown) : thrown);
  }

  private fail(error: unknown): undefined {
    this.failure ??= { error };
    if (error instanceof WriteFailedError) void maybeUnawaited(this.transaction);
    this.reject(error);
  }
}

/** Bare Knex would not have rejected, so a caller that does not await must not lose its process to an unhandled rejection. */
function maybeUnawaited<Promised extends Pick<Promise<unknown>, 'catch'>>(promise: Promised): Promised {
  void promise.catch(() => undefined);
  return promise;
}

/** What the server answers to COMMIT in a transaction that has failed. It is no error there. */
function isRollback({ response }: CommitAnswer = {}): boolean {
  const [committed] = [response ?? []].flat();
  return committed?.command === 'ROLLBACK';
}
