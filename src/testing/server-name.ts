import { ReplicatedPostgresError } from './replicated-postgres.error.js';

/**
 * A server's name is a folder, an application_name and a part of cluster_name, which PostgreSQL cuts at 63 characters:
 * 24 are left for it.
 */
export function checkServerName(name: string): string {
  if (/^[a-z][a-z0-9_]{0,23}$/.test(name) && name !== 'master') return name;
  throw new ReplicatedPostgresError(
    'INVALID_OPTION',
    `a slave's name must be 1 to 24 of a-z, 0-9 and _, start with a letter and not be master, got ${JSON.stringify(name)}`,
  );
}
