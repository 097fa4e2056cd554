import { type Context, type EngineChoice, markWrote } from '../context/context.js';
import { currentContext } from '../context/context-storage.js';
import type { Engine } from '../engines/engine.js';
import { WriteOnSlaveError } from '../errors.js';
import type { Intent } from '../intent/intent.js';
import type { RoutedQuery } from '../routing/decide.js';
import type { Decision } from '../routing/decision.js';
import type { DecisionAnnouncer } from '../routing/decision-announcer.js';
import type { Explanation } from '../routing/explanation.js';
import type { Router } from '../routing/router.js';
import { ownEngineOf } from './own-engine.js';

/** A query's or transaction's engine, and what to do once it may have written. */
export interface Dispatched {
  readonly engine: Engine;
  /** Marks the context in which it was dispatched, also when its end comes in another. */
  markWrote(): void;
}

/** What the routed Knex asks before it runs something. `knexEngine` is the engine that the Knex at hand itself names. */
export class QueryDispatcher {
  constructor(
    private readonly set: string,
    private readonly router: Router,
    private readonly announcer: DecisionAnnouncer,
    private readonly intentOf: (builder: unknown) => Intent,
  ) {}

  /** The engine of a builder or raw that is about to run outside a transaction. */
  query(builder: object, knexEngine: EngineChoice | undefined): Engine {
    const context = currentContext(this.set);
    const query = { intent: this.intentOf(builder), engine: ownEngineOf(builder), builder };
    const decision = this.decide(query, context, knexEngine);
    if (query.intent !== 'read') this.wrote(decision.engine, context);
    this.announcer.announce(decision, context);
    return decision.engine;
  }

  /** The engine of a whole transaction: one that is read-only is one read, any other is a write. */
  transaction(readOnly: boolean, knexEngine: EngineChoice | undefined): Dispatched {
    const context = currentContext(this.set);
    const intent: Intent = readOnly ? 'read' : 'write';
    const decision = this.decide({ intent, engine: undefined, builder: undefined }, context, knexEngine);
    this.announcer.announce(decision, context);
    return { engine: decision.engine, markWrote: () => markWrote(context) };
  }

  /** A query inside a transaction, on the transaction's engine (rule 1). Its commit marks the context, not it. */
  transactionQuery(builder: unknown, engine: Engine): void {
    if (engine.role === 'slave' && this.intentOf(builder) === 'write') throw refused(engine.name);
    this.announcer.announce({ engine, reason: 'transaction' }, currentContext(this.set));
  }

  /** A query on a connection passed by `.connection()`: like a transaction's, but nothing commits it later. */
  connectionQuery(builder: unknown, engine: Engine): Engine {
    this.transactionQuery(builder, engine);
    if (this.intentOf(builder) !== 'read') this.wrote(engine, currentContext(this.set));
    return engine;
  }

  /** Whose connection somebody gets who asks for one by hand. */
  connection(knexEngine: EngineChoice = 'master'): Engine {
    return this.router.place({ engine: knexEngine, reason: 'query' }, currentContext(this.set)).engine;
  }

  /** Where a query would go from right here; nothing is chosen, marked or announced. */
  explain(builder: object): Explanation {
    const intent = this.intentOf(builder);
    const query = { intent, engine: ownEngineOf(builder), builder };
    return { intent, ...this.router.decide(query, currentContext(this.set)) };
  }

  private decide(query: RoutedQuery, context: Context, knexEngine: EngineChoice | undefined): Decision {
    if (knexEngine === undefined) return this.router.route(query, context);
    const decision = this.router.place({ engine: knexEngine, reason: 'query' }, context);
    if (decision.engine.role === 'slave' && query.intent === 'write') throw refused(decision.engine.name);
    return decision;
  }

  private wrote(engine: Engine, context: Context): void {
    if (engine.role === 'master') markWrote(context);
  }
}

function refused(engine: string): WriteOnSlaveError {
  return new WriteOnSlaveError(engine, 'A write');
}
