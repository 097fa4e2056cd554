import type { DatabaseRouting } from '../../../src/database-routing.js';

export interface Classified {
  readonly sql: string;
  readonly intent: string;
  readonly because: string;
}

/** What the routing would make of SQL as it stands; Knex takes a `?` for a binding. */
export function classified(routing: DatabaseRouting, sql: string): Classified {
  const { intent, because } = routing.explain(routing.knex.raw(sql.replaceAll('?', '\\?')));
  return { sql, intent, because };
}

/** Does `work` for each item, in a few at a time. */
export async function eachIn<Lane, Item>(
  lanes: readonly Lane[],
  items: readonly Item[],
  work: (lane: Lane, item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  await Promise.all(
    lanes.map(async (lane) => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(lane, item);
    }),
  );
}
