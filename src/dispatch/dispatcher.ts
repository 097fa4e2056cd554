import type { Freshness } from '../freshness/freshness.js';
import type { Consistency } from '../context/consistency.js';
import type { Context, EngineChoice } from '../context/context.js';
import { currentContext } from '../context/context-storage.js';
import type { Engine } from '../engines/engine.js';
import { TwoMastersError, WriteOnSlaveError } from '../errors.js';
import { type Classification, READ, write } from '../intent/intent.js';
import type { QueryClassifier } from '../intent/query-classifier.js';
import { queryShape } from '../intent/query-shape.js';
import type { RoutingLogger } from '../routing-logger.js';
import type { QueryFacts } from '../routing/choose.js';
import type { DecisionAnnouncer } from '../routing/decision-announcer.js';
import type { Decision } from '../routing/decision.js';
import type { Decided, Decider } from '../routing/decider.js';
import { SeenTracker } from './seen-tracker.js';
import type { Dispatched } from './dispatched.js';
import { DispatchedTransaction } from './dispatched-transaction.js';
import { routedQuery } from './routed-query.js';

const TRANSACTION = write('a transaction writes unless it is begun with { readOnly: true }');

/** What the routed Knex asks before it runs something. `knexEngine` is the engine that the Knex at hand itself names. */
export class Dispatcher {
  private readonly view: SeenTracker;

  constructor(
    private readonly set: string,
    private readonly decider: Decider,
    private readonly announcer: DecisionAnnouncer,
    private readonly classifier: QueryClassifier,
    /** Undefined where nothing is tracked: positions can't be told, or sessions are kept by time. */
    reads: Freshness | undefined,
    private readonly logger: RoutingLogger,
    /** Whether nobody can tell which server is the master. */
    private readonly isContested: () => boolean,
  ) {
    this.view = new SeenTracker(reads);
  }

  /** The engine of a builder or raw that is about to run outside a transaction; a promise where a slave is waited for. */
  query(builder: object, knexEngine: EngineChoice | undefined): Dispatched | Promise<Dispatched> {
    const context = currentContext(this.set);
    const classification = this.classifier.classify(builder);
    const query = this.routed(builder, classification, context);
    const routed = this.route(query, classification, context, knexEngine);
    return this.sent(routed, query, classification, context, knexEngine);
  }

  /** The engine of a whole transaction: one that is read-only is one read, any other is a write. */
  transaction(readOnly: boolean, knexEngine: EngineChoice | undefined): DispatchedTransaction {
    const context = currentContext(this.set);
    const classification = readOnly ? READ : TRANSACTION;
    const query = this.routed(undefined, classification, context);
    const begin = (decision: Decision) => {
      this.announcer.announce(decision, context);
      return this.view.dispatched(decision, classification, context, false, query.consistency);
    };
    const dispatch = () => {
      const routed = this.route(query, classification, context, knexEngine);
      return routed instanceof Promise ? routed.then(begin) : begin(routed);
    };
    const reads = this.view.ofTransaction(context, query.consistency, readOnly);
    return new DispatchedTransaction(this, dispatch(), dispatch, context, reads, readOnly);
  }

  /** A transaction on a connection that was passed to it: where it runs is settled. */
  connectionTransaction(engine: Engine): DispatchedTransaction {
    const context = currentContext(this.set);
    const decision: Decision = { engine, reason: 'transaction' };
    const begun = this.view.dispatched(decision, TRANSACTION, context, false, 'session');
    const reads = this.view.ofTransaction(context, 'session', false);
    return new DispatchedTransaction(this, begun, () => begun, context, reads, false);
  }

  /** A query inside a transaction, on the transaction's engine (rule 1). What it writes is the transaction's to tell. */
  transactionQuery(builder: object, engine: Engine): Dispatched {
    const context = currentContext(this.set);
    const classification = this.classifier.classify(builder);
    if (engine.role === 'slave' && classification.intent === 'write') throw refusal(engine, classification);
    const decision: Decision = { engine, reason: 'transaction' };
    this.announcer.announce(decision, context);
    const { consistency } = this.routed(builder, classification, context);
    return this.view.dispatched(decision, classification, context, false, consistency);
  }

  /** A query on a connection passed by `.connection()`: like a transaction's, but nothing ends it later. */
  connectionQuery(builder: object, engine: Engine): Dispatched {
    const dispatched = this.transactionQuery(builder, engine);
    this.view.sent(dispatched);
    return dispatched;
  }

