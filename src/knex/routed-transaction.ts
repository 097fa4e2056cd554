import type { DispatchedTransaction } from '../dispatch/dispatched-transaction.js';
import { noTries } from '../dispatch/retries.js';
import type { Engine } from '../engines/engine.js';
import { ledToSlave } from '../engines/engine-pools.js';
import type { KnexClient, KnexConnection, KnexTransaction } from '../knex-internals.js';
import { ONLY_ON_MASTER, isNotOnMaster } from './guard.js';
import type { HeldConnections } from './held-connections.js';
import type { KnexParts } from './knex-parts.js';
import { TransactionEnd } from './transaction-end.js';

/** Knex's number for a transaction that ends well. */
const COMMITTED = 1;

/** A view for one transaction, whose engine may yet be waited for; Knex asks it for the connection, and gives it back. */
export function transactionView(
  client: KnexClient,
  transaction: DispatchedTransaction,
  parts: KnexParts,
): KnexClient {
  const { views, engines, held, observer } = parts;
  let engine = engines.master;
  const view = Object.create(views.of(client, engine)) as KnexClient;
  const moveTo = (next: Engine) => {
    if (next !== engine) Object.setPrototypeOf(view, views.of(client, (engine = next)));
    return engine;
  };
  view.acquireConnection = async () => {
    transaction.begins();
    try {
      return await acquireFor(transaction, moveTo, client, parts);
    } catch (error) {
      transaction.hasEnded();
      throw error;
    }
  };
  view.releaseConnection = (connection) => {
    observer?.gaveBack(connection);
    transaction.shows(engine, connection);
    transaction.hasEnded();
    held.markUndone(connection, false);
    return client.releaseConnection(connection);
  };
  return view;
}

/** On another engine where the first one has none, or is not what it was chosen for any more. */
async function acquireFor(
  transaction: DispatchedTransaction,
  moveTo: (next: Engine) => Engine,
  client: KnexClient,
  { held, retries, knexEngine, observer }: KnexParts,
): Promise<KnexConnection> {
  const tries = noTries();
  for (;;) {
    const engine = moveTo(await transaction.engine());
    try {
      const connection = await held.acquire(engine);
      const isMoved = await transaction.isMoved(connection).catch(async (error: unknown) => {
        await client.releaseConnection(connection);
        throw error;
      });
      if (!isMoved) {
        transaction.shows(engine, connection);
        observer?.began(connection, transaction.observed);
        return connection;
      }
      await client.releaseConnection(connection);
    } catch (error) {
      await retries.allow(transaction.attemptOn(engine, knexEngine === undefined), error, tries);
      transaction.dispatchAnew();
    }
  }
}

/** Has a transaction on the master begin there, and nowhere else, where a pooler stands between. */
export function beginOnMaster(transaction: KnexTransaction, held: HeldConnections): void {
  const begin = transaction.begin.bind(transaction);
  const send = transaction.query.bind(transaction);
  transaction.begin = (connection) => {
    const engine = held.engineOf(connection);
    if (engine?.role === 'master' && engine.isPooled(connection))
      transaction.query = (on, sql, ...more) => {
        transaction.query = send;
        return send(on, ONLY_ON_MASTER + sql, ...more);
      };
    return begin(connection);
  };
}

/** Lets a transaction that may write tell its context that it did, and its caller what is known of its end. */
export function watchWrites(
  transaction: KnexTransaction,
  dispatched: DispatchedTransaction,
  { engines, held, dispatcher, retries }: KnexParts,
): void {
  const send = transaction.commit.bind(transaction);
  const attemptOn = (connection: KnexConnection) =>
    dispatched.attemptOn(held.engineOf(connection) ?? engines.master, false);
  new TransactionEnd(transaction, {
    begins: (connection, met) => held.begins(connection, met),
    async commit(connection, value) {
      if (held.hasWritten(connection)) dispatched.mayHaveWritten();
      const { commitSql, marks } = dispatched;
      const sent = commitSql
        ? transaction.query(connection, commitSql, COMMITTED, value)
        : send(connection, value);
      const answer = await sent;
      dispatched.committed(answer ?? {}, marks);
      dispatcher.catalogueChanged(held.takeChanged(connection));
      return answer;
    },
    notCommitted: (connection, error) => retries.notCommitted(attemptOn(connection), error),
    rolledBack: (connection, reason) => retries.rolledBack(attemptOn(connection), reason),
    aborted: (connection, error) =>
      retries.aborted(attemptOn(connection), isNotOnMaster(error) ? ledToSlave() : error),
  }).watch();
}
