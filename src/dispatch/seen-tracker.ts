import type { Freshness } from '../freshness/freshness.js';
import type { Consistency } from '../context/consistency.js';
import { type Context, markWrote } from '../context/context.js';
import { see } from '../context/seen.js';
import type { Classification } from '../intent/intent.js';
import type { Decision } from '../routing/decision.js';
import type { Dispatched } from './dispatched.js';

/** What of a context's queries its client gets to see, and what that asks of the slave that serves it. */
export class SeenTracker {
  /** `reads`: undefined where positions can't be told; nothing counts as seen then. */
  constructor(private readonly reads: Freshness | undefined) {}

  /** A query that goes where it was decided. */
  dispatched(
    { engine, reason }: Decision,
    classification: Classification,
    context: Context,
    movable: boolean,
    consistency: Consistency,
  ): Dispatched {
    const { startedAt, role } = engine;
    const writes = role === 'master' && classification.intent !== 'read';
    const tracked = writes ? this.tracksWrites(context) : this.tracksReads(context, consistency);
    const isBounded = reason === 'balanced' && typeof consistency !== 'string';
    const deadline = isBounded ? this.reads?.deadline(consistency) : undefined;
    return { engine, role, classification, movable, context, tracked, startedAt, deadline };
  }

  /** What a transaction shows, and where its log stands, is known by these; undefined where it does not count. */
  ofTransaction(context: Context, consistency: Consistency, readOnly: boolean): Freshness | undefined {
    const isTracked = readOnly ? this.tracksReads(context, consistency) : this.tracksWrites(context);
    return isTracked ? this.reads : undefined;
  }

  /** From the moment it is sent a write may be there; what is only unproved counts as one. */
  sent({ role, classification, context }: Dispatched): void {
    if (role !== 'master' || classification.intent === 'read') return;
    markWrote(context);
    if (this.tracksWrites(context)) see(context.work.seen);
  }

  /** A query has ended, well or not, or a stream has begun. */
  shows({ engine, role, context, tracked, startedAt }: Dispatched): void {
    if (!tracked) return;
    const place = role === 'slave' ? engine.serverAt(startedAt ?? engine.startedAt) : undefined;
    see(context.work.seen, place);
  }

  /** A slave was chosen for a read, but its connection came too late, or is one to another run of the server. */
  isOutdated({ engine, role, context, startedAt, deadline, tracked }: Dispatched): boolean {
    if (role !== 'slave') return false;
    if (deadline !== undefined) return this.reads?.isPast(deadline) ?? false;
    if (!tracked || engine.startedAt === startedAt) return false;
    return startedAt !== undefined || context.work.seen.position > 0n;
  }

  /** Whoever writes, and however fresh the reads around it are to be, its client's next reads show it. */
  private tracksWrites(context: Context): boolean {
    return this.reads !== undefined && context.kind !== 'none';
  }

  /**
   * What a guard reads on the master is for the app to decide by, and counts as seen by nobody: else each request behind
   * a guard would have to wait for a slave to have all that the master has now.
   */
  private tracksReads(context: Context, consistency: Consistency): boolean {
    const isOfSession = consistency === 'session' || consistency === 'strong';
    return this.reads !== undefined && context.balanced && isOfSession;
  }
}
