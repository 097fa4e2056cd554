import type { EngineChoice } from '../context/context.js';
import { currentContext } from '../context/context-storage.js';
import type { Engine } from '../engines/engine.js';
import type { Classification } from '../intent/intent.js';
import type { QueryClassifier } from '../intent/query-classifier.js';
import type { Choice } from '../routing/choose.js';
import type { Explanation } from '../routing/explanation.js';
import type { Decider } from '../routing/decider.js';
import { routedQuery } from './routed-query.js';

/** Where queries would go; nothing is chosen, marked or announced. */
export class Explainer {
  constructor(
    private readonly set: string,
    private readonly decider: Decider,
    private readonly classifier: QueryClassifier,
  ) {}

  /** From right here. */
  explain(builder: object, knexEngine: EngineChoice | undefined): Explanation {
    const context = currentContext(this.set);
    const classification = this.classifier.classify(builder);
    const choice: Choice =
      knexEngine === undefined
        ? this.decider.choice(routedQuery(builder, classification, context, this.decider.rules), context)
        : { engine: knexEngine, reason: 'query' };
    return explanation(classification, this.decider.foreseen(choice));
  }

  /** As a transaction's query. */
  explainInTransaction(builder: object, engine: Engine): Explanation {
    return explanation(this.classifier.classify(builder), { engine: engine.name, reason: 'transaction' });
  }
}

function explanation({ intent, because }: Classification, { engine, reason }: Choice): Explanation {
  return { intent, because, engine, reason };
}
