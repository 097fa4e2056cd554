import type { Consistency } from '../context/consistency.js';
import { type Context, countWriting, markWrote, markWroteKnown } from '../context/context.js';
import { type Seen, see, seeSomewhere, seenOf, witness, writeTables } from '../context/seen.js';
import type { Engine, EngineRole } from '../engines/engine.js';
import type { Freshness } from '../freshness/freshness.js';
import type { Position } from '../freshness/position.js';
import type { WriteFinder } from '../intent/write-finder.js';
import type { KnexConnection } from '../knex-internals.js';
import type { Decision } from '../routing/decision.js';
import type { Dispatched, DispatchedQuery } from './dispatched.js';
import type { MissedGuards } from './missed-guards.js';

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
  constructor(
    freshness: Freshness | undefined,
    byPosition: boolean,
    private readonly misses: MissedGuards,
    private readonly writes: Pick<WriteFinder, 'written'> | undefined,
  ) {
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
    const isBounded = reason === 'balanced' && typeof consistency !== 'string';
    const bound = isBounded ? this.freshness?.bound(consistency) : undefined;
    const touches = writes && tracked && reason !== 'transaction' ? this.touchedBy(query) : undefined;
    return { query, engine, role, tracked, touches, isChosen, startedAt, bound };
  }

  /** What a transaction shows, and where its log stands, is known by these; undefined where it does not count. */
  ofTransaction({ context, facts }: DispatchedQuery, readOnly: boolean): Freshness | undefined {
    const isTracked = readOnly ? this.tracksReads(context, facts.consistency) : this.tracksWrites(context);
    return isTracked ? this.tracked : undefined;
  }

  /** From the moment it is sent a write may be there; what is only unproved counts as one. */
  sent({ role, touches, query: { classification, context } }: Dispatched): void {
    if (role !== 'master' || classification.intent === 'read') return;
    if (touches) {
      markWroteKnown(context);
      return writeTables(context.work.seen, touches);
    }
    markWrote(context);
    if (this.tracksWrites(context)) see(context.work.seen);
  }

  /** Whether a query begins that may write, and is counted until it has ended. */
  begins({ role, query: { classification, context } }: Dispatched): boolean {
    if (role !== 'master' || classification.intent === 'read') return false;
    countWriting(context, 1);
    return true;
  }

  hasEnded({ query: { context } }: Dispatched): void {
    countWriting(context, -1);
  }

  /** A query has ended, well or not, or a stream has begun, on a run of a server, which a pooler hides. */
  shows({ engine, role, query: { context }, tracked, touches }: Dispatched, run: string | undefined): void {
    if (!tracked) return;
    if (touches) return writeTables(context.work.seen, touches);
    seeOn(engine, role, run, context.work.seen);
  }

  /** A write has failed: what its error tells of is seen, such as a row that is there already. */
  failed({ touches, query: { context } }: Dispatched): void {
    if (touches) see(context.work.seen);
  }

  /** The same where the server has said afterwards how far it had replayed. */
  witnessed({ query: { context }, tracked }: Dispatched, position: Position): void {
    if (tracked) witness(context.work.seen, position);
  }

  /**
   * The proof that a read on a slave needs from the server of the connection at hand: none, a position, or one that can't be
   * had there. Decided by the run of a server that the choice was made for.
   */
  demand({ engine, role, query, startedAt, bound, tracked, isChosen }: Dispatched, run?: string): Demand {
    if (role !== 'slave') return 'nothing';
    const isSameRun = run !== undefined && run === startedAt;
    const isDirect = isSameRun && !engine.leadsAround;
    if (bound && this.freshness!.isPast(bound.deadline)) return 'another';
    if (isDirect) return 'nothing';
    if (isChosen && run !== undefined && engine.servers.avoided.has(run)) return 'another';
    if (bound) return this.proofOf(bound.position, engine, run);
    if (!tracked) return 'nothing';
    if (!isChosen) return isSameRun || run === undefined || startedAt === undefined ? 'nothing' : 'another';
    const { unsettled, position } = seenOf(query.context.work.seen, query.facts.reads);
    if (unsettled !== undefined && (run === undefined || unsettled !== engine.serverAt(run)))
      return 'another';
    return this.proofOf(position, engine, run);
  }

  /**
   * Whether a transaction may begin on a connection: its server is known to show what it must, or says so now. Through a pooler
   * the next statement may reach another one.
   */
  async mayBegin(dispatched: Dispatched, connection: KnexConnection): Promise<boolean> {
    const { engine } = dispatched;
    const run = engine.runOf(connection);
    const demand = this.demand(dispatched, run);
    if (demand === 'nothing' || demand === 'another' || run === undefined) return demand === 'nothing';
    await this.freshness!.replayOf(engine).askOn(connection);
    return this.demand(dispatched, run) === 'nothing';
  }

  /** The server has proved that it shows a position; a pooler hides which server. */
  proved({ engine }: Dispatched, run: string | undefined, position: Position): void {
    this.freshness?.replayOf(engine).proved(run, position);
  }

  /** Not where positions are not told: then by time nobody knows what shows it. */
  private touchedBy({ facts: { builder } }: DispatchedQuery): readonly string[] | undefined {
    return builder && this.tracked?.isTold ? this.writes?.written(builder) : undefined;
  }

  private proofOf(position: Position, engine: Engine, run: string | undefined): Demand {
    const isShown = run !== undefined && this.freshness!.replayOf(engine).knownOn(run) >= position;
    if (position === 0n || isShown) return 'nothing';
    return this.misses.areTooMany(engine) ? 'another' : { position };
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
