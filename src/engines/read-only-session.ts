import type { Knex } from 'knex';
import { SERVER_RUN } from './server-run.js';

interface PgConnection {
  query(sql: string, done: (error: Error | null, results: readonly PgResult[]) => void): void;
}

interface PgResult {
  readonly rows: readonly { readonly started_at: string }[];
}

type AfterCreate = (
  connection: PgConnection,
  done: (error?: Error | null, connection?: unknown) => void,
) => void;

const BEGIN_SESSION = `set default_transaction_read_only = on; select ${SERVER_RUN} as started_at`;

/**
 * A pool whose sessions the server itself keeps from writing, also where the slave is really the master under another
 * name, and which tells since when the server runs. By a statement and not at connect, since poolers such as PgBouncer
 * refuse unknown startup parameters.
 */
export function readOnlySessions(
  pool: Knex.PoolConfig = {},
  startedAt: (at: string) => void,
): Knex.PoolConfig {
  const users = pool.afterCreate as AfterCreate | undefined;
  const afterCreate: AfterCreate = (connection, done) => {
    connection.query(BEGIN_SESSION, (error, results) => {
      if (error) return done(error, connection);
      startedAt(results[1]!.rows[0]!.started_at);
      if (users) users(connection, done);
      else done(null, connection);
    });
  };
  return { ...pool, afterCreate };
}
