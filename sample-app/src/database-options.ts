import { type DatabaseRoutingOptions, optionsFromEnv } from 'nestjs-database-routing';

/** The databases that `DATABASE_MASTER_URL` and `DATABASE_SLAVES_…_URL` name, else a master and two slaves of our own. */
export async function databaseOptions(env: NodeJS.ProcessEnv): Promise<DatabaseRoutingOptions> {
  const options = env['DATABASE_MASTER_URL'] ? optionsFromEnv(env) : await startDatabases();
  return { ...options, exposeDecisions: true };
}

/** Real PostgreSQL servers with real replication. They and their data are gone when this process is. */
async function startDatabases(): Promise<DatabaseRoutingOptions> {
  console.log('DATABASE_MASTER_URL is not set: starting a PostgreSQL master and two slaves…');
  const { startReplicatedPostgres } = await import('nestjs-database-routing/testing');
  const { master, slaves } = await startReplicatedPostgres({ slaves: 2 });
  return {
    client: 'pg',
    master: { connection: master.connection },
    slaves: Object.fromEntries(
      Object.entries(slaves).map(([name, { connection }]) => [name, { connection }]),
    ),
  };
}
