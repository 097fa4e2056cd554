import type { Knex } from 'knex';
import type { KnexClient } from '../knex-internals.js';

/** Those who wait for a connection get an error at once. Nothing on the way of those who don't wait. */
export function rejectWaiting({ client }: Knex, error: Error): void {
  const { pool } = (client ?? {}) as Partial<KnexClient>;
  for (const waiting of pool?.pendingAcquires ?? []) waiting.reject(error);
}
