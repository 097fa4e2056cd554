import type { EngineChoice } from '../context/context.js';
import { currentContext } from '../context/context-storage.js';
import type { Engine } from '../engines/engine.js';
import { WriteOnSlaveError } from '../errors.js';
import type { Classification } from '../intent/intent.js';
import type { QueryClassifier } from '../intent/query-classifier.js';
import type { TransactionConfig } from '../intent/transaction-intent.js';
import { queryShape } from '../intent/query-shape.js';
import type { RoutingLogger } from '../routing-logger.js';
import type { Decided } from '../routing/decider.js';
import type { DecisionAnnouncer } from '../routing/decision-announcer.js';
import { type Decision, onceDecided } from '../routing/decision.js';
import { assertMayRunInTransaction } from './assert-may-run.js';
import { type Dispatched, type DispatchedQuery, type Dispatching, settled } from './dispatched.js';
import { DispatchedTransaction } from './dispatched-transaction.js';
import { QueryDecider, type QueryDeciderParts } from './query-decider.js';
import { factsOf } from './query-facts.js';
import type { SeenTracker } from './seen-tracker.js';

/** What the dispatcher is put together from. */
export interface DispatcherParts extends QueryDeciderParts {
  readonly announcer: DecisionAnnouncer;
  readonly classifier: QueryClassifier;
  readonly tracker: SeenTracker;
  readonly logger: RoutingLogger;
}

/** What the routed Knex asks before it runs something. `knexEngine` is the engine that the Knex at hand itself names. */
export class Dispatcher {
  private readonly queries: QueryDecider;

  constructor(private readonly parts: DispatcherParts) {
    this.queries = new QueryDecider(parts);
  }

  /** The engine of a builder or raw that is about to run outside a transaction. */
  query(builder: object, knexEngine: EngineChoice | undefined): Dispatching {
    const { classifier } = this.parts;
    const look = () => this.looked(builder, classifier.classify(builder), knexEngine);
    const send = (query: DispatchedQuery) => this.sent(query, this.queries.decide(query));
    const query = look();
    const { classification, context } = query;
    const awaited = classification.awaitsCatalogue && context.balanced && classifier.awaited();
    return awaited ? awaited.then(() => send(look())) : send(query);
  }

  /** The engine of a whole transaction: one that is read-only is one read, any other is a write. */
  transaction(config: TransactionConfig, knexEngine: EngineChoice | undefined): DispatchedTransaction {
    const query = this.looked(undefined, this.parts.classifier.ofTransaction(config), knexEngine);
    const begin = (decision: Decision) => this.announced(query, decision);
    return this.begun(
      query,
      () => onceDecided(this.queries.checked(query, this.queries.decide(query)), begin),
      config.readOnly === true,
    );
  }

  /** A transaction on a connection that was passed to it: where it runs is settled. */
  connectionTransaction(engine: Engine): DispatchedTransaction {
    const looked = this.looked(undefined, this.parts.classifier.ofTransaction({}), undefined);
    const query = settled(looked, 'session');
    const begun = this.parts.tracker.dispatched(query, { engine, reason: 'transaction' });
    return this.begun(query, () => begun, false);
  }

  /** A query inside a transaction, on the transaction's engine (rule 1). What it leaves behind is for its connection to judge. */
  transactionQuery(builder: object, engine: Engine): Dispatched {
    const classification = this.parts.classifier.classify(builder);
    assertMayRunInTransaction(engine, classification);
    if (engine.role === 'master') this.queries.assertOneMaster(classification);
    const query = { ...this.looked(builder, classification, undefined), movable: false };
    return this.announced(query, { engine, reason: 'transaction' });
  }

  /** A query on a connection passed by `.connection()`: like a transaction's, but nothing ends it later. */
  connectionQuery(builder: object, engine: Engine): Dispatched {
    const dispatched = this.transactionQuery(builder, engine);
    this.parts.tracker.sent(dispatched);
    return dispatched;
  }

  /** Whose connection somebody gets who asks for one by hand. */
  connection(knexEngine: EngineChoice | undefined): Engine {
    return this.queries.connection(knexEngine);
  }

  /** A query has ended outside a transaction. */
  ended({ query }: Dispatched): void {
    this.catalogueChanged(query.classification.changesCatalogue);
  }

