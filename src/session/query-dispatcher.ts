import { type Context, type EngineChoice, markWrote } from '../context/context.js';
import { currentContext } from '../context/context-storage.js';
import type { Engine } from '../engines/engine.js';
import { WriteOnSlaveError } from '../errors.js';
import { type Classification, READ, write } from '../intent/intent.js';
import type { QueryClassifier } from '../intent/query-classifier.js';
import { queryShape } from '../intent/query-shape.js';
import type { RoutingLogger } from '../options/routing-logger.js';
import type { RoutedQuery } from '../routing/decide.js';
import type { Decision } from '../routing/decision.js';
import type { DecisionAnnouncer } from '../routing/decision-announcer.js';
import type { Explanation } from '../routing/explanation.js';
import type { Router } from '../routing/router.js';
import { ownEngineOf } from './own-engine.js';

/** A query on its way to an engine. */
export interface Dispatched {
  readonly engine: Engine;
  readonly classification: Classification;
  /** Whether it may run on another engine instead: false where the Knex, the connection or the transaction names one. */
  readonly movable: boolean;
  readonly context: Context;
}

/** A transaction on its way to an engine. */
export interface DispatchedTransaction {
  readonly engine: Engine;
  /** Marks the context in which the transaction began, wherever it is committed. */
  markWrote(): void;
}

const TRANSACTION = write('a transaction writes unless it is begun with { readOnly: true }');

/** What the routed Knex asks before it runs something. `knexEngine` is the engine that the Knex at hand itself names. */
export class QueryDispatcher {
  constructor(
    private readonly set: string,
    private readonly router: Router,
    private readonly announcer: DecisionAnnouncer,
    private readonly classifier: QueryClassifier,
    private readonly logger: RoutingLogger,
  ) {}

  /** The engine of a builder or raw that is about to run outside a transaction. */
  query(builder: object, knexEngine: EngineChoice | undefined): Dispatched {
    const context = currentContext(this.set);
    const classification = this.classifier.classify(builder);
    const query = { intent: classification.intent, engine: ownEngineOf(builder), builder };
    const decision = this.decide(query, classification, context, knexEngine);
    const { engine } = decision;
    if (engine.role === 'master' && query.intent !== 'read') markWrote(context);
    this.announcer.announce(decision, context);
    return { engine, classification, movable: knexEngine === undefined, context };
  }

  /** The engine of a whole transaction: one that is read-only is one read, any other is a write. */
  transaction(readOnly: boolean, knexEngine: EngineChoice | undefined): DispatchedTransaction {
    const context = currentContext(this.set);
    const classification = readOnly ? READ : TRANSACTION;
    const query = { intent: classification.intent, engine: undefined, builder: undefined };
    const decision = this.decide(query, classification, context, knexEngine);
    this.announcer.announce(decision, context);
    return { engine: decision.engine, markWrote: () => markWrote(context) };
  }

  /** A transaction on a connection that was passed to it: where it runs is settled. */
  connectionTransaction(engine: Engine): DispatchedTransaction {
    const context = currentContext(this.set);
    return { engine, markWrote: () => markWrote(context) };
  }

  /** A query inside a transaction, on the transaction's engine (rule 1). Its commit marks the context, not it. */
  transactionQuery(builder: object, engine: Engine): Dispatched {
    const context = currentContext(this.set);
    const classification = this.classifier.classify(builder);
    if (engine.role === 'slave' && classification.intent === 'write') throw refusal(engine, classification);
    this.announcer.announce({ engine, reason: 'transaction' }, context);
    return { engine, classification, movable: false, context };
  }

  /** A query on a connection passed by `.connection()`: like a transaction's, but nothing commits it later. */
  connectionQuery(builder: object, engine: Engine): Dispatched {
    const dispatched = this.transactionQuery(builder, engine);
    if (engine.role === 'master' && dispatched.classification.intent !== 'read')
      markWrote(dispatched.context);
    return dispatched;
  }

  /** Whose connection somebody gets who asks for one by hand. */
  connection(knexEngine: EngineChoice = 'master'): Engine {
    return this.router.place({ engine: knexEngine, reason: 'query' }, currentContext(this.set)).engine;
  }

  /**
   * A slave refused a query as a write: the net under the classification. It had no effect, so it may run once on the
   * master, and is remembered. Throws `WriteOnSlaveError` where the query may not be moved.
   */
  refused(builder: object, { engine, movable, context }: Dispatched, cause: Error): Dispatched {
    if (!movable) throw new WriteOnSlaveError(engine.name, cause.message, { cause });
    this.classifier.remember(builder);
    this.logger.warn(
      `Slave ${engine.name} refused a write that looked like a read; it runs on the master: ${queryShape(builder)}`,
    );
    markWrote(context);
    const decision = this.router.place({ engine: 'master', reason: 'write' }, context);
    this.announcer.announce(decision, context);
    return {
      engine: decision.engine,
      classification: this.classifier.classify(builder),
      movable: false,
      context,
    };
  }

  /** What changes the catalogue has taken effect. */
  catalogueChanged(): void {
    this.classifier.catalogueChanged();
  }

  /** Where a query would go from right here; nothing is chosen, marked or announced. */
  explain(builder: object): Explanation {
    const { intent, because } = this.classifier.classify(builder);
    const query = { intent, engine: ownEngineOf(builder), builder };
    return { intent, because, ...this.router.decide(query, currentContext(this.set)) };
  }

  private decide(
    query: RoutedQuery,
    classification: Classification,
    context: Context,
    knexEngine: EngineChoice | undefined,
  ): Decision {
    if (knexEngine === undefined) return this.router.route(query, context);
    const decision = this.router.place({ engine: knexEngine, reason: 'query' }, context);
    if (decision.engine.role === 'slave' && query.intent === 'write')
      throw refusal(decision.engine, classification);
    return decision;
  }
}

function refusal(engine: Engine, { because }: Classification): WriteOnSlaveError {
  return new WriteOnSlaveError(engine.name, because);
}
