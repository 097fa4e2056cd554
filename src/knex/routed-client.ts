import type { Explanation } from '../routing/explanation.js';
import { knexVersion } from '../knex-check.js';
import {
  type KnexBuilder,
  type KnexClasses,
  type KnexClientClass,
  type KnexConnection,
  type KnexQueryObject,
  type KnexStreamTarget,
  type KnexTransaction,
  type KnexTransactionConfig,
  classesOf,
  clientOf,
  sever,
  toQueryObject,
} from '../knex-internals.js';
import { GUARD } from '../pg-internals.js';
import { cancelQuery } from './cancel-query.js';
import { endingWithConnection } from './ending-with-connection.js';
import { isMissedGuard } from './missed-guard-event.js';
import { streamingConnection } from './streaming-connection.js';
import type { HeldConnections } from './held-connections.js';
import { type KnexParts, engineOf, ownerOf } from './knex-parts.js';
import { routedRunnerClass } from './routed-runner.js';
import { beginOnMaster, transactionView, watchWrites } from './routed-transaction.js';
import { withMethodsOf } from './transaction-methods.js';
import { undoAtTheEnd } from './undone-transaction.js';
import { queryBuilderClass, withOwnSettings } from './with-own-settings.js';

/**
 * Knex's client for a set of engines. It has no connections of its own: when a runner runs, it decides, and lets Knex's own
 * code run on a view of itself that takes its connections from the chosen engine.
 */
export function routedClientClass(parts: KnexParts): KnexClientClass {
  const knex = classesOf(clientOf(parts.engines.master.knex));
  return dispatchingClass(connectingClass(knex.Client, parts), knex, parts);
}

/** What Knex makes of a client, made to ask the dispatcher. */
function dispatchingClass(Client: KnexClientClass, knex: KnexClasses, parts: KnexParts): KnexClientClass {
  const { dispatcher, explainer, held, views, knexEngine } = parts;
  const RoutedRunner = routedRunnerClass(knex.Runner, parts);
  const RoutedQueryBuilder = queryBuilderClass(knex.QueryBuilder, parts.engines);
  const RoutedRaw = withOwnSettings(knex.Raw, parts.engines);
  const withMethods = withMethodsOf(parts.methods, parts.engines);

  return class RoutedClient extends Client {
    explain(builder: KnexBuilder): Explanation {
      if (this.transacting) return explainer.explainInTransaction(builder, engineOf(this, parts));
      return explainer.explain(builder, knexEngine);
    }

    /** A guard that missed is no failed query: it runs elsewhere. */
    override emit(event: string | symbol, ...args: unknown[]): boolean {
      return !isMissedGuard(event, args) && super.emit(event, ...args);
    }

    override runner(builder: KnexBuilder) {
      return new RoutedRunner(this, builder);
    }

    override queryBuilder(): KnexBuilder {
      return new RoutedQueryBuilder(this);
    }

    override raw(...args: unknown[]): KnexBuilder {
      return new RoutedRaw(this).set(...args);
    }

    override transaction(work: unknown, config?: KnexTransactionConfig, outer?: unknown): KnexTransaction {
      const routedWork = withMethods(work);
      if (this.transacting) return super.transaction(routedWork, config, outer);
      const passed = held.engineOf(config?.connection);
      const dispatched = passed
        ? dispatcher.connectionTransaction(passed)
        : dispatcher.transaction(config ?? {}, knexEngine);
      const view = passed ? views.of(this, passed) : transactionView(this, dispatched, parts);
      const transaction = super.transaction.call(view, routedWork, config, outer);
      if (!config?.readOnly && passed?.role !== 'slave') watchWrites(transaction, dispatched, parts);
      if (!passed) beginOnMaster(transaction, held);
      if (config?.readOnly && !passed) undoAtTheEnd(transaction, held);
      return transaction;
    }
  };
}

/** A client whose connections are the engines'. */
function connectingClass(Client: KnexClientClass, parts: KnexParts): KnexClientClass {
  const { held } = parts;
  const streaming = streamingConnection(knexVersion());
  return class ConnectingClient extends Client {
    override acquireConnection(): Promise<KnexConnection> {
      return held.acquire(engineOf(this, parts));
    }

    override releaseConnection(connection: KnexConnection): Promise<void> {
      return held.release(connection, () => engineOf(this, parts)) ?? Promise.resolve();
    }

    override cancelQuery(connection: KnexConnection): Promise<unknown> {
      const other = held.hedgeOn(connection)?.askedToo;
      if (other) void this.cancelQuery(other).catch(() => sever(other));
      return cancelQuery(connection, held.engineOf(connection), ownerOf(connection, this, parts));
    }

    override query(connection: KnexConnection, query: string | KnexQueryObject): Promise<unknown> {
      const answer = super.query(connection, named(query, connection, held));
      return this.transacting ? held.heard(answer, connection) : answer;
    }

    override _query(connection: KnexConnection, query: KnexQueryObject): Promise<unknown> {
      const over = query[GUARD]?.over(connection) ?? connection;
      return super._query(held.hedgeOn(connection)?.on(over, query) ?? over, query);
    }

    override stream(
      connection: KnexConnection,
      query: string | KnexQueryObject,
      target: KnexStreamTarget,
      ...rest: unknown[]
    ): Promise<unknown> {
      endingWithConnection(target, connection);
      const from = streaming(target[GUARD]?.overStream(connection) ?? connection);
      const answer = super.stream(from, named(query, connection, held), target, ...rest);
      return this.transacting ? held.heard(answer, connection) : answer;
    }

    override initializePool(): void {
      parts.initialize();
    }

    override destroy(callback?: Callback): Promise<void> {
      return calling(parts.destroy(), callback);
    }
  };
}

type Callback = (error?: unknown) => void;

/** As Knex ends: a callback hears of it instead of a promise's holder. */
function calling(ended: Promise<void>, callback: Callback | undefined): Promise<void> {
  return callback ? ended.then(() => callback(), callback) : ended;
}

/** Tells Knex's events where a query runs, if its run has not. */
function named(
  query: string | KnexQueryObject,
  connection: KnexConnection,
  held: HeldConnections,
): string | KnexQueryObject {
  if (typeof query === 'object' && query.engine !== undefined) return query;
  const engine = held.engineOf(connection);
  if (!engine) return query;
  const object = toQueryObject(query);
  object.engine = engine.name;
  return object;
}
