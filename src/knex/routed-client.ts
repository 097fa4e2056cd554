import type { Transform } from 'node:stream';
import knexPackage from 'knex';
import type { EngineChoice } from '../context/context.js';
import type { Engine } from '../engines/engine.js';
import { ANY_SLAVE, type EngineRegistry } from '../engines/engine-registry.js';
import type { DispatchedTransaction } from '../dispatch/dispatched-transaction.js';
import type { Explanation } from '../routing/explanation.js';
import type { EngineConnection } from '../engines/engine-connection.js';
import { endingWithConnection } from './ending-with-connection.js';
import { createView, viewedEngine } from './engine-view.js';
import type { Explainer } from '../dispatch/explainer.js';
import { FirstRowStream } from './first-row-stream.js';
import { HeldConnections } from './held-connections.js';
import {
  type KnexBuilder,
  type KnexClient,
  type KnexClientClass,
  type KnexConnection,
  type KnexOnConnection,
  type KnexQueryObject,
  type KnexStreamParameters,
  type KnexTransaction,
  type KnexTransactionConfig,
  classesOf,
  clientOf,
  toQueryObject,
} from '../knex-internals.js';
import { tellEnd } from './transaction-end.js';
import { withOwnSettings } from './with-own-settings.js';
import { ownSettingsOf, setOwn } from '../dispatch/own-settings.js';
import type { Dispatched } from '../dispatch/dispatched.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { isRefusedWrite } from '../dispatch/refusal.js';
import { releasingOnce } from './releasing-once.js';
import { type Attempt, type Retries, Tries } from '../dispatch/retries.js';

/** What the routed classes need; they keep it in their closure, since Knex copies clients field by field. */
export interface RoutedClientDependencies {
  readonly engines: EngineRegistry;
  readonly dispatcher: Dispatcher;
  readonly held: HeldConnections;
  readonly retries: Retries;
  readonly explainer: Explainer;
  /** Lets all engines connect again, after they were destroyed. */
  readonly initialize: () => void;
  /** Ends what the client stands for: all engines, or the one it names. */
  readonly destroy: () => Promise<void>;
}

/**
 * Knex's client for a set of engines: it has no connections of its own, decides when a runner runs, and lets Knex's own
 * code run on a view of itself that takes its connections from the chosen engine. `knexEngine`: the engine this Knex
 * names, undefined on the routed one.
 */
