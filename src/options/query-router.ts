import type { Context } from '../context/context.js';
import type { HttpRequest } from '../context/http-request.js';

/** What a `router` option sees of a read. */
export interface RoutableQuery {
  /** Knex's builder or raw, not to be changed; undefined for a read-only transaction as a whole. */
  readonly builder: unknown;
  /**
   * All tables of the query as far as they can be told, wherever they stand, without schema and alias: also those in
   * subqueries, in `with`, in raw SQL on PostgreSQL, and below views.
   */
  readonly tables: readonly string[];
  /**
   * Whether `tables` names them all. Not so for a transaction, for SQL that can't be parsed or calls a function of your own
   * that may read tables, and on PostgreSQL before the master's catalogue was read.
   */
  readonly tablesComplete: boolean;
  /** Express's or Fastify's request, until its response is closed; undefined in messages, jobs, and outside of all these. */
  readonly request: HttpRequest | undefined;
}

/** The user's rule for reads: an engine's name, `'slave'`, or undefined for no opinion. Runs per read, so keep it short. */
export type QueryRouter = (query: RoutableQuery, context: Context) => string | undefined;
