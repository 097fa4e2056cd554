import { engineFailureOf } from '../health/engine-failure.js';

/** What the error of a COMMIT says of its transaction. */
export interface CommitFailure {
  readonly mayHaveBeenApplied: boolean;
  /** The driver's code, where the server itself answered the COMMIT with an error and goes on working. */
  readonly commitCode: string | undefined;
}

interface CommitError {
  readonly code?: unknown;
  /** MySQL's drivers have it here, and a name in `code`. */
  readonly sqlState?: unknown;
  readonly message?: unknown;
}

/** pg had noticed that the connection is gone, so that it did not send the COMMIT. */
const UNSENT = /is not queryable/;

/**
 * With these the server has undone the transaction: constraints (23), serialization and deadlocks (40, but for 40003, where
 * nobody knows), the timeouts of transactions (25P03, 25P04), and what a trigger raised (P0). All others may belong to the
 * question that follows the COMMIT in the same message.
 */
const UNDONE = /^(?:23|40(?!003)|25P0[34]|P0)/;

const SQL_STATE = /^[0-9A-Z]{5}$/;

/** Unknown means that it may have been applied. */
export function commitFailureOf(error: unknown): CommitFailure {
  const { code, sqlState = code, message } = (error ?? {}) as CommitError;
  const isState = typeof sqlState === 'string' && SQL_STATE.test(sqlState);
  const isAnswer = isState && typeof code === 'string' && engineFailureOf(error, false) === undefined;
  if (isAnswer) return { mayHaveBeenApplied: !UNDONE.test(sqlState), commitCode: code };
  return { mayHaveBeenApplied: !UNSENT.test(String(message)), commitCode: undefined };
}
