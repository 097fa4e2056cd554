/**
 * What an error says of the engine.
 * `unreachable`: there was no connection to send the query on, so that it certainly was not run.
 * `broken`: the connection broke while the query was on its way; it may have been run.
 * `ended`: the server ended the connection while the query was on its way. It shuts down, or an operator has ended this one
 * connection by `pg_terminate_backend`: only the server itself can tell which.
 * `conflict`: a slave gave an error for its own sake: its replay had to go on, it is out of disk, or it ended a session that
 * was idle; it stays in rotation, since one query that no engine can answer must not take them all out.
 * `busy`: this process's own pool had no connection free in time; nothing was sent.
 * `misconfigured`: the server refuses this app by its password, role, database or TLS: waiting does not help.
 */
export type EngineFailure = 'unreachable' | 'broken' | 'ended' | 'conflict' | 'busy' | 'misconfigured';

interface DriverError {
  readonly code?: unknown;
  readonly name?: unknown;
  readonly message?: unknown;
  /** Where in PostgreSQL's source it was raised. */
  readonly routine?: unknown;
}

const UNREACHABLE_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  '57P03', // cannot_connect_now: it starts up or shuts down
  '53300', // too_many_connections
  'DATABASE_ROUTING_CONNECTION_SETTINGS',
]);

const MISCONFIGURED_CODES = new Set([
  '28000', // no entry in pg_hba.conf, or no such role
  '28P01', // the password is wrong: rotated here and not there, say
  '3D000', // no such database
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

const BROKEN_CODES = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED']);

/** Class 08: connection exceptions; 57P: the server ended it. */
const BROKEN_CLASSES = /^(?:08|57P)/;

/** `admin_shutdown`: of the server, or of one connection by `pg_terminate_backend`. */
const ADMIN_SHUTDOWN = '57P01';

/**
 * Out of memory or disk, errors of the system, data that is corrupt: another copy may do better. Not 53400, which a limit such as
 * `temp_file_limit` gives: the admin who set it on the slave wants such a query stopped, and not run elsewhere. Nor 57014, by which an
 * operator or `statement_timeout` cancels.
 */
const OWN_TROUBLE = /^(?:53(?!400)|58|XX00[12])/;

/**
 * On a slave these are never the query's own doing: a conflict with its replay, a deadlock with it, and `idle_session_timeout`,
 * which came before the query did.
 */
const CONFLICT_CODES = new Set(['40001', '40P01', '57P05']);

/** `insufficient_privilege`; at login it means the database, elsewhere what a query asks for. */
const INSUFFICIENT_PRIVILEGE = '42501';
const AT_LOGIN = 'CheckMyDatabase';

/** What pg says without a code. */
const UNREACHABLE_TEXTS =
  /^timeout expired$|timeout exceeded when trying to connect|Connection terminated due to connection timeout|Connection terminated before/i;
const MISCONFIGURED_TEXTS = /server does not support SSL connections|^SASL: /i;
const BROKEN_TEXTS =
  /Connection terminated|Connection ended unexpectedly|Client has encountered a connection error|Client was closed/i;

const POOL_TIMEOUT = /Timeout acquiring a connection/;

/** Undefined: an answer to the query itself, which another engine would give as well. */
export function engineFailureOf(error: unknown, isSlave: boolean): EngineFailure | undefined {
  const { code, name, message } = (error ?? {}) as DriverError;
  const text = typeof message === 'string' ? message : '';
  if (isRefusedLogin(error)) return 'misconfigured';
  if (typeof code === 'string') return failureOfCode(code, isSlave);
  if (name === 'KnexTimeoutError') return POOL_TIMEOUT.test(text) ? 'busy' : undefined;
  if (MISCONFIGURED_TEXTS.test(text)) return 'misconfigured';
  if (UNREACHABLE_TEXTS.test(text)) return 'unreachable';
  return BROKEN_TEXTS.test(text) ? 'broken' : undefined;
}

function failureOfCode(code: string, isSlave: boolean): EngineFailure | undefined {
  if (MISCONFIGURED_CODES.has(code)) return 'misconfigured';
  if (UNREACHABLE_CODES.has(code)) return 'unreachable';
  if (code === ADMIN_SHUTDOWN) return 'ended';
  if (isSlave && (CONFLICT_CODES.has(code) || OWN_TROUBLE.test(code))) return 'conflict';
  return BROKEN_CODES.has(code) || BROKEN_CLASSES.test(code) ? 'broken' : undefined;
}

/** Whether a privilege is missing, for the database itself or for what a query asks for. */
export function isMissingPrivilege(error: unknown): error is Error {
  return error instanceof Error && (error as DriverError).code === INSUFFICIENT_PRIVILEGE;
}

/** Whether the login may not connect to the database at all. */
export function isRefusedLogin(error: unknown): boolean {
  return isMissingPrivilege(error) && (error as DriverError).routine === AT_LOGIN;
}

/**
 * What servers answer to a write in a read-only transaction, on a slave or not. PostgreSQL and pg-native: `read_only_sql_transaction`.
 * MySQL: the same by a name of its own, and what a server says that is read-only as a whole.
 */
const READ_ONLY_CODES: ReadonlySet<unknown> = new Set([
  '25006',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
]);

/** Whether the server refused a statement because it writes; it then had no effect. */
export function isRefusedWrite(error: unknown): error is Error {
  return error instanceof Error && READ_ONLY_CODES.has((error as { code?: unknown }).code);
}

/** `feature_not_supported`, of which PostgreSQL has many: the part of its source that raises it tells which, in any language. */
const FEATURE_NOT_SUPPORTED = '0A000';
const OPENS_RELATION = 'get_relation_info';

/** Whether a slave refused a query for a table that is not there: unlogged, as it is on the master or was before. */
export function isNotOnSlaves(error: unknown): boolean {
  const { code, routine } = (error ?? {}) as DriverError;
  return code === FEATURE_NOT_SUPPORTED && routine === OPENS_RELATION;
}
