import type { Knex } from 'knex';
import { type KnexConnection, sever } from '../knex-internals.js';

/** What keeps a connection from writing for as long as it lives, by the driver's name in Knex. */
const READ_ONLY_SQL: Readonly<Record<string, string>> = {
  mysql: 'SET SESSION TRANSACTION READ ONLY',
  mysql2: 'SET SESSION TRANSACTION READ ONLY',
  pgnative: 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
};

type AfterCreate = (
  connection: KnexConnection,
  done: (error?: Error | null, connection?: unknown) => void,
) => void;

/**
 * For the slaves of databases other than PostgreSQL: a configuration whose connections the server itself keeps from writing.
 * Undefined where the server has no word for it, and where the user's own pool opens them.
 */
export function readOnlyConfig(config: Knex.Config, driver: unknown): Knex.Config | undefined {
  const sql = typeof driver === 'string' ? READ_ONLY_SQL[driver] : undefined;
  if (sql === undefined || config.connectionPool) return undefined;
  const users = config.pool?.afterCreate as AfterCreate | undefined;
  const afterCreate: AfterCreate = (connection, done) =>
    connection.query!(sql, (error) => {
      if (error) sever(connection); // Knex forgets a connection that could not begin
      if (error || !users) done(error, connection);
      else users(connection, done);
    });
  return { ...config, pool: { ...config.pool, afterCreate } };
}
