import type { PostgresConnection, ReplicatedPostgres } from '../../src/testing/index.js';

/** Where the servers are; plain data, for other processes too. */
export interface Servers {
  readonly master: PostgresConnection;
  readonly slaves: Readonly<Record<string, PostgresConnection>>;
}

export function serversOf({ master, slaves }: ReplicatedPostgres): Servers {
  const connections = Object.values(slaves).map(({ name, connection }) => [name, connection] as const);
  return { master: master.connection, slaves: Object.fromEntries(connections) };
}
