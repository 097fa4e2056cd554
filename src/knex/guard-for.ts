import type { Dispatched } from '../dispatch/dispatched.js';
import type { Demand, SeenTracker } from '../dispatch/seen-tracker.js';
import type { KnexConnection } from '../knex-internals.js';
import { Guard, masterGuard } from './guard.js';

/** The slave that a read was meant for runs anew, or its connection came too late; the read was not sent. */
export class OutdatedSlaveError extends Error {}

/**
 * What proves, on a connection, that its server shows what was seen; undefined where that is known. Where a pooler stands between it
 * also keeps the server from writing, without a trace on its connection. `isBound`: the connection was given by the caller.
 */
export function guardFor(
  dispatched: Dispatched,
  connection: KnexConnection,
  isBound: boolean,
  tracker: SeenTracker,
): Guard | undefined {
  const { role, engine, query } = dispatched;
  if (role === 'master') return isBound ? undefined : masterGuard(dispatched, connection);
  const rests = query.movable ? query.classification.rests : undefined;
  const demand = demandOn(dispatched, connection, tracker);
  if (typeof demand === 'object') {
    const { timeline } = tracker;
    if (timeline === undefined || !Guard.canStandOn(connection)) throw new OutdatedSlaveError();
    return new Guard({ ...demand, timeline }, rests);
  }
  const isPooled = engine.leadsAround && engine.isPooled(connection);
  if (isPooled && !isBound) return new Guard(undefined, rests);
  return rests && Guard.canStandOn(connection) ? new Guard(undefined, rests, false) : undefined;
}

/**
 * Asked once the connection is there: it may lead to a server that is behind what was seen, and not to the one for which the
 * engine was chosen. Throws `OutdatedSlaveError` where that can't be proved to be harmless.
 */
function demandOn(
  dispatched: Dispatched,
  connection: KnexConnection,
  tracker: SeenTracker,
): Exclude<Demand, 'another'> {
  const { engine, query, role } = dispatched;
  if (!query.movable || role !== 'slave') return 'nothing';
  const demand = tracker.demand(dispatched, engine.runOf(connection));
  if (demand === 'another') throw new OutdatedSlaveError();
  return demand;
}
