import type { Knex } from 'knex';
import {
  type DatabaseRoutingError,
  InvalidOptionsError,
  TwoMastersError,
  WriteOnSlaveError,
} from '../errors.js';
import { ANY_SLAVE, type Context, type EngineChoice } from '../context/context.js';
import { currentContext } from '../context/context-storage.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import { forgetCompiled } from '../intent/compiled-query.js';
import type { Classification } from '../intent/intent.js';
import type { QueryClassifier } from '../intent/query-classifier.js';
import type { RoutingRules } from '../routing/choose.js';
import type { ByMode } from '../routing/by-mode.js';
import type { Explanation } from '../routing/explanation.js';
import { AT_ONCE, type Foreseen, type Foresight } from '../routing/foresight.js';
import { factsOf } from './query-facts.js';
import type { ReadThenWrite } from './read-then-write.js';

/** What the explainer is put together from. */
export interface ExplainerParts {
  /** The set's name. */
  readonly set: string;
  readonly engines: EngineRegistry;
  readonly rules: RoutingRules;
  readonly foresight: Foresight;
  readonly classifier: QueryClassifier;
  /** Undefined where nobody asks for it. */
  readonly readThenWrite: ReadThenWrite | undefined;
  readonly isContested: () => boolean;
  readonly byMode: Pick<ByMode, 'foresee'>;
}

/** Where queries would go, and what they would be refused with; nothing is chosen, marked or announced. */
export class Explainer {
  constructor(private readonly parts: ExplainerParts) {}

  /** From right here. Throws `UnknownEngineError` where `router` or `tables` names no engine. */
  explain(builder: object, knexEngine: EngineChoice | undefined): Explanation {
    const { set, rules, foresight, classifier } = this.parts;
    const context = currentContext(set);
    forgetCompiled(builder);
    const classification = classifier.classify(builder);
    const foreseen =
      knexEngine === undefined
        ? foresight.of(factsOf(builder, classification, context, { decider: { rules }, classifier }), context)
        : foresight.ofNamed(knexEngine);
    return this.parts.byMode.foresee(this.explanation(builder, classification, foreseen, context));
  }

  /** As a transaction's query. */
  explainInTransaction(builder: object, { name }: Engine): Explanation {
    const { set, classifier } = this.parts;
    const foreseen: Foreseen = { ...AT_ONCE, engine: name, reason: 'transaction' };
    return this.explanation(builder, classifier.classify(builder), foreseen, currentContext(set));
  }

  private explanation(
    builder: object,
    classification: Classification,
    foreseen: Foreseen,
    context: Context,
  ): Explanation {
    const { intent, because } = classification;
    const error = foreseen.error ?? this.refusal(builder, classification, foreseen.engine, context);
    return { intent, because, ...foreseen, error };
  }

  private refusal(
    builder: object,
    { intent, because }: Classification,
    name: EngineChoice,
    context: Context,
  ): DatabaseRoutingError | undefined {
    const { engines, rules, isContested, readThenWrite } = this.parts;
    const onSlave = name === ANY_SLAVE || engines.find(name)?.role === 'slave';
    const mayWrite = intent === 'write' || (intent === 'unproved' && rules.doubts?.(name));
    if (onSlave && mayWrite) return new WriteOnSlaveError(name, because);
    if (intent !== 'read' && isContested()) return new TwoMastersError();
    return onSlave ? undefined : readThenWrite?.refusalOf(builder, context);
  }
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
