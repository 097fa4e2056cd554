import type { Work } from '../context/context.js';
import type { Others } from '../context/others.js';
import { ANYWHERE, COVERED, type Seen, slaveOf } from '../context/seen.js';
import type { Bookmark } from './bookmark-codec.js';
import { SAME_NAME_MS } from './bookmark-cookies.js';

/**
 * How long after a bookmark was issued a response may rely on the server that it names, and tell its client nothing. A response
 * that goes later tells the same again.
 */
export const RELIED_ON_MS = 10_000;

/** Clocks of processes may differ by so much. */
const CLOCKS_DIFFER_MS = 5_000;

/** How much longer a client that has left that server asks: another bookmark may have come under the same name. */
const ASKS_LONGER_MS = SAME_NAME_MS + CLOCKS_DIFFER_MS;

/** For how long a client asks whose response goes on when its bookmark is issued, or has writes under way. */
export const LINGERS_MS = 60_000;

/**
 * What goes with a bookmark's position: the server where more was seen. A server that the client brought is kept as long as
 * reads may stay there: responses to its parallel requests that stay tell nothing new, and rely on the bookmark that this one
 * replaces. Where it was left they have seen, or will see, what nobody here knows of; until they can't rely on it any more
 * each request of the client asks the master how far it is.
 */
export function toCarry(
  { seen, slave }: Work,
  { nowMs, maxAgeMs }: { nowMs: number; maxAgeMs: number },
): Pick<Bookmark, 'unsettled' | 'asksUntilMs'> {
  const asksUntilMs = seen.asksUntilMs > nowMs ? seen.asksUntilMs : 0;
  if (seen.goesOn || seen.lingers) {
    const untilMs = nowMs + (seen.goesOn ? maxAgeMs : Math.min(LINGERS_MS, maxAgeMs));
    return { unsettled: ANYWHERE, asksUntilMs: Math.max(asksUntilMs, untilMs) };
  }
  const { brought, reliedUntilMs } = seen;
  const server = seen.unsettled ?? seen.shown;
  if (brought === undefined && seen.unsettled === undefined && server === ANYWHERE)
    return { unsettled: COVERED, asksUntilMs };
  if (brought === undefined || (reliedUntilMs === 0 && brought === ANYWHERE))
    return { unsettled: server, asksUntilMs };
  if (brought !== ANYWHERE && brought === server) return { unsettled: server, asksUntilMs };
  if (server === undefined && slaveOf(brought) === slave) return { unsettled: brought, asksUntilMs };
  const untilMs = reliedUntilMs + ASKS_LONGER_MS;
  return { unsettled: ANYWHERE, asksUntilMs: untilMs > nowMs ? Math.max(asksUntilMs, untilMs) : asksUntilMs };
}

/**
 * What goes with it for reads of other tables than were written: nothing where more of them was seen on a server that is not
 * told, since the position alone covers that.
 */
export function othersToCarry(
  { others, position }: Pick<Seen, 'others' | 'position'>,
  unsettled: string | undefined,
): Others | undefined {
  if (!others || unsettled === ANYWHERE || others.position >= position) return undefined;
  return others.unsettled === undefined || others.unsettled === unsettled ? others : undefined;
}
