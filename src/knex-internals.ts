import type { EventEmitter } from 'node:events';
import type { Transform } from 'node:stream';
import type { Knex } from 'knex';
import type { CommitAnswer, ConnectionGuard, GUARD } from './pg-internals.js';
import type { TarnPool } from './pool-internals.js';

/*
 * The private parts of Knex and of its connections that routing stands on, typed here and nowhere else.
 * `test/contract/knex-internals.spec.ts` fails when a release of one of them changes them; at boot `knex-check.ts` refuses a
 * Knex that lacks one.
 */

/** A driver's connection. These are parts of pg's; other drivers may lack all of them. */
export interface KnexConnection {
  query?(query: string | object, done: (error: Error | null, results: unknown) => void): void;
  once?(event: 'end', listener: () => void): void;
  removeListener?(event: 'end', listener: () => void): void;
  end?(): unknown;
  __knex__disposed?: unknown; // why it is not used again, of which Knex warns
  /** What the server, or a pooler, calls it. */
  readonly processID?: number;
  readonly connection?: { readonly stream?: { destroy(): void } };
}

/** Breaks a connection without a word to the server, which may be frozen: what runs on it fails at once. */
export function sever({ connection }: KnexConnection): void {
  connection?.stream?.destroy();
}

export interface KnexQueryObject {
  sql: string;
  bindings?: unknown;
  /** In ms. */
  timeout?: number;
  /** Ours: the engine's name, for listeners of Knex's events. */
  engine?: string;
  /** Ours: what is proved in the batch with it. */
  [GUARD]?: ConnectionGuard;
}

/** What a stream's rows go to. */
export type KnexStreamTarget = Transform & { [GUARD]?: ConnectionGuard };

export interface KnexStreamParameters {
  /** What the caller holds. */
  readonly stream: KnexStreamTarget;
}

/** What Knex runs once a runner has its connection. */
export type KnexOnConnection = (runner: KnexRunner, parameters?: KnexStreamParameters) => unknown;

export interface KnexTransaction extends Pick<Promise<unknown>, 'catch'> {
  /** Both settle what the caller of the transaction waits for; Knex sets them when the transaction has its connection. */
  _resolver(value?: unknown): void;
  _rejecter(error: unknown): void;
  begin(connection: KnexConnection): Promise<unknown>;
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
  isolationLevel?: string;
  connection?: KnexConnection;
}

export interface KnexClient extends EventEmitter {
  config: Knex.Config;
  /** What the driver connects with; Knex has made it from whatever was written. */
  connectionSettings: object | undefined;
  /** There where `connection` is a function. */
  connectionConfigProvider?: () => Promise<object>;
  /** Null where the function's last answer did not say when it expires: then Knex never asks again. */
  connectionConfigExpirationChecker?: (() => boolean) | null;
  /** Undefined where nothing says how to connect, and after `destroy()`. */
  readonly pool: (Partial<TarnPool<KnexConnection>> & Pick<TarnPool<KnexConnection>, 'release'>) | undefined;
  readonly driver: unknown;
  readonly driverName: unknown;
  readonly version: unknown;
  /** True on the client of a transaction. */
  readonly transacting?: boolean;
  queryBuilder(): KnexBuilder;
  raw(...args: unknown[]): KnexBuilder;
  ref(name: string): object;
  runner(builder: KnexBuilder): KnexRunner;
  transaction(container: unknown, config?: KnexTransactionConfig, outer?: unknown): KnexTransaction;
  acquireConnection(): Promise<KnexConnection>;
  releaseConnection(connection: KnexConnection): Promise<void>;
  acquireRawConnection(): Promise<KnexConnection>;
  destroyRawConnection(connection: KnexConnection): Promise<unknown>;
  /** PostgreSQL's first part of that. */
  _acquireOnlyConnection?(): Promise<KnexConnection>;
  /** Whether an idle connection may be used again. */
  validateConnection(connection: KnexConnection): unknown;
  cancelQuery(connection: KnexConnection): Promise<unknown>;
  /** `?` becomes what the server takes. */
  positionBindings(sql: string): string;
  query(connection: KnexConnection, query: string | KnexQueryObject): Promise<unknown>;
  /** Hands a query to the driver: calls the connection's `query` with its text and values, and what is called at the end. */
  _query(connection: KnexConnection, query: KnexQueryObject): Promise<unknown>;
  stream(connection: KnexConnection, query: string | KnexQueryObject, ...rest: unknown[]): Promise<unknown>;
  initializePool(config?: Knex.Config): void;
  destroy(callback?: (error?: unknown) => void): Promise<void>;
}

export type KnexClientClass = new (config: Knex.Config) => KnexClient;

export interface KnexBuilder {
  emit(event: string | symbol, ...args: unknown[]): boolean;
  client: KnexClient;
  clone(): this;
  set(...args: unknown[]): this;
  toSQL(...args: unknown[]): unknown;
  /** Of a raw. */
  readonly sql?: unknown;
  readonly bindings?: unknown;
  /** A connection passed by `.connection()`. */
  readonly _connection?: KnexConnection;
  readonly _timeout?: number; // in ms
}

/** What a query builder holds of the query, before it is SQL. */
export interface KnexQueryBuilder {
  readonly _method?: string;
  /** What there is once: the table, the columns of an insert, a lock, a limit. */
  readonly _single: Readonly<Record<string, unknown>>;
  /** Clauses, each with a `grouping` such as `where`, `join` or `with`. */
  readonly _statements: readonly Readonly<Record<string, unknown>>[];
  readonly client: Pick<KnexClient, 'queryBuilder' | 'ref'>;
}

/** The same of a raw. */
export interface KnexRaw {
  readonly isRawInstance: boolean;
  readonly sql?: unknown;
  readonly bindings?: unknown;
  readonly _wrappedBefore?: unknown;
  readonly _wrappedAfter?: unknown;
}

/** The same of a schema builder: the methods called on it. */
export interface KnexSchemaBuilder {
  readonly _sequence?: readonly { readonly method?: unknown }[];
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

/** A Knex's methods stand on an object of its own, from which copies take them. */
export interface KnexWithContext extends Knex {
  readonly context: Pick<Knex, 'withUserParams'>;
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
