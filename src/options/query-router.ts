import type { Context } from '../context/context.js';

/** What a `router` option sees of a read. */
export interface RoutableQuery {
  /** Knex's builder or raw, not to be changed. */
  readonly builder: unknown;
  /** The tables the query names, without schema and alias; empty when it can't be told. */
  readonly tables: readonly string[];
}

/** The user's rule for reads: an engine's name, `'slave'`, or undefined for no opinion. Runs per read, so keep it short. */
export type QueryRouter = (query: RoutableQuery, context: Context) => string | undefined;
