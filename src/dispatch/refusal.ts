/** `read_only_sql_transaction`: what PostgreSQL answers to a write in a read-only session, on a slave or not. */
const READ_ONLY_SQL_TRANSACTION = '25006';

/** Whether the server refused a statement because it writes; it then had no effect. */
export function isRefusedWrite(error: unknown): error is Error {
  return error instanceof Error && (error as { code?: unknown }).code === READ_ONLY_SQL_TRANSACTION;
}
