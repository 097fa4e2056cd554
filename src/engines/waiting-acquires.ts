import type { Knex } from 'knex';

/** What is used of tarn's pool, private there; `test/contract/knex-internals.spec.ts` fails when it changes. */
interface WaitingPool {
  readonly pendingAcquires?: readonly { reject(error: Error): void }[];
}

/** Those who wait for a connection get an error at once. Nothing on the way of those who don't wait. */
export function rejectWaiting({ client }: Knex, error: Error): void {
  const { pool } = (client ?? {}) as { pool?: WaitingPool };
  for (const waiting of pool?.pendingAcquires ?? []) waiting.reject(error);
}
