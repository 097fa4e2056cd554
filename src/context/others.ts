/**
 * How far reads must show of tables that the client has not written lately: what it has read, and what it wrote before. Reads of
 * the tables that are written must show all. Immutable: a nested job has the same one until either changes.
 */
export interface Others {
  /** By what stands for their names, in order. */
  readonly written: readonly string[];
  /** Never beyond the position of all that is seen. */
  readonly position: bigint;
  /** The server of a slave where more of other tables was seen; undefined: all is in `position`. */
  readonly unsettled: string | undefined;
}

/** How far a client has seen, as far as reads of different tables are to show different positions of it. */
export interface SeenByTable {
  readonly position: bigint;
  readonly unsettled: string | undefined;
  readonly others: Others | undefined;
}

/** More are not told apart: what a client wrote before counts as seen then. A bookmark carries as many. */
export const MOST_WRITTEN = 12;

/** Each stands for a name in six letters and digits; two names that share one are the same table. */
export const MARK_LENGTH = 6;

/** Something was seen at more than one server. */
const ANYWHERE = '*';

/** What stands for the name of a table: 31 bits of FNV-1a. */
export function markOf(table: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(table)) hash = Math.imul(hash ^ byte, 0x01000193);
  return ((hash ^ (hash >>> 16)) & 0x7fffffff).toString(36).padStart(MARK_LENGTH, '0');
}

/** Tables are written: what was seen up to now is what reads of others show. */
export function writtenNow(seen: SeenByTable, marks: readonly string[]): Others | undefined {
  const { position, unsettled } = seen.others ?? seen;
  const both = inOrder([...(seen.others?.written ?? []), ...marks]);
  if (both.length <= MOST_WRITTEN) return useful({ written: both, position, unsettled });
  return useful({ written: inOrder(marks), position: seen.position, unsettled: seen.unsettled });
}

/** The same where a client brings one more position, and what of it reads of others need not show. */
export function broughtWith(
  seen: SeenByTable,
  brought: Pick<SeenByTable, 'position' | 'others'>,
): Others | undefined {
  const { position, unsettled } = seen.others ?? seen;
  const theirs = (brought.others ?? brought).position;
  const written = inOrder([...(seen.others?.written ?? []), ...(brought.others?.written ?? [])]);
  const lower = theirs > position ? theirs : position;
  const whole = brought.position > seen.position ? brought.position : seen.position;
  return lower < whole ? useful({ written, position: lower, unsettled }) : undefined;
}

/** The same, after more was seen: on a server, or up to a position. Undefined: everything must show all. */
export function movedBy(
  others: Others | undefined,
  { server, position = 0n }: { server?: string; position?: bigint },
): Others | undefined {
  if (!others) return undefined;
  const { unsettled } = others;
  return useful({
    ...others,
    unsettled: server === undefined || server === unsettled ? unsettled : unsettled ? ANYWHERE : server,
    position: position > others.position ? position : others.position,
  });
}

/** Whether reads of these tables need not show what was written. Undefined: nobody knows which they are. */
export function sparesReads({ others }: SeenByTable, tables: readonly string[] | undefined): boolean {
  return (
    others !== undefined &&
    tables !== undefined &&
    !tables.some((one) => others.written.includes(markOf(one)))
  );
}

/** What was seen anywhere only the master shows, and with it what was written. */
function useful(others: Others): Others | undefined {
  const { written, unsettled } = others;
  return written.length === 0 || written.length > MOST_WRITTEN || unsettled === ANYWHERE ? undefined : others;
}

function inOrder(marks: readonly string[]): readonly string[] {
  return [...new Set(marks)].toSorted();
}
