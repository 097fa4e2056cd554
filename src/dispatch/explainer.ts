import type { Knex } from 'knex';
import { InvalidOptionsError } from '../errors.js';
import type { EngineChoice } from '../context/context.js';
import { currentContext } from '../context/context-storage.js';
import type { Engine } from '../engines/engine.js';
import type { Classification } from '../intent/intent.js';
import type { QueryClassifier } from '../intent/query-classifier.js';
import type { Choice } from '../routing/choose.js';
import type { Explanation } from '../routing/explanation.js';
import type { Decider } from '../routing/decider.js';
import { factsOf } from './query-facts.js';

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
        ? this.decider.choice(factsOf(builder, classification, context, this.decider.rules), context)
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

interface Explaining {
  readonly client?: { explain?(query: unknown): Explanation };
}

/** What the Knex that a query was made with says of it: only it knows its transaction, and the engine that it names. */
export function explainedBy(query: Knex.QueryBuilder | Knex.Raw): Explanation {
  const { client } = query as Explaining;
  if (client?.explain) return client.explain(query);
  throw new InvalidOptionsError(
    'explain() takes a query of the routed Knex: knex.explain(knex("posts").select())',
  );
}
