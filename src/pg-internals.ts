/*
 * What routing stands on in the driver pg: what it answers, and the private parts in which guards are written.
 */

/** What PostgreSQL answers to a statement: its tag, and rows. */
type StatementAnswer = { readonly command?: string; readonly rows?: readonly unknown[] };

/** What the driver answers to COMMIT; a list where there was a question in the same message. */
export interface CommitAnswer {
  readonly response?: StatementAnswer | readonly StatementAnswer[];
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

export type PgQueryClass = new (
  config: object,
  values: undefined,
  done: (error: unknown, result: unknown) => void,
) => PgQuery;
