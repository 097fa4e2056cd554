import type { SqlNode } from './sql-parser.js';

/**
 * What a statement leaves on the connection of a read-only transaction that ends with ROLLBACK: nothing; advisory locks at the
 * most, of which all can be given back; or nobody knows what, such as a prepared statement.
 */
export type Leaves = 'nothing' | 'locks' | 'unknown';

/** A standby takes these of LOCK TABLE's modes, up to ROW EXCLUSIVE. */
const HIGHEST_LOCK = 3;

/** What lets a transaction write, where its server is no standby. */
const READ_ONLY_SETTING = /^(?:default_)?transaction_read_only$/i;

const SAVEPOINTS: ReadonlySet<unknown> = new Set([
  'TRANS_STMT_SAVEPOINT',
  'TRANS_STMT_RELEASE',
  'TRANS_STMT_ROLLBACK_TO',
]);

/** PostgreSQL's own functions that are undone, or end, with the transaction. */
const FUNCTIONS = /^(?:set_config|pg_(?:try_)?advisory_xact_lock(?:_shared)?)$/;

/** A statement that is no query. The server itself refuses what writes. */
export function statementLeaves(type: string, fields: SqlNode): Leaves {
  switch (type) {
    case 'VariableSetStmt':
      return letsWrite(fields) ? 'unknown' : 'nothing';
    case 'TransactionStmt':
      return SAVEPOINTS.has(fields['kind']) ? 'nothing' : 'unknown';
    case 'LockStmt':
      return (fields['mode'] as number) <= HIGHEST_LOCK ? 'nothing' : 'unknown';
    case 'FetchStmt':
    case 'ClosePortalStmt':
    case 'ConstraintsSetStmt':
      return 'nothing';
    case 'CallStmt':
    case 'DoStmt':
      return 'locks';
    default:
      return 'unknown';
  }
}

/** A volatile function: the app's own may do anything that the server allows. */
export function functionLeaves(name: string, isOwn: boolean): Leaves {
  if (isOwn) return 'locks';
  return FUNCTIONS.test(name) ? 'nothing' : 'unknown';
}

/** What several leave together. */
export function leavesTogether(all: readonly Leaves[]): Leaves {
  return all.find((one) => one === 'unknown') ?? all.find((one) => one === 'locks') ?? 'nothing';
}

/** `SET transaction_read_only` in whatever way; `SET TRANSACTION READ ONLY` may stand. */
function letsWrite({ name, args }: SqlNode): boolean {
  if (READ_ONLY_SETTING.test(String(name))) return true;
  return ((args ?? []) as readonly { DefElem?: TransactionMode }[]).some(
    ({ DefElem: mode }) => mode?.defname === 'transaction_read_only' && mode.arg?.A_Const?.ival?.ival !== 1,
  );
}

/** `READ WRITE` has no number, since it is 0. */
interface TransactionMode {
  readonly defname?: string;
  readonly arg?: { readonly A_Const?: { readonly ival?: { readonly ival?: number } } };
}
