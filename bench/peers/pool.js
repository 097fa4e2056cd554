import pg from 'pg';

/** As many connections as the others have. Its errors come with the queries. */
export function poolTo(connection) {
  return new pg.Pool({ ...connection, max: 10 }).on('error', () => undefined);
}