  /** Whose connection somebody gets who asks for one by hand. */
  connection(knexEngine: EngineChoice = 'master'): Engine {
    return this.decider.decision({ engine: knexEngine, reason: 'query' }, currentContext(this.set)).engine;
  }

  /** A query has ended, well or not, or a stream has begun: what it shows is seen. */
  shows(dispatched: Dispatched): void {
    this.view.shows(dispatched);
  }

  /** A query has ended outside a transaction. */
  ended({ classification }: Dispatched): void {
    if (classification.changesCatalogue) this.catalogueChanged();
  }

  /** The connection is there, but the slave is not what it was chosen for any more. */
  isOutdated(dispatched: Dispatched): boolean {
    return this.view.isOutdated(dispatched);
  }

  /** Where a read goes instead whose slave is outdated; undefined: it is to be dispatched anew. */
  insteadOf({ deadline, classification, context }: Dispatched): Dispatched | undefined {
    if (deadline === undefined) return undefined;
    const decision = this.decider.decision({ engine: 'master', reason: 'consistency' }, context);
    return this.send(decision, classification, context, false, 'eventual');
  }

  /** Another way for a query that failed for its engine's sake; after a few slaves the master is left. */
  anew(
    builder: object,
    { classification, context, engine: failed }: Dispatched,
    knexEngine: EngineChoice | undefined,
    tries: number,
  ): Dispatched | Promise<Dispatched> {
    const query = this.routed(builder, classification, context);
    if (context.work.slave === failed.name) context.work.slave = undefined;
    const elsewhere = () => this.decider.lastResort(query, context);
    const isLast = tries > MOST_SLAVES && query.intent === 'read';
    const routed = isLast ? elsewhere() : this.route(query, classification, context, knexEngine);
    const other = (decision: Decision) =>
      failed.role === 'slave' && decision.engine === failed ? elsewhere() : decision;
    const moved = routed instanceof Promise ? routed.then(other) : other(routed);
    return this.sent(moved, query, classification, context, knexEngine);
  }

  /**
   * A slave refused a query as a write: the net under the classification. It had no effect, so it may run once on the
   * master, and is remembered. Throws `WriteOnSlaveError` where the query may not be moved.
   */
  refused(builder: object, { engine, movable, context, tracked }: Dispatched, cause: Error): Dispatched {
    if (!movable) throw new WriteOnSlaveError(engine.name, cause.message, { cause });
    this.classifier.remember(builder);
    this.logger.warn(
      `Slave ${engine.name} refused a write that looked like a read; it runs on the master: ${queryShape(builder)}`,
    );
    const decision = this.decider.decision({ engine: 'master', reason: 'write' }, context);
    const classification = this.classifier.classify(builder);
    return this.send(decision, classification, context, false, tracked ? 'session' : 'eventual');
  }

  /** What changes the catalogue has taken effect. */
  catalogueChanged(): void {
    this.classifier.catalogueChanged();
  }

  private routed(builder: object | undefined, classification: Classification, context: Context): QueryFacts {
    return routedQuery(builder, classification, context, this.decider.rules);
  }

  private route(
    query: QueryFacts,
    classification: Classification,
    context: Context,
    knexEngine: EngineChoice | undefined,
  ): Decided {
    if (query.intent !== 'read' && this.isContested()) throw new TwoMastersError();
    if (knexEngine === undefined) return this.decider.decide(query, context);
    const decision = this.decider.decision({ engine: knexEngine, reason: 'query' }, context);
    if (decision.engine.role === 'slave' && query.intent === 'write')
      throw refusal(decision.engine, classification);
    return this.decider.arriving(decision, query, context);
  }

  private sent(
    routed: Decided,
    { consistency }: QueryFacts,
    classification: Classification,
    context: Context,
    knexEngine: EngineChoice | undefined,
  ): Dispatched | Promise<Dispatched> {
    const movable = knexEngine === undefined;
    const send = (decision: Decision) => this.send(decision, classification, context, movable, consistency);
    return routed instanceof Promise ? routed.then(send) : send(routed);
  }

  private send(
    decision: Decision,
    classification: Classification,
    context: Context,
    movable: boolean,
    consistency: Consistency,
  ): Dispatched {
    const dispatched = this.view.dispatched(decision, classification, context, movable, consistency);
    this.view.sent(dispatched);
    this.announcer.announce(decision, context);
    return dispatched;
  }
}

/** A query that fails on so many slaves tries no more of them. */
const MOST_SLAVES = 2;

function refusal(engine: Engine, { because }: Classification): WriteOnSlaveError {
  return new WriteOnSlaveError(engine.name, because);
}
