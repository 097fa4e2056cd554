import type { PostgresServer } from '../../../src/testing/index.js';

let count = 0;

/** A value like no other, which says when it was sent. */
export function sentNow(session: string): string {
  return `${session}#${++count}@${Date.now()}`;
}

/** How many values a server has that were sent after that time (`Date.now()`). */
export async function countSentAfter(server: PostgresServer, sinceMs: number): Promise<number> {
  const [row] = await server.query<{ count: string }>(
    `SELECT count(*) FROM (SELECT value FROM consistency_registers UNION SELECT value FROM consistency_items) AS sent
     WHERE split_part(value, '@', 2)::int8 > $1`,
    [sinceMs],
  );
  return Number(row?.count);
}
