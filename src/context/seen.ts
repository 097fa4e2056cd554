/** Something was seen on the master, or on more than one engine. */
export const ANYWHERE = '*';

/**
 * How far a client has seen. Two parts, since rows come without a position: what is known as a number, and the place where
 * more was seen since. While reads stay on that slave it can't go back; whoever leaves it must first settle, which takes a
 * position of the master's that is not before what was seen (FACTS 35).
 */
export interface Seen {
  /** A slave that has replayed this has all that is settled. 0n: nothing. */
  position: bigint;
  /** The place of the slave on which later things were seen, or `ANYWHERE`; undefined when all is in `position`. */
  unsettled: string | undefined;
  /** Counts what was seen, so that a position which was asked for earlier settles nothing that came in between. */
  marks: number;
}

export function nothingSeen(): Seen {
  return { position: 0n, unsettled: undefined, marks: 0 };
}

/** Something is seen at a place, a slave's; undefined: on the master, or nobody knows where. Two places are anywhere. */
export function see(seen: Seen, place: string = ANYWHERE): void {
  seen.unsettled = seen.unsettled === undefined || seen.unsettled === place ? place : ANYWHERE;
  seen.marks++;
}

/** A position of the master's, asked for when there were so many marks, covers all that was seen until then. */
export function settleAt(seen: Seen, position: bigint, marks: number): void {
  if (position > seen.position) seen.position = position;
  if (seen.marks === marks) seen.unsettled = undefined;
}

/** The slave's name of a place. */
export function slaveAt(place: string): string {
  return place.split('@', 1)[0]!;
}
