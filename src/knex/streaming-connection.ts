import type { KnexConnection } from '../knex-internals.js';

type Callback = (error?: unknown) => void;

/**
 * What a Knex of that version may stream from. Knex 3.1.0 takes the end of a query, which pg tells without an error, for its
 * failure, and ends the stream before its first row: there pg tells of errors alone.
 */
export function streamingConnection(version: string): (connection: KnexConnection) => KnexConnection {
  return version === '3.1.0' ? tellingErrorsOnly : (connection) => connection;
}

function tellingErrorsOnly(connection: KnexConnection): KnexConnection {
  const { query } = connection as { query(cursor: unknown, done?: Callback): unknown };
  return Object.create(connection, {
    query: {
      value: (cursor: unknown, done?: Callback) =>
        query.call(connection, cursor, (error) => void (error && done?.(error))),
    },
  }) as KnexConnection;
}
