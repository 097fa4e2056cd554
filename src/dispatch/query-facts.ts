import type { Context } from '../context/context.js';
import type { Classification } from '../intent/intent.js';
import type { WriteFinder } from '../intent/write-finder.js';
import type { QueryFacts, RoutingRules } from '../routing/choose.js';
import { ownSettingsOf } from './own-settings.js';

/** What facts are told by. */
export interface FactsParts {
  readonly decider: { readonly rules: RoutingRules };
  readonly classifier: { readonly writes: Pick<WriteFinder, 'read'> };
}

/** What the rules look at of a builder, or of a transaction that has none. */
export function factsOf(
  builder: object | undefined,
  { intent, answersDiffer, awaitsCatalogue }: Classification,
  context: Context,
  { decider: { rules }, classifier }: FactsParts,
): QueryFacts {
  const own = builder ? ownSettingsOf(builder) : {};
  const consistency = own.consistency ?? context.consistency ?? rules.consistency;
  const reads = intent === 'read' && context.work.seen.others ? classifier.writes.read(builder) : undefined;
  return { reads, intent, answersDiffer, awaitsCatalogue, engine: own.engine, consistency, builder };
}
