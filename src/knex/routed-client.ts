import type { Transform } from 'node:stream';
import type { Explanation } from '../routing/explanation.js';
import { knexVersion } from '../knex-check.js';
import {
  GUARD,
  type KnexBuilder,
  type KnexClasses,
  type KnexClientClass,
  type KnexConnection,
  type KnexQueryObject,
  type KnexTransaction,
  type KnexTransactionConfig,
  classesOf,
  clientOf,
  sever,
  toQueryObject,
} from '../knex-internals.js';
import { endingWithConnection } from './ending-with-connection.js';
import { streamingConnection } from './streaming-connection.js';
import type { HeldConnections } from './held-connections.js';
import { type KnexParts, engineOf, ownerOf } from './knex-parts.js';
import { routedRunnerClass } from './routed-runner.js';
import { transactionView, watchWrites } from './routed-transaction.js';
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

  return class RoutedClient extends Client {
    explain(builder: KnexBuilder): Explanation {
      if (this.transacting) return explainer.explainInTransaction(builder, engineOf(this, parts));
      return explainer.explain(builder, knexEngine);
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
      if (this.transacting) return super.transaction(work, config, outer);
      const passed = held.engineOf(config?.connection);
      const dispatched = passed
        ? dispatcher.connectionTransaction(passed)
        : dispatcher.transaction(config?.readOnly === true, knexEngine);
      const view = passed ? views.of(this, passed) : transactionView(this, dispatched, parts);
      const transaction = super.transaction.call(view, work, config, outer);
      if (!config?.readOnly && passed?.role !== 'slave') watchWrites(transaction, dispatched, parts);
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
      const owner = held.release(connection) ?? engineOf(this, parts);
      return clientOf(owner.knex).releaseConnection(connection);
    }

    /** Where the query runs: process ids mean something on their own server only, and a pooler's are made up. */
    override async cancelQuery(connection: KnexConnection): Promise<unknown> {
      if (held.engineOf(connection)?.isPooled(connection)) return sever(connection);
      return ownerOf(connection, this, parts).cancelQuery(connection);
    }

    override query(connection: KnexConnection, query: string | KnexQueryObject): Promise<unknown> {
      const answer = super.query(connection, named(query, connection, held));
      return this.transacting ? held.heard(answer, connection) : answer;
    }

    override _query(connection: KnexConnection, query: KnexQueryObject): Promise<unknown> {
      return super._query(query[GUARD]?.over(connection) ?? connection, query);
    }

    override stream(
      connection: KnexConnection,
      query: string | KnexQueryObject,
      target: Transform,
      ...rest: unknown[]
    ): Promise<unknown> {
      endingWithConnection(target, connection);
      const answer = super.stream(streaming(connection), named(query, connection, held), target, ...rest);
      return this.transacting ? held.heard(answer, connection) : answer;
    }

    override initializePool(): void {
      parts.initialize();
    }

    override destroy(callback?: (error?: unknown) => void): Promise<void> {
      const destroyed = parts.destroy();
      return callback ? destroyed.then(() => callback(), callback) : destroyed;
    }
  };
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
