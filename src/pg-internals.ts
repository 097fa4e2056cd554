/*
 * What routing stands on in the driver pg: what it answers, and the private parts in which guards are written.
 */

/** What PostgreSQL answers to a statement: its tag, and rows. */
type StatementAnswer = { readonly command?: string; readonly rows?: readonly unknown[] };

/** What the driver answers to COMMIT; a list where there was a question in the same message. */
export interface CommitAnswer {
  readonly response?: StatementAnswer | readonly StatementAnswer[];
}

/** A connection of pg's, as far as statements of our own are sent on it. */
interface PgConnection {
  query?(sql: string, done: (error: Error | null, result: unknown) => void): void;
}

/** Asks on a connection that is at hand; nothing of it is in Knex's events. */
export function firstRowOn<Row>(connection: PgConnection, sql: string): Promise<Row> {
  return new Promise((resolve, reject) => {
    connection.query!(sql, (error, result) => {
      if (error) reject(error);
      else resolve((result as { readonly rows: readonly [Row] }).rows[0]);
    });
  });
}

/** What pg writes to the server, message by message. */
export interface PgWire {
  parse(message: { readonly text: string }): void;
  bind(message: { readonly values: readonly string[] }): void;
  execute(message: { readonly portal: string; readonly rows: number }): void;
  sync(): void;
}

/** pg's query: what it sends, and what it is told of the answer. */
export interface PgQuery {
  requiresPreparation(): boolean;
  prepare(wire: PgWire): void;
  /** Executes what was bound, and ends the batch. */
  _getRows(wire: PgWire): void;
  handleDataRow(message: { readonly fields: readonly unknown[] }): void;
  handleCommandComplete(message: object, wire: PgWire): void;
  handleError(error: unknown, wire: PgWire): void;
}

/** What pg-query-stream gives to a connection: a cursor that is told of the answers. */
export interface PgStream extends Omit<PgQuery, 'requiresPreparation' | 'prepare' | '_getRows'> {
  submit(wire: PgWire): unknown;
}

/** Where a query, or the stream that its rows go to, carries its guard. */
export const GUARD = Symbol('guard');

/** Makes of a connection one that proves something together with what is sent on it next. */
export interface ConnectionGuard {
  /** There was no proof, and what was sent did not run. */
  readonly hasMissed: boolean;
  over<Connection extends object>(connection: Connection): Connection;
  overStream<Connection extends object>(connection: Connection): Connection;
}

/** An unnamed statement, and no description of its rows: the caller knows what they are. */
export function executeAlone(wire: PgWire, text: string, values: readonly string[]): void {
  wire.parse({ text });
  wire.bind({ values });
  wire.execute({ portal: '', rows: 0 });
}

export type PgQueryClass = new (
  config: object,
  values: undefined,
  done: (error: unknown, result: unknown) => void,
) => PgQuery;
