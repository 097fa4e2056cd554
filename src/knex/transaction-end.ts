import type { KnexTransaction } from '../knex-internals.js';

/** Turns the error that a transaction ended with into what its caller gets. */
export type TellEnd = (error: unknown, isCommitting: boolean) => unknown;

/**
 * Lets the caller of a transaction hear what is known of its end. Knex tells of a ROLLBACK that failed with its connection
 * instead of the error that led to it, and of a COMMIT that failed as of any other query.
 */
export function tellEnd(transaction: KnexTransaction, tell: TellEnd): void {
  let reject: (error: unknown) => void = () => undefined;
  let isCommitting = false;
  let cause: unknown;
  const commit = transaction.commit.bind(transaction);
  const rollback = transaction.rollback.bind(transaction);
  transaction.commit = (connection, value) => {
    isCommitting = true;
    return commit(connection, value);
  };
  transaction.rollback = (connection, error) => {
    cause = error;
    return rollback(connection, error);
  };
  Object.defineProperty(transaction, '_rejecter', {
    get: () => (error: unknown) => reject(tell(cause ?? error, isCommitting)),
    set(given: typeof reject) {
      reject = given;
    },
  });
}
