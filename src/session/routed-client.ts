import type { Transform } from 'node:stream';
import type { Knex } from 'knex';
import type { EngineChoice } from '../context/context.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import { FirstRowStream } from './first-row-stream.js';
import { HeldConnections } from './held-connections.js';
import {
  type KnexBuilder,
  type KnexClient,
  type KnexClientClass,
  type KnexConnection,
  type KnexQueryObject,
  type KnexStreamParameters,
  type KnexTransaction,
  type KnexTransactionConfig,
  classesOf,
  clientOf,
  toQueryObject,
} from './knex-internals.js';
import { ownEngineOf, setOwnEngine } from './own-engine.js';
import type { Dispatched, QueryDispatcher } from './query-dispatcher.js';
import { isRefusedWrite } from './refusal.js';
import { releasingOnce } from './releasing-once.js';

/** What the routed classes need; they keep it in their closure, since Knex copies clients field by field. */
export interface RoutedClientDependencies {
  readonly engines: EngineRegistry;
  readonly dispatcher: QueryDispatcher;
  readonly held: HeldConnections;
  /** Ends what the client stands for: all engines, or the one it names. */
  readonly destroy: () => Promise<void>;
}

/**
 * Knex's client for a set of engines: it has no connections of its own, decides when a runner runs, and lets Knex's own
 * code run on a view of itself that takes its connections from the chosen engine. `knexEngine`: the engine this Knex
 * names, undefined on the routed one.
 */
export function routedClientClass(
  { engines, dispatcher, held, destroy }: RoutedClientDependencies,
  knexEngine: EngineChoice | undefined,
): KnexClientClass {
  const knex = classesOf(clientOf(engines.master.knex));
  const views = new WeakMap<KnexClient, Map<Engine, KnexClient>>();
  /** By its config a view is known, and so is a transaction's client, to which Knex hands the view's config. */
  const enginesOfViews = new WeakMap<KnexClient['config'], Engine>();

  function viewOn(client: KnexClient, engine: Engine): KnexClient {
    let ofClient = views.get(client);
    if (!ofClient) views.set(client, (ofClient = new Map()));
    let view = ofClient.get(engine);
    if (!view) {
      ofClient.set(engine, (view = createView(client, engine)));
      enginesOfViews.set(view.config, engine);
    }
    return view;
  }

  /** Whose connections a client hands out: those of the engine it views, else of the one the Knex names. */
  function engineOf(client: KnexClient): Engine {
    return enginesOfViews.get(client.config) ?? dispatcher.connection(knexEngine);
  }

  class RoutedRunner extends knex.Runner {
    private dispatched: Dispatched | undefined;

    override run(): Promise<unknown> {
      try {
        this.dispatch();
      } catch (error) {
        return Promise.reject(error as Error);
      }
      return this.guarded(super.run());
    }

    override stream(...args: unknown[]): unknown {
      this.dispatch();
      if (!this.client.transacting) this.client = releasingOnce(this.client);
      return super.stream(...args);
    }

    override query(query: KnexQueryObject): Promise<unknown> {
      const engine = held.engineOf(this.connection);
      if (engine) query.engine = engine.name;
      if (this.client.transacting && this.dispatched?.classification.changesCatalogue)
        held.markChanged(this.connection);
      return super.query(query);
    }

    /** With a stream to fill, as `stream()` asks for it, a slave's refusal before the first row is not the caller's. */
    override async ensureConnection(callback: unknown, parameters?: KnexStreamParameters): Promise<unknown> {
      if (!parameters || this.dispatched?.engine.role !== 'slave')
        return super.ensureConnection(callback, parameters);
      const attempt = new FirstRowStream(parameters.stream);
      try {
        return await super.ensureConnection(callback, { ...parameters, stream: attempt });
      } catch (error) {
        attempt.detach();
        if (!this.connection) throw error; // Knex itself tells the stream that there is no connection
        if (attempt.delivered || !isRefusedWrite(error)) return emitted(parameters.stream, error);
        this.moveToMaster(error);
        return super.ensureConnection(callback, parameters);
      }
    }

    private dispatch(): void {
      if (this.client.transacting) {
        this.dispatched = dispatcher.transactionQuery(this.builder, engineOf(this.client));
      } else {
        this.dispatched = this.dispatchAlone();
        this.client = viewOn(this.client, this.dispatched.engine);
      }
    }

    private dispatchAlone(): Dispatched {
      const passed = this.builder._connection;
      if (passed) return dispatcher.connectionQuery(this.builder, held.engineOf(passed) ?? engines.master);
      return dispatcher.query(this.builder, knexEngine);
    }

    private guarded(running: Promise<unknown>): Promise<unknown> {
      if (this.dispatched?.engine.role === 'slave') return running.catch((error) => this.runOnMaster(error));
      if (!this.dispatched?.classification.changesCatalogue || this.client.transacting) return running;
      return running.finally(() => dispatcher.catalogueChanged());
    }

    private runOnMaster(error: unknown): Promise<unknown> {
      if (!isRefusedWrite(error)) throw error;
      this.moveToMaster(error);
      return super.run();
    }

    private moveToMaster(refused: Error): void {
      this.dispatched = dispatcher.refused(this.builder, this.dispatched!, refused);
      this.client = viewOn(this.client, this.dispatched.engine);
      this.connection = undefined;
    }
  }

  class RoutedQueryBuilder extends knex.QueryBuilder {
    usingEngine(engine: EngineChoice): this {
      engines.assertChoice(engine, '.usingEngine() of a query');
      setOwnEngine(this, engine);
      return this;
    }

    override clone(): this {
      const clone = super.clone();
      setOwnEngine(clone, ownEngineOf(this));
      return clone;
    }
  }

  class RoutedRaw extends knex.Raw {
    usingEngine(engine: EngineChoice): this {
      engines.assertChoice(engine, '.usingEngine() of a query');
      setOwnEngine(this, engine);
      return this;
    }
  }

  return class RoutedClient extends knex.Client {
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
      const { engine, markWrote } = passed
        ? dispatcher.connectionTransaction(passed)
        : dispatcher.transaction(config?.readOnly === true, knexEngine);
      const transaction = super.transaction.call(viewOn(this, engine), container, config, outer);
      if (engine.role === 'master' && !config?.readOnly) {
        onCommit(transaction, markWrote, (connection) => {
          if (held.takeChanged(connection)) dispatcher.catalogueChanged();
        });
      }
      return transaction;
    }

    override acquireConnection(): Promise<KnexConnection> {
      const engine = engineOf(this);
      return held.acquire(engine, () => clientOf(engine.knex).acquireConnection());
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
      ...rest: unknown[]
    ): Promise<unknown> {
      return super.stream(connection, named(query, held.engineOf(connection)), ...rest);
    }

    override initializePool(): void {
      for (const { knex: own } of engines.all()) if (!clientOf(own).pool) own.initialize();
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

    private ownerOf(connection: KnexConnection): KnexClient {
      return clientOf((held.engineOf(connection) ?? engineOf(this)).knex);
    }
  };
}

