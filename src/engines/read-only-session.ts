import type { Knex } from 'knex';

interface PgConnection {
  query(sql: string, done: (error?: Error) => void): void;
}

type AfterCreate = (connection: PgConnection, done: (error?: Error | null, connection?: unknown) => void) => void;

/**
 * A pool whose sessions the server itself keeps from writing, also where the slave is really the master under another
 * name. Set by a statement and not at connect, since poolers such as PgBouncer refuse unknown startup parameters.
 */
export function readOnlySessions(pool: Knex.PoolConfig = {}): Knex.PoolConfig {
  const users = pool.afterCreate as AfterCreate | undefined;
  const afterCreate: AfterCreate = (connection, done) => {
    connection.query('SET default_transaction_read_only = on', (error) => {
      if (error || !users) done(error, connection);
      else users(connection, done);
    });
  };
  return { ...pool, afterCreate };
}
