import { type ConnectionGuard, GUARD } from '../pg-internals.js';

/** Whether Knex tells by an event of a query that its guard has kept from running, and that runs elsewhere. */
export function isMissedGuard(event: string | symbol, args: readonly unknown[]): boolean {
  if (event !== 'query-error') return false;
  const [, query] = args as [unknown, { readonly [GUARD]?: ConnectionGuard }?];
  return query?.[GUARD]?.hasMissed === true;
}
