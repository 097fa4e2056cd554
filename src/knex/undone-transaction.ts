import type { KnexTransaction } from '../knex-internals.js';
import type { HeldConnections } from './held-connections.js';

/** Knex's number for a transaction that ends well. */
const ENDED_WELL = 1;

/**
 * A read-only transaction ends on a slave with ROLLBACK, also where Knex would send COMMIT: it has written nothing, and so nothing
 * that it has set stays on the connection, not even by a plain `SET`.
 */
export function undoAtTheEnd(transaction: KnexTransaction, held: HeldConnections): void {
  const begin = transaction.begin.bind(transaction);
  const commit = transaction.commit.bind(transaction);
  transaction.begin = (connection) => {
    held.markUndone(connection, held.engineOf(connection)?.role === 'slave');
    return begin(connection);
  };
  transaction.commit = (connection, value) =>
    held.isUndone(connection)
      ? transaction.query(connection, 'ROLLBACK', ENDED_WELL, value)
      : commit(connection, value);
}
