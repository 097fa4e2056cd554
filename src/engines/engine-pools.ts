import type { Knex } from 'knex';
import type { Engine } from './engine.js';
import { type KnexConnection, sever } from '../knex-internals.js';
import { firstRowOn } from '../pg-internals.js';
import { SERVER_RUN } from './server-run.js';

interface ServerRow {
  readonly started_at: string;
  readonly pid: number;
}

interface MasterRow extends ServerRow {
  readonly is_slave: boolean;
}

type AfterCreate = (
  connection: KnexConnection,
  done: (error?: Error | null, connection?: unknown) => void,
) => void;

/**
 * A slave's connections are kept from writing by the server itself, also where the slave is really the master under another
 * name. By a statement and not at connect, since poolers such as PgBouncer refuse unknown startup parameters. Not where a
 * pooler stands between, whose other clients would get the setting: there the process is another than the driver was told.
 */
function beginOnSlaveSql(processId: number | undefined): string {
  const set = `set_config('default_transaction_read_only', 'on', false)`;
  return `select ${SERVER_RUN} as started_at, pg_backend_pid() as pid,
    case when pg_backend_pid() = ${processId ?? 0} then ${set} end`;
}

const BEGIN_ON_MASTER = `select pg_is_in_recovery() as is_slave, ${SERVER_RUN} as started_at, pg_backend_pid() as pid`;

/**
 * The user's own `afterCreate`. One that throws has failed, as one that calls `done` with an error has: thrown from where Knex calls
 * it, that would end the process.
 */
function hookOf({ afterCreate }: Knex.PoolConfig): AfterCreate {
  const hook = afterCreate as AfterCreate | undefined;
  return (connection, done) => {
    if (!hook) return done(null, connection);
    try {
      hook(connection, done);
    } catch (error) {
      sever(connection);
      done(error as Error, connection);
    }
  };
}

/** A pool whose connections its engine knows; a slave's are read-only and tell since when the server runs. */
export function enginePool(pool: Knex.PoolConfig = {}, engine: () => Engine): Knex.PoolConfig {
  const users = hookOf(pool);
  const afterCreate: AfterCreate = (connection, done) => {
    engine().opened(connection);
    begin(connection, engine()).then(
      () => users(connection, done),
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
  const users = hookOf(pool);
  const afterCreate: AfterCreate = (connection, done) => {
    engine().openedProbe(connection);
    users(connection, done);
  };
  return { ...pool, afterCreate };
}

/** What was meant for the master has reached a server that is none, and was not run there. */
export function ledToSlave(): Error {
  return new Error('Connection terminated before it began: it leads to a slave');
}

/**
 * A master that was replaced while nobody looked gets no connection: what came back alone must not be written to. Nor does a
 * server that is a slave by now, where the master's name has moved.
 */
async function begin(connection: KnexConnection, engine: Engine): Promise<void> {
  if (engine.role === 'slave') await beginOnSlave(connection, engine);
  else if (await engine.confirmRole()) await beginOnMaster(connection, engine);
  if (!engine.isCurrent(connection)) throw new Error('Connection terminated before it began: it was cut off');
}

async function beginOnMaster(connection: KnexConnection, master: Engine): Promise<void> {
  const row = await firstRowOn<MasterRow>(connection, BEGIN_ON_MASTER);
  if (row.is_slave) throw ledToSlave();
  noteServer(connection, master, row);
}

async function beginOnSlave(connection: KnexConnection, slave: Engine): Promise<void> {
  noteServer(
    connection,
    slave,
    await firstRowOn<ServerRow>(connection, beginOnSlaveSql(connection.processID)),
  );
}

/** A driver that does not tell its process is believed to connect itself. */
function noteServer(
  connection: KnexConnection,
  { servers }: Engine,
  { started_at: run, pid }: ServerRow,
): void {
  servers.reaches(connection, run, pid !== (connection.processID ?? pid));
}
