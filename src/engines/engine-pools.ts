import type { Knex } from 'knex';
import type { Engine } from './engine.js';
import { type KnexConnection, sever } from '../knex-internals.js';
import { SERVER_RUN } from './server-run.js';

interface PgResult {
  readonly rows: readonly { readonly started_at: string }[];
}

type AfterCreate = (
  connection: KnexConnection,
  done: (error?: Error | null, connection?: unknown) => void,
) => void;

const ASK_RUN = `select ${SERVER_RUN} as started_at`;

/**
 * A slave's connections are kept from writing by the server itself, also where the slave is really the master under another
 * name. By a statement and not at connect, since poolers such as PgBouncer refuse unknown startup parameters.
 */
const BEGIN_ON_SLAVE = `set default_transaction_read_only = on; ${ASK_RUN}`;

/** A pool whose connections its engine knows; a slave's are read-only and tell since when the server runs. */
export function enginePool(pool: Knex.PoolConfig = {}, engine: () => Engine): Knex.PoolConfig {
  const users = pool.afterCreate as AfterCreate | undefined;
  const afterCreate: AfterCreate = (connection, done) => {
    engine().opened(connection);
    begin(connection, engine()).then(
      () => (users ? users(connection, done) : done(null, connection)),
      (error: Error) => {
        sever(connection); // Knex forgets a connection that could not begin
        done(error, connection);
      },
    );
  };
  return { ...pool, afterCreate };
}

/** The pool of what is asked beside the app's queries. */
export function probePool(pool: Knex.PoolConfig, engine: () => Engine): Knex.PoolConfig {
  const users = pool.afterCreate as AfterCreate | undefined;
  const afterCreate: AfterCreate = (connection, done) => {
    engine().openedProbe(connection);
    if (users) users(connection, done);
    else done(null, connection);
  };
  return { ...pool, afterCreate };
}

/** A master that was replaced while nobody looked gets no connection: what came back alone must not be written to. */
async function begin(connection: KnexConnection, engine: Engine): Promise<void> {
  if (engine.role === 'master') await engine.confirmRole();
  else await beginOnSlave(connection, engine);
  if (!engine.isCurrent(connection)) throw new Error('Connection terminated before it began: it was cut off');
}

function beginOnSlave(connection: KnexConnection, slave: Engine): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query!(BEGIN_ON_SLAVE, (error, results) => {
      if (error) return reject(error);
      slave.startedAt = (results as readonly PgResult[])[1]!.rows[0]!.started_at;
      resolve();
    });
  });
}
