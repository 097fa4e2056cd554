import type { PostgresSlave } from '../../src/testing/index.js';

/** The slave that has received most of the master's log: what any slave has shown is on it, and what any has confirmed. */
export async function mostAdvanced(slaves: readonly PostgresSlave[]): Promise<PostgresSlave> {
  const received = await Promise.all(
    slaves.map(async (slave) => {
      const [row] = await slave.query<{ at: string }>(
        "SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0') AS at",
      );
      return { slave, at: Number(row?.at) };
    }),
  );
  return received.reduce((best, one) => (one.at > best.at ? one : best)).slave;
}
