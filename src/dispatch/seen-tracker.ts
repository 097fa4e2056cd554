import type { Consistency } from '../context/consistency.js';
import { type Context, markWrote } from '../context/context.js';
import { see } from '../context/seen.js';
import type { Freshness } from '../freshness/freshness.js';
import type { Decision } from '../routing/decision.js';
import type { Dispatched, DispatchedQuery } from './dispatched.js';

/** What of a context's queries its client gets to see, and what that asks of the slave that serves it. */
export class SeenTracker {
  private readonly freshness: Freshness | undefined;
  /** The same where what is seen counts. */
  private readonly tracked: Freshness | undefined;

  /** `freshness`: undefined where positions can't be told. `byPosition`: whether clients carry what they have seen as one. */
  constructor(freshness: Freshness | undefined, byPosition: boolean) {
    this.freshness = freshness;
    this.tracked = byPosition ? freshness : undefined;
  }

  /** A query that goes where it was decided. */
  dispatched(query: DispatchedQuery, { engine, reason }: Decision): Dispatched {
    const { classification, context, facts } = query;
    const { consistency } = facts;
    const { startedAt, role } = engine;
    const writes = role === 'master' && classification.intent !== 'read';
    const tracked = writes ? this.tracksWrites(context) : this.tracksReads(context, consistency);
    const isBounded = reason === 'balanced' && typeof consistency !== 'string';
    const deadline = isBounded ? this.freshness?.deadline(consistency) : undefined;
    return { query, engine, role, tracked, startedAt, deadline };
  }

  /** What a transaction shows, and where its log stands, is known by these; undefined where it does not count. */
  ofTransaction({ context, facts }: DispatchedQuery, readOnly: boolean): Freshness | undefined {
    const isTracked = readOnly ? this.tracksReads(context, facts.consistency) : this.tracksWrites(context);
    return isTracked ? this.tracked : undefined;
  }

  /** From the moment it is sent a write may be there; what is only unproved counts as one. */
  sent({ role, query: { classification, context } }: Dispatched): void {
    if (role !== 'master' || classification.intent === 'read') return;
    markWrote(context);
    if (this.tracksWrites(context)) see(context.work.seen);
  }

  /** A query has ended, well or not, or a stream has begun. */
  shows({ engine, role, query: { context }, tracked, startedAt }: Dispatched): void {
    if (!tracked) return;
    const server = role === 'slave' ? engine.serverAt(startedAt ?? engine.startedAt) : undefined;
    see(context.work.seen, server);
  }

  /** A slave was chosen for a read, but its connection came too late, or is one to another run of the server. */
  isOutdated({ engine, role, query: { context }, startedAt, deadline, tracked }: Dispatched): boolean {
    if (role !== 'slave') return false;
    const isSameRun = engine.startedAt === startedAt;
    if (deadline !== undefined) return !isSameRun || this.freshness!.isPast(deadline);
    if (!tracked || isSameRun) return false;
    return startedAt !== undefined || context.work.seen.position > 0n;
  }

  /** A client's next reads show what it has written, whatever wrote it, and however fresh the reads around it were to be. */
  private tracksWrites(context: Context): boolean {
    return this.tracked !== undefined && context.kind !== 'none';
  }

  /**
   * What a guard reads on the master is for the app to decide by, and no client has seen it: else each request behind a guard
   * would have to wait for a slave to have all that the master has now.
   */
  private tracksReads(context: Context, consistency: Consistency): boolean {
    const isForClient = consistency === 'session' || consistency === 'strong';
    return this.tracked !== undefined && context.balanced && isForClient;
  }
}
