import { type Others, broughtWith, markOf, movedBy, sparesReads, writtenNow } from './others.js';

/** Something was seen on the master, or on more than one engine. */
export const ANYWHERE = '*';

/** All is in the position, and some of it was seen on a slave that nobody knows. */
export const COVERED = '~';

/**
 * How far a client has seen. Two parts, since rows come without a position: what is known as a number, and the server where
 * more was seen since. While reads stay on that slave it can't go back; a read that leaves it must first settle, which takes a
 * position of the master's that is not before what was seen.
 */
export interface Seen {
  /** A slave that has replayed this has all that is settled. 0n: nothing. */
  position: bigint;
  /** The server of the slave on which later things were seen, or `ANYWHERE`; undefined when all is in `position`. */
  unsettled: string | undefined;
  /**
   * The server of a slave that has shown what the master may not show yet, `ANYWHERE` for more than one. A
   * position says nothing of it: it ends when the master was found to show it all.
   */
  shown: string | undefined;
  /** The server that the client's bookmark named; its other requests may rely on it. */
  brought: string | undefined;
  /** Counts what was seen, so that a position which was asked for earlier settles nothing that came in between. */
  marks: number;
  /** More will be seen when the bookmark is issued, for as long as the client may listen: the response is an event stream. */
  goesOn: boolean;
  /** More may be seen or written for a while when the bookmark is issued. */
  lingers: boolean;
  /** A bookmark that the client brought has lived for half of its time. */
  isOld: boolean;
  /** Until when its other requests may rely on the server that the client's bookmark named, in ms since 1970. 0: no longer. */
  reliedUntilMs: number;
  /** Until when no bookmark of the client covers for certain what it has seen, in ms since 1970. 0: it does. */
  asksUntilMs: number;
  /** How far reads of tables must show that were not written lately; undefined: as far as all others. */
  others: Others | undefined;
  /** What the work around this one has seen; it is told what this one sees. */
  outer: Seen | undefined;
}

export function nothingSeen(): Seen {
  return {
    position: 0n,
    unsettled: undefined,
    shown: undefined,
    brought: undefined,
    marks: 0,
    goesOn: false,
    lingers: false,
    isOld: false,
    reliedUntilMs: 0,
    asksUntilMs: 0,
    others: undefined,
    outer: undefined,
  };
}

/** Something is seen at a server, a slave's; undefined: on the master, or nobody knows where. Two servers are anywhere. */
export function see(seen: Seen, server: string = ANYWHERE): void {
  for (let at: Seen | undefined = seen; at; at = at.outer) mark(at, server);
}

/** Tables were written, or may have been, and nothing was read: reads of others show what they had to show before. */
export function writeTables(seen: Seen, tables: readonly string[]): void {
  const marks = tables.map(markOf);
  for (let at: Seen | undefined = seen; at; at = at.outer) {
    const others = writtenNow(at, marks);
    mark(at, ANYWHERE);
    at.others = others;
  }
}

/** What a read of these tables must show. Undefined: nobody knows which they are, so it must show all. */
export function seenOf(seen: Seen, tables: readonly string[] | undefined): Seen {
  return sparesReads(seen, tables) ? { ...seen, ...seen.others, others: undefined } : seen;
}

/** Something is seen on a slave, and nobody knows on which server of it. */
export function seeSomewhere(seen: Seen): void {
  see(seen);
  showSomewhere(seen);
}

/** A slave's server has shown something, and has said after it how far it had replayed: a position that covers it. */
export function witness(seen: Seen, position: bigint): void {
  for (let at: Seen | undefined = seen; at; at = at.outer) {
    at.others = movedBy(at.others, { position });
    if (position > at.position) at.position = position;
  }
  showSomewhere(seen);
}

/** What a position covers was shown by a slave, and nobody knows which. */
export function showSomewhere(seen: Seen): void {
  for (let at: Seen | undefined = seen; at; at = at.outer) at.shown = ANYWHERE;
}

/** What a client brings was seen at a server; undefined: nobody knows where, on a slave perhaps. */
export function bring(seen: Seen, server: string = ANYWHERE): void {
  mark(seen, server);
  seen.shown = together(seen.shown, server);
  seen.brought = together(seen.brought, server);
}

/** A client brings a position that covers what it has seen, and what of it reads of other tables than it wrote need not show. */
export function bringPosition(seen: Seen, position: bigint, others: Others | undefined): void {
  seen.others = broughtWith(seen, { position, others });
  settleAt(seen, position, -1);
}

/** A position of the master's, asked for when there were so many marks, covers all that was seen until then. */
export function settleAt(seen: Seen, position: bigint, marks: number): void {
  if (position > seen.position) seen.position = position;
  if (seen.marks === marks) seen.unsettled = undefined;
}

/** Whether what was seen narrows the choice: more than that the server which is kept anyway may not change. */
export function narrows({ position, unsettled }: Seen, kept: string | undefined): boolean {
  return position > 0n || (unsettled !== undefined && unsettled !== kept);
}

/** The slave's name of a server. */
export function slaveOf(server: string): string {
  return server.split('@', 1)[0]!;
}

function mark(seen: Seen, server: string): void {
  seen.others = movedBy(seen.others, { server });
  seen.unsettled = together(seen.unsettled, server);
  if (server !== ANYWHERE) seen.shown = together(seen.shown, server);
  seen.marks++;
}

function together(server: string | undefined, other: string): string {
  return server === undefined || server === other ? other : ANYWHERE;
}
