import type { Consistency } from '../context/consistency.js';
import { type Context, markWrote } from '../context/context.js';
import { type Seen, see, seeSomewhere, witness } from '../context/seen.js';
import type { Engine, EngineRole } from '../engines/engine.js';
import type { Freshness } from '../freshness/freshness.js';
import type { Position } from '../freshness/position.js';
import type { Decision } from '../routing/decision.js';
import type { Dispatched, DispatchedQuery } from './dispatched.js';

/** Something is seen on a run of an engine's server, which a pooler hides. */
export function seeOn(engine: Engine, role: EngineRole, run: string | undefined, seen: Seen): void {
  if (role === 'slave' && run === undefined) seeSomewhere(seen);
  else see(seen, role === 'slave' ? engine.serverAt(run) : undefined);
}

/** What a server must prove: nothing, that it shows a position; or the read must go to another one. */
export type Demand = 'nothing' | 'another' | { readonly position: Position };

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
    const isChosen = reason === 'balanced' || reason === 'bookmark';
    const mustShow = isChosen && typeof consistency === 'string' && tracked;
    const isBounded = reason === 'balanced' && typeof consistency !== 'string';
    const deadline = isBounded ? this.freshness?.deadline(consistency) : undefined;
    return { query, engine, role, tracked, mustShow, startedAt, deadline };
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

  /** A query has ended, well or not, or a stream has begun, on a run of a server, which a pooler hides. */
  shows({ engine, role, query: { context }, tracked }: Dispatched, run: string | undefined): void {
    if (!tracked) return;
    seeOn(engine, role, run, context.work.seen);
  }

  /** The same where the server has said afterwards how far it had replayed. */
  witnessed({ query: { context }, tracked }: Dispatched, position: Position): void {
    if (tracked) witness(context.work.seen, position);
  }

  /**
   * The proof that a read on a slave needs from the server of the connection at hand: none, a position, or one that can't be
   * had there. Decided by the run of a server that the choice was made for.
   */
  demand({ engine, role, query, startedAt, deadline, tracked, mustShow }: Dispatched, run?: string): Demand {
    if (role !== 'slave') return 'nothing';
    const isSameRun = run !== undefined && run === startedAt;
    const isDirect = isSameRun && !engine.leadsAround;
    if (deadline !== undefined) return isDirect && !this.freshness!.isPast(deadline) ? 'nothing' : 'another';
    if (!tracked || isDirect) return 'nothing';
    if (!mustShow) return isSameRun || run === undefined || startedAt === undefined ? 'nothing' : 'another';
    const { unsettled, position } = query.context.work.seen;
    if (unsettled !== undefined && (run === undefined || unsettled !== engine.serverAt(run)))
      return 'another';
    const isShown = run !== undefined && this.freshness!.replayOf(engine).knownOn(run) >= position;
    return position === 0n || isShown ? 'nothing' : { position };
  }

  /** The server has proved it. */
  proved({ engine }: Dispatched, run: string | undefined, position: Position): void {
    if (run !== undefined) this.freshness?.replayOf(engine).proved(run, position);
  }

  /** Where what clients have seen counts. */
  get timeline(): number | undefined {
    return this.freshness?.master.latest?.epoch.timeline;
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
