import type { Engine } from '../engines/engine.js';
import { SERVER_RUN } from '../engines/server-run.js';
import { type KnexClient, type KnexConnection, sever } from '../knex-internals.js';

/**
 * Ends what runs on a connection, and nothing of anybody else's: a process id means something on its own server alone, which
 * the engine's name may not lead to again, and a pooler's are made up. What can't be named ends with its connection.
 */
export async function cancelQuery(
  connection: KnexConnection,
  engine: Engine | undefined,
  owner: KnexClient,
): Promise<unknown> {
  if (engine?.isPooled(connection)) return sever(connection);
  const run = engine?.runOf(connection);
  const { processID } = connection;
  if (run === undefined || processID === undefined) return owner.cancelQuery(connection);
  if (!(await cancelOn(run, processID, owner))) sever(connection);
  return undefined;
}

/** Whether it was that run of the server which was asked. Rejects where there is no connection. */
async function cancelOn(run: string, processId: number, owner: KnexClient): Promise<boolean> {
  const other = await owner.acquireRawConnection();
  try {
    const sql = `select pg_cancel_backend(${processId}) from (select ${SERVER_RUN} as run) server where run = '${run}'`;
    const answer = await owner._query(other, { sql });
    return (answer as { readonly response: { readonly rows: readonly unknown[] } }).response.rows.length > 0;
  } finally {
    await owner.destroyRawConnection(other).catch(() => undefined); // it has done what it was opened for
  }
}
