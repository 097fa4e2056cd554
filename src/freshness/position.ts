/** Which history a position counts in: after a promotion the same number means another one. */
export interface Epoch {
  /** PostgreSQL's system identifier: one cluster and its physical copies. */
  readonly system: string;
  readonly timeline: number;
}

/** A position in the master's log: a PostgreSQL LSN. 0 is before everything. */
export type Position = bigint;

export const START: Position = 0n;

/** What a slave must show, if it does so in time. */
export interface Bound {
  readonly position: Position;
  /** When that would be too old, on the core's clock. */
  readonly deadline: number;
}

/** `16/B374D848` is the number 0x16B374D848. */
export function parsePosition(lsn: string): Position {
  const [high = '', low = ''] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** The other way round. */
export function formatPosition(position: Position): string {
  const hex = (part: bigint) => part.toString(16).toUpperCase();
  return `${hex(position >> 32n)}/${hex(position & 0xffff_ffffn)}`;
}

/** A log file's name begins with its timeline. */
export function timelineOf(walfile: string): number {
  return parseInt(walfile.slice(0, 8), 16);
}

const PAGE_BYTES = 8192n;
const SHORT_HEADER_BYTES = 24n;
const LONG_HEADER_BYTES = 40n;

/**
 * Where replay stands once everything before an insert position is replayed. They differ when the last record fills its
 * page: the insert position is then behind the next page's header, which no slave reaches before there is another record.
 */
export function replayTarget(insertPosition: Position, segmentBytes: bigint): Position {
  const inPage = insertPosition % PAGE_BYTES;
  const isFirstPage = insertPosition % segmentBytes < PAGE_BYTES;
  return inPage === (isFirstPage ? LONG_HEADER_BYTES : SHORT_HEADER_BYTES)
    ? insertPosition - inPage
    : insertPosition;
}

export function laterOf(a: Position, b: Position): Position {
  return a > b ? a : b;
}

export function isSameEpoch(a: Epoch, b: Epoch): boolean {
  return a.system === b.system && a.timeline === b.timeline;
}
