import type { EventEmitter } from 'node:events';
import type { Transform } from 'node:stream';
import type { Knex } from 'knex';
import type { CommitAnswer } from './dispatch/dispatched-transaction.js';

/*
 * The private parts of Knex that routing stands on, typed here and nowhere else (with `intent/builder-intent.ts` for the
 * inside of builders). `test/contract/knex-internals.spec.ts` fails when a Knex release changes them.
 */

/** A driver's connection; opaque to us. */
export type KnexConnection = object;

export interface KnexQueryObject {
  sql: string;
  bindings?: unknown;
  /** In ms. */
  timeout?: number;
  /** Ours: the engine's name, for listeners of Knex's events. */
  engine?: string;
}

export interface KnexStreamParameters {
  /** What the caller holds. */
  readonly stream: Transform;
}

/** What Knex runs once a runner has its connection. */
export type KnexOnConnection = (runner: KnexRunner, parameters?: KnexStreamParameters) => unknown;

export interface KnexTransaction {
  rollback(connection: KnexConnection, error?: unknown): Promise<unknown>;
  commit(connection: KnexConnection, value?: unknown): Promise<CommitAnswer | undefined>;
  /** Runs SQL of the transaction itself; with a status of 1 it ends well, and with that value. */
  query(
    connection: KnexConnection,
    sql: string,
    status?: number,
    value?: unknown,
  ): Promise<CommitAnswer | undefined>;
}

export interface KnexTransactionConfig {
  readOnly?: boolean;
  connection?: KnexConnection;
}

export interface KnexClient extends EventEmitter {
  config: Knex.Config;
  connectionSettings: unknown;
  readonly driver: unknown;
  readonly version: unknown;
  readonly pool: unknown;
  /** True on the client of a transaction. */
  readonly transacting?: boolean;
  queryBuilder(): KnexBuilder;
  raw(...args: unknown[]): KnexBuilder;
  ref(name: string): object;
  runner(builder: KnexBuilder): KnexRunner;
  transaction(container: unknown, config?: KnexTransactionConfig, outer?: unknown): KnexTransaction;
  acquireConnection(): Promise<KnexConnection>;
  releaseConnection(connection: KnexConnection): Promise<void>;
  cancelQuery(connection: KnexConnection): Promise<unknown>;
  query(connection: KnexConnection, query: string | KnexQueryObject): Promise<unknown>;
  stream(connection: KnexConnection, query: string | KnexQueryObject, ...rest: unknown[]): Promise<unknown>;
  initializePool(config?: Knex.Config): void;
  destroy(callback?: (error?: unknown) => void): Promise<void>;
}

export type KnexClientClass = new (config: Knex.Config) => KnexClient;

export interface KnexBuilder {
  client: KnexClient;
  clone(): this;
  set(...args: unknown[]): this;
  toSQL(): unknown;
  /** Of a raw. */
  readonly sql?: unknown;
  readonly bindings?: unknown;
  /** A connection passed by `.connection()`. */
  readonly _connection?: KnexConnection;
  /** What was given to `.timeout()`, in ms. */
  readonly _timeout?: number;
}

export type KnexBuilderClass = new (client: KnexClient) => KnexBuilder;

export interface KnexRunner {
  client: KnexClient;
  readonly builder: KnexBuilder;
  connection: KnexConnection | undefined;
  /** Acquires a connection for `callback`, which runs the builder on it; with parameters for `stream()`. */
  ensureConnection(callback: KnexOnConnection, parameters?: KnexStreamParameters): Promise<unknown>;
  stream(...args: unknown[]): unknown;
  query(query: KnexQueryObject): Promise<unknown>;
}

export type KnexRunnerClass = new (client: KnexClient, builder: KnexBuilder) => KnexRunner;

export function clientOf(knex: Knex): KnexClient {
  return knex.client as KnexClient;
}

/** The classes that a client's dialect makes its parts from. */
export interface KnexClasses {
  readonly Client: KnexClientClass;
  readonly QueryBuilder: KnexBuilderClass;
  readonly Raw: KnexBuilderClass;
  readonly Runner: KnexRunnerClass;
}

export function classesOf(client: KnexClient): KnexClasses {
  const raw = client.raw('');
  return {
    Client: client.constructor as KnexClientClass,
    QueryBuilder: client.queryBuilder().constructor as KnexBuilderClass,
    Raw: raw.constructor as KnexBuilderClass,
    Runner: client.runner(raw).constructor as KnexRunnerClass,
  };
}

/** What Knex emits, on clients and on the Knex itself. */
export const KNEX_EVENTS = ['start', 'query', 'query-error', 'query-response'] as const;

/** A query object as Knex passes it on: SQL in a string becomes one. */
export function toQueryObject(query: string | KnexQueryObject): KnexQueryObject {
  return typeof query === 'string' ? { sql: query } : query;
}