  /** Another way for a read whose slave is outdated, or can't prove that it is not; after the second the master is left. */
  outdated({ bound, query }: Dispatched, times: number): Dispatching {
    const { decider } = this.parts;
    const isLast = times >= MOST_SLAVES;
    if (!bound)
      return this.sent(query, isLast ? decider.leave('bookmark', query.context) : this.queries.decide(query));
    const decision = decider.decision({ engine: 'master', reason: 'consistency' }, query.context);
    return this.send(settled(query, 'eventual'), decision);
  }

  /** Another way for a query that failed for its engine's sake; after a few slaves the master is left. */
  anew({ query, engine: failed }: Dispatched, tries: number): Dispatching {
    const { context, facts } = query;
    if (context.work.slave === failed.name) context.work.slave = undefined;
    const elsewhere = () => this.parts.decider.withoutSlave(facts, context);
    const isLast = tries > MOST_SLAVES && facts.intent === 'read';
    const decided = isLast ? elsewhere() : this.queries.decide(query);
    const other = (decision: Decision) =>
      failed.role === 'slave' && decision.engine === failed ? elsewhere() : decision;
    return this.sent({ ...query, movable: query.knexEngine === undefined }, onceDecided(decided, other));
  }

  /**
   * A slave refused a query as a write: the net under the classification. It had no effect, so it may run once on the
   * master, and is remembered. Throws `WriteOnSlaveError` where the query may not be moved.
   */
  refused({ engine, query, tracked }: Dispatched, cause: Error): Dispatched {
    const { decider, classifier, logger } = this.parts;
    const { facts, context, movable } = query;
    if (!movable) throw new WriteOnSlaveError(engine.name, cause.message, { cause });
    classifier.remember(facts.builder, cause);
    logger.warn(
      `Slave ${engine.name} refused a write that looked like a read; it runs on the master: ${queryShape(facts.builder)}`,
    );
    const classification = classifier.classify(facts.builder);
    this.queries.assertOneMaster(classification);
    const decision = decider.decision({ engine: 'master', reason: 'write' }, context);
    return this.send({ ...settled(query, tracked ? 'session' : 'eventual'), classification }, decision);
  }

  /** What changes the catalogue has taken effect. */
  catalogueChanged(change: Classification['changesCatalogue']): void {
    if (change) this.parts.classifier.catalogueChanged(change);
  }

  /** A builder, or a transaction, in the context in which it runs. */
  private looked(
    builder: object | undefined,
    classification: Classification,
    knexEngine: EngineChoice | undefined,
  ): DispatchedQuery {
    const context = currentContext(this.parts.set);
    const facts = factsOf(builder, classification, context, this.parts);
    const movable = knexEngine === undefined && builder !== undefined;
    return { facts, classification, context, knexEngine, movable, observed: this.parts.observer?.looks() };
  }

  private begun(
    query: DispatchedQuery,
    dispatch: () => Dispatching,
    readOnly: boolean,
  ): DispatchedTransaction {
    const freshness = this.parts.tracker.ofTransaction(query, readOnly);
    return new DispatchedTransaction({
      tracker: this.parts.tracker,
      outdated: (dispatched, times) => this.outdated(dispatched, times),
      dispatch,
      freshness,
      readOnly,
      context: query.context,
      observed: query.observed,
      wouldBe: this.parts.observer?.wouldBe,
    });
  }

  private sent(query: DispatchedQuery, unchecked: Decided): Dispatching {
    const decided = this.queries.checked(query, unchecked);
    if (decided instanceof Promise) return decided.then((decision) => this.send(query, decision));
    return this.send(query, decided);
  }

  private send(query: DispatchedQuery, decision: Decision): Dispatched {
    const { tracker, announcer } = this.parts;
    const dispatched = tracker.dispatched(query, decision);
    tracker.sent(dispatched);
    if (query.observed) this.parts.observer?.sent(query, decision);
    announcer.announce(decision, query.context);
    return dispatched;
  }

  private announced(query: DispatchedQuery, decision: Decision): Dispatched {
    if (query.observed) this.parts.observer?.decided(query, decision);
    this.parts.announcer.announce(decision, query.context);
    return this.parts.tracker.dispatched(query, decision);
  }
}

/** A query that fails on so many slaves tries no more of them. */
const MOST_SLAVES = 2;
