import type { Engine } from './engine.js';

/** So many connections of one name mostly meet all of its servers, or do so the next time. */
export const ASKED_AT_ONCE = 3;

/** Asks an engine; where its name leads to several servers, on several connections at once. Rejects where none answers. */
export async function askServers<Answer>(
  { servers }: Engine,
  ask: () => Promise<Answer>,
): Promise<readonly Answer[]> {
  if (!servers.areSeveral) return [await ask()];
  const asked = await Promise.allSettled(Array.from({ length: ASKED_AT_ONCE }, ask));
  const answers = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (answers.length === 0) throw (asked[0] as PromiseRejectedResult).reason;
  return answers;
}
