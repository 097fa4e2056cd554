import type { PostgresConnection } from './postgres-server.js';

/** The `primary_conninfo` of a slave. Its name is its application_name, so that synchronous_standby_names can name it. */
export function primaryConnectionInfo(master: PostgresConnection, slave: string): string {
  const { host, port, user, password } = master;
  return `host=${host} port=${port} user=${user} password=${password} application_name=${slave}`;
}
