import type { Context } from '../context/context.js';
import type { Classification } from '../intent/intent.js';
import type { QueryFacts, RoutingRules } from '../routing/choose.js';
import { ownSettingsOf } from './own-settings.js';

/** What the rules look at of a builder, or of a transaction that has none. */
export function factsOf(
  builder: object | undefined,
  { intent, answersDiffer, awaitsCatalogue }: Classification,
  context: Context,
  rules: RoutingRules,
): QueryFacts {
  const own = builder ? ownSettingsOf(builder) : {};
  const consistency = own.consistency ?? context.consistency ?? rules.consistency;
  return { intent, answersDiffer, awaitsCatalogue, engine: own.engine, consistency, builder };
}