export function routedClientClass(
  { engines, dispatcher, held, retries, explainer, initialize, destroy }: RoutedClientDependencies,
  knexEngine: EngineChoice | undefined,
): KnexClientClass {
  const knex = classesOf(clientOf(engines.master.knex));
  const views = new WeakMap<KnexClient, Map<Engine, KnexClient>>();

  function viewOn(client: KnexClient, engine: Engine): KnexClient {
    let ofClient = views.get(client);
    if (!ofClient) views.set(client, (ofClient = new Map()));
    let view = ofClient.get(engine);
    if (!view) ofClient.set(engine, (view = createView(client, engine)));
    return view;
  }

  /** Whose connections a client hands out: those of the engine it views, else of the one the Knex names. */
  function engineOf(client: KnexClient): Engine {
    return viewedEngine(client) ?? dispatcher.connection(knexEngine);
  }

  /** A view for one transaction, whose engine may yet be waited for; Knex asks it for the connection, and gives it back. */
  function transactionView(client: KnexClient, transaction: DispatchedTransaction): KnexClient {
    let engine = engines.master;
    const view = Object.create(viewOn(client, engine)) as KnexClient;
    const moveTo = (next: Engine) => {
      if (next !== engine) Object.setPrototypeOf(view, viewOn(client, (engine = next)));
    };
    view.acquireConnection = async () => {
      const tries = new Tries();
      for (;;) {
        moveTo(await transaction.engine());
        try {
          const connection = await held.acquire(engine);
          if (!(await transaction.isMoved())) {
            transaction.shows(engine);
            return connection;
          }
          await client.releaseConnection(connection);
        } catch (error) {
          await retries.allow(transaction.attemptOn(engine, knexEngine === undefined), error, tries);
          transaction.dispatchAnew();
        }
      }
    };
    view.releaseConnection = (connection) => {
      transaction.shows(engine);
      return client.releaseConnection(connection);
    };
    return view;
  }

  class RoutedRunner extends knex.Runner {
    private dispatched: Dispatched | undefined;
    /** A stream's, until it looks for its connection. */
    private dispatching: Dispatched | Promise<Dispatched> | undefined;
    private readonly home = this.client;
    private tries: Tries | undefined;
    private readonly begunAtMs = this.builder._timeout === undefined ? undefined : performance.now();

    override stream(...args: unknown[]): unknown {
      this.dispatching = this.dispatch();
      return super.stream(...args);
    }

    override query(query: KnexQueryObject): Promise<unknown> {
      if (query.timeout && this.tries) query.timeout = this.tries.leftOf(query.timeout);
      const engine = held.engineOf(this.connection);
      if (engine) query.engine = engine.name;
      if (this.client.transacting && this.dispatched?.classification.changesCatalogue)
        held.markChanged(this.connection);
      return super.query(query);
    }

    /**
     * As Knex does it, and again elsewhere where that mends what failed. Not around Knex's own: a promise more takes
     * Node 20 as long as all that is decided about a query.
     */
    override async ensureConnection(
      callback: KnexOnConnection,
      parameters?: KnexStreamParameters,
    ): Promise<unknown> {
      if (parameters) return this.connectStream(callback, parameters);
      let next = this.dispatch();
      for (;;) {
        const dispatched = this.take(next instanceof Promise ? await next : next);
        try {
          try {
            this.connection = this.builder._connection ?? (await this.acquire(dispatched.engine));
            if (!this.isBound) held.took(this.connection, dispatched.engine);
            assertFresh(dispatched);
            const result = await callback(this);
            this.ended();
            return result;
          } finally {
            if (!this.isBound) await this.giveBack(dispatched.engine);
          }
        } catch (error) {
          next = await this.mended(error);
        }
      }
    }

    private acquire(engine: Engine): Promise<KnexConnection> {
      return this.isBound ? this.client.acquireConnection() : held.wait(engine);
    }

    private giveBack(engine: Engine): Promise<void> | undefined {
      if (this.connection) return this.client.releaseConnection(this.connection);
      held.gaveUp(engine);
      return undefined;
    }

    /** A slave's failure before the first row that another try can mend is not the caller's. */
    private async connectStream(
      callback: KnexOnConnection,
      parameters: KnexStreamParameters,
    ): Promise<unknown> {
      const dispatching = this.dispatching!;
      const dispatched = this.take(dispatching instanceof Promise ? await dispatching : dispatching);
      if (!this.client.transacting) this.client = releasingOnce(this.client);
      const showing = this.showing(callback, parameters.stream, dispatched);
      if (dispatched.role !== 'slave')
        return super.ensureConnection(showing, parameters).finally(() => this.ended());
      const attempt = new FirstRowStream(parameters.stream);
      try {
        return await super
          .ensureConnection(showing, { ...parameters, stream: attempt })
          .finally(() => this.ended());
      } catch (error) {
        attempt.detach();
        try {
          if (attempt.delivered) throw this.noted(error);
          this.dispatching = await this.mend(error);
        } catch (told) {
          if (!this.connection) throw told; // Knex itself tells the stream that there is no connection
          return emitted(parameters.stream, told); // the caller has the stream alone to hear it
        }
        return this.connectStream(callback, parameters);
      }
    }

    /**
     * Its rows are seen from the first on, and the response that they go to may not wait for the last. Knex would keep the
     * connection for ever where the caller has closed the stream before it was there.
     */
    private showing(callback: KnexOnConnection, target: Transform, dispatched: Dispatched): KnexOnConnection {
      return (runner, stream) => {
        if (target.destroyed) return undefined;
        assertFresh(dispatched);
        dispatcher.shows(dispatched);
        return callback(runner, stream);
      };
    }

    private dispatch(): Dispatched | Promise<Dispatched> {
      const passed = this.builder._connection;
      if (this.client.transacting) return dispatcher.transactionQuery(this.builder, engineOf(this.client));
      if (passed) return dispatcher.connectionQuery(this.builder, held.engineOf(passed) ?? engines.master);
      return dispatcher.query(this.builder, knexEngine);
    }

    /** From here on it runs, or runs again, where it was dispatched to, and has shown nothing yet. */
    private take(dispatched: Dispatched): Dispatched {
      this.dispatched = dispatched;
      this.dispatching = this.connection = undefined;
      if (!this.home.transacting) this.client = viewOn(this.home, dispatched.engine);
      return dispatched;
    }

    private ended(): void {
      if (!this.dispatched) return;
      dispatcher.shows(this.dispatched);
      if (!this.client.transacting) dispatcher.ended(this.dispatched);
    }

    private async mended(error: unknown): Promise<Dispatched> {
      if (!this.connection) noteQuery(error, this.builder);
      try {
        return await this.mend(error);
      } catch (told) {
        if (!(error instanceof OutdatedSlaveError)) this.ended();
        throw told;
      }
    }

    /** Finds the query another engine where that is safe, to run there again; rejects with what its caller gets. */
    private async mend(error: unknown): Promise<Dispatched> {
      const { dispatched } = this;
      if (!dispatched) throw error;
      const onSlave = dispatched.role === 'slave';
      if (onSlave && error instanceof OutdatedSlaveError)
        return dispatcher.insteadOf(dispatched) ?? this.dispatch();
      if (onSlave && isRefusedWrite(error)) return dispatcher.refused(this.builder, dispatched, error);
      const tries = (this.tries ??= new Tries(this.begunAtMs));
      await retries.allow(this.attempt(dispatched), error, tries);
      return dispatcher.anew(this.builder, dispatched, knexEngine, tries.count);
    }

    /** Nothing can be mended any more, but health hears of it. */
    private noted(error: unknown): unknown {
      if (this.dispatched) retries.note(this.attempt(this.dispatched), error);
      return error;
    }

    private attempt({ engine, role, classification, movable }: Dispatched): Attempt {
      return {
        engine,
        role,
        isRead: classification.intent === 'read',
        movable: movable || (knexEngine === ANY_SLAVE && !this.isBound),
        isInTransaction: this.client.transacting === true,
      };
    }

    /** Its connection is given: by its transaction, or by the caller. */
    private get isBound(): boolean {
      return this.client.transacting === true || this.builder._connection !== undefined;
    }
  }

  /** Asked once the connection is there: a slave that was restarted meanwhile may be behind what was seen. */
  function assertFresh(dispatched: Dispatched): void {
    if (dispatched.movable && dispatched.role === 'slave' && dispatcher.isOutdated(dispatched))
      throw new OutdatedSlaveError();
  }

  class RoutedQueryBuilder extends withOwnSettings(knex.QueryBuilder, engines) {
    override clone(): this {
      const clone = super.clone();
      setOwn(clone, ownSettingsOf(this));
      return clone;
    }
  }

  const RoutedRaw = withOwnSettings(knex.Raw, engines);

  return class RoutedClient extends knex.Client {
    explain(builder: KnexBuilder): Explanation {
      if (this.transacting) return explainer.explainInTransaction(builder, engineOf(this));
      return explainer.explain(builder, knexEngine);
    }

    override runner(builder: KnexBuilder): RoutedRunner {
      return new RoutedRunner(this, builder);
    }

    override queryBuilder(): KnexBuilder {
      return new RoutedQueryBuilder(this);
    }

    override raw(...args: unknown[]): KnexBuilder {
      return new RoutedRaw(this).set(...args);
    }

    override transaction(
      container: unknown,
      config?: KnexTransactionConfig,
      outer?: unknown,
    ): KnexTransaction {
      if (this.transacting) return super.transaction(container, config, outer);
      const passed = held.engineOf(config?.connection);
      const dispatched = passed
        ? dispatcher.connectionTransaction(passed)
        : dispatcher.transaction(config?.readOnly === true, knexEngine);
      const view = passed ? viewOn(this, passed) : transactionView(this, dispatched);
      const transaction = super.transaction.call(view, container, config, outer);
      if (!config?.readOnly && passed?.role !== 'slave') this.watchWrites(transaction, dispatched);
      return transaction;
    }

    override acquireConnection(): Promise<KnexConnection> {
      return held.acquire(engineOf(this));
    }

    override releaseConnection(connection: KnexConnection): Promise<void> {
      held.release(connection);
      return this.ownerOf(connection).releaseConnection(connection);
    }

    /** Where the query runs, and nowhere else: process ids mean something on their own server only. */
    override cancelQuery(connection: KnexConnection): Promise<unknown> {
      return this.ownerOf(connection).cancelQuery(connection);
    }

    override query(connection: KnexConnection, query: string | KnexQueryObject): Promise<unknown> {
      return super.query(connection, named(query, held.engineOf(connection)));
    }

    override stream(
      connection: KnexConnection,
      query: string | KnexQueryObject,
      target: Transform,
      ...rest: unknown[]
    ): Promise<unknown> {
      endingWithConnection(target, connection as EngineConnection);
      return super.stream(connection, named(query, held.engineOf(connection)), target, ...rest);
    }

    override initializePool(): void {
      initialize();
    }

    override async destroy(callback?: (error?: unknown) => void): Promise<void> {
      try {
        await destroy();
      } catch (error) {
        if (!callback) throw error;
        return callback(error);
      }
      callback?.();
    }

    private watchWrites(transaction: KnexTransaction, dispatched: DispatchedTransaction): void {
      const commit = transaction.commit.bind(transaction);
      transaction.commit = async (connection, value) => {
        dispatched.mayHaveWritten();
        const { commitSql, marks } = dispatched;
        const sent = commitSql
          ? transaction.query(connection, commitSql, COMMITTED, value)
          : commit(connection, value);
        const answer = await sent; // and nothing in between: the connection goes back in a few ticks
        dispatched.committed(answer ?? {}, marks);
        if (held.takeChanged(connection)) dispatcher.catalogueChanged();
        return answer;
      };
      tellEnd(transaction, (error, isCommitting) => retries.ended(dispatched.attempt(), error, isCommitting));
    }

    private ownerOf(connection: KnexConnection): KnexClient {
      return clientOf((held.engineOf(connection) ?? engineOf(this)).knex);
    }
  };
}

/** Knex's number for a transaction that ends well. */
const COMMITTED = 1;

/** The slave that a read was meant for runs anew, or its connection came too late; the read was not sent. */
class OutdatedSlaveError extends Error {}

/** As Knex does where no connection was to be had in time. */
function noteQuery(error: unknown, { sql, bindings }: KnexBuilder): void {
  if (error instanceof knexPackage.KnexTimeoutError) Object.assign(error, { sql, bindings });
}

/** Knex tells the stream of an error itself, but not through a stand-in. */
function emitted(stream: Transform, error: unknown): never {
  stream.emit('error', error);
  throw error;
}

function named(query: string | KnexQueryObject, engine: Engine | undefined): string | KnexQueryObject {
  if (!engine) return query;
  const object = toQueryObject(query);
  object.engine = engine.name;
  return object;
}