/** A client that is another in all but where its connections come from and what it says of them. */
function createView(client: KnexClient, engine: Engine): KnexClient {
  const own = clientOf(engine.knex);
  return Object.create(client, {
    config: {
      value: Object.create(client.config, {
        connection: { value: own.config.connection, enumerable: true },
        wrapIdentifier: writtenThrough(client.config, 'wrapIdentifier'),
        postProcessResponse: writtenThrough(client.config, 'postProcessResponse'),
      }),
    },
    connectionSettings: { get: () => own.connectionSettings },
    driver: { get: () => own.driver },
    version: { get: () => own.version },
    pool: { get: () => own.pool },
  }) as KnexClient;
}

/** Migrations turn these off and on by whichever client they have at hand, and mean all of them. */
function writtenThrough(
  config: Knex.Config,
  key: 'wrapIdentifier' | 'postProcessResponse',
): PropertyDescriptor {
  return { get: () => config[key], set: (value) => void (config[key] = value), enumerable: true };
}

/**
 * Runs `sent` when COMMIT is on its way: from then on the writes may be there, whatever the answer; and `ended` when the
 * answer has come.
 */
function onCommit(
  transaction: KnexTransaction,
  sent: () => void,
  ended: (connection: KnexConnection) => void,
): void {
  const commit = transaction.commit.bind(transaction);
  transaction.commit = (connection, value) => {
    sent();
    return commit(connection, value).finally(() => ended(connection));
  };
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
