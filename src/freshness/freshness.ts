import type { Clock } from '../clock.js';
import type { Balancer } from '../balancer/balancer.js';
import type { Context } from '../context/context.js';
import { ANYWHERE, type Seen, settleAt, slaveOf } from '../context/seen.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { BoundedStaleness } from '../context/consistency.js';
import { MasterBehindError } from '../errors.js';
import type { HeardReplay } from './freshness-questions.js';
import type { MasterPosition, MasterPositions } from './master-positions.js';
import type { MasterVisibility } from './master-visibility.js';
import type { Bound, Position } from './position.js';
import type { SlaveReplay } from './slave-replay.js';

/** The slave that may serve, at once or after a wait; undefined: only the master may. */
export type FoundSlave = Engine | undefined | Promise<Engine | undefined>;

/** What freshness is put together from. */
export interface FreshnessParts {
  readonly engines: EngineRegistry;
  readonly balancer: Balancer;
  readonly master: MasterPositions;
  readonly visibility: MasterVisibility;
  readonly createReplay: (slave: Engine) => SlaveReplay;
  /** How long a read may wait for a slave, in ms. */
  readonly waitMs: number;
  readonly clock: Clock;
}

/**
 * Finds slaves that are fresh enough, by log position. Owned by one set of engines; what a client has seen is its
 * context's, positions are everyone's.
 */
export class Freshness {
  readonly master: MasterPositions;
  private readonly replays = new WeakMap<Engine, SlaveReplay>();
  private readonly engines: EngineRegistry;

  constructor(private readonly parts: FreshnessParts) {
    this.engines = parts.engines;
    this.master = parts.master;
  }

  /** A slave that shows everything that is seen; where it `stays`, the one that it was seen on before any other. */
  forClient(seen: Seen, kept: Engine | undefined, stays: boolean): FoundSlave {
    const home = kept ?? (stays ? this.slaveSeen(seen) : undefined);
    const isHere = seen.unsettled === undefined || seen.unsettled === home?.server;
    if (home && isHere && this.shows(home, seen.position)) return home;
    const { waitMs } = this.parts;
    if (seen.unsettled === undefined)
      return this.atLeast(seen.position, home) ?? this.reach(seen.position, home, waitMs);
    return home && isHere ? this.catchUpOrSettle(seen, home) : this.settleAndReach(seen, home, waitMs);
  }

  /**
   * A slave whose data is at most so old. A position that was asked for, and reached, within half of that leaves the other
   * half to the query's own way (`bound`).
   */
  within({ maxLagMs }: BoundedStaleness, kept: Engine | undefined): FoundSlave {
    const { latest } = this.master;
    if (latest && this.ageMs(latest) <= maxLagMs / 2)
      return this.atLeast(latest.position, kept) ?? this.reachWithin(latest, maxLagMs / 2, kept);
    return this.master.ask().then(
      (asked) => this.reachWithin(asked, maxLagMs / 2, kept),
      () => undefined, // without a sample no slave is known to be fresh enough
    );
  }

  /** What a query must find that was sent to a slave `within` just now, and until when. */
  bound({ maxLagMs }: BoundedStaleness): Bound | undefined {
    const { latest } = this.master;
    return latest && { position: latest.position, deadline: this.parts.clock.nowMs() + maxLagMs / 2 };
  }

  isPast(deadline: number): boolean {
    return this.parts.clock.nowMs() > deadline;
  }

  /** Turns what was seen on a server into a position that covers it. Rejects when the master can't be asked. */
  async settle(seen: Seen): Promise<void> {
    if (!this.isTold) throw new Error('The master does not tell its position');
    const { marks } = seen;
    const { position } = await this.master.ask();
    settleAt(seen, position, marks);
  }

  /** Before a context that has seen a slave's data reads from the master: resolves when the master shows it too. */
  async leaveSlave({ work: { seen } }: Context): Promise<void> {
    const { shown, marks } = seen;
    if (shown === undefined) return;
    const isAskable = ({ name, state }: Engine) =>
      state.kind !== 'down' && (shown === ANYWHERE || slaveOf(shown) === name); // a slave that is down would not answer in time
    const slaves = this.engines.slaves.filter(isAskable);
    try {
      await this.parts.visibility.catchUpWith(slaves);
    } catch (error) {
      if (error instanceof MasterBehindError) throw error;
      return; // the master can't be asked: the read itself will tell
    }
    if (seen.marks === marks) seen.shown = undefined;
  }

  /** Whether the context has seen anything on a slave that a read from the master must not fall behind. */
  hasSeenSlave({ work: { seen } }: Context): boolean {
    return seen.shown !== undefined;
  }

  /** A slave has said how far it is, to the one that asked. */
  heardSlave(slave: Engine, { lsn, started_at, walfile }: HeardReplay): void {
    if (lsn !== null) this.replayOf(slave).heard({ lsn, started_at, walfile });
  }

  /** Whether the master tells positions; where it does not, what clients have seen is kept by time. */
  get isTold(): boolean {
    return !this.master.isUntold;
  }

  private slaveSeen({ unsettled }: Seen): Engine | undefined {
    const slave = unsettled === undefined ? undefined : this.engines.find(slaveOf(unsettled));
    return slave && this.engines.mayBalance(slave) ? slave : undefined;
  }

  private shows(slave: Engine, position: Position): boolean {
    return position === 0n || this.replayOf(slave).known >= position;
  }

  /** What was seen on a slave it shows for ever; so it only has to replay what is settled. */
  private async catchUpOrSettle(seen: Seen, home: Engine): Promise<Engine | undefined> {
    const withinMs = this.parts.waitMs / 2;
    if (withinMs > 0 && (await this.replayOf(home).reach(seen.position, withinMs))) return home;
    return this.settleAndReach(seen, undefined, withinMs);
  }

  /** Where the master can't be asked, no slave is known to show it all. */
  private async settleAndReach(
    seen: Seen,
    kept: Engine | undefined,
    withinMs: number,
  ): Promise<Engine | undefined> {
    try {
      await this.settle(seen);
    } catch {
      return undefined;
    }
    return this.reach(seen.position, kept, withinMs);
  }

  private async reachWithin(
    asked: MasterPosition,
    withinMs: number,
    kept: Engine | undefined,
  ): Promise<Engine | undefined> {
    const leftMs = withinMs - this.ageMs(asked);
    return leftMs < 0 ? undefined : this.reach(asked.position, kept, Math.min(leftMs, this.parts.waitMs));
  }

  private ageMs({ askedAtMs }: MasterPosition): number {
    return this.parts.clock.nowMs() - askedAtMs;
  }

  /** One of the slaves that are known to have reached the position, as the balancer likes. */
  private atLeast(position: Position, kept: Engine | undefined): Engine | undefined {
    if (kept && this.shows(kept, position)) return kept;
    const eligible = this.engines.eligibleSlaves();
    const any = eligible.length > 0 ? this.parts.balancer.choose(eligible) : undefined;
    if (!any || this.shows(any, position)) return any; // nearly always, and then the others need not be looked at
    const reached = eligible.filter((slave) => this.shows(slave, position));
    return reached.length > 0 ? this.parts.balancer.choose(reached) : undefined;
  }

  /** The kept slave if it gets there in half of the time that is granted, else the first one that does in the rest. */
  private async reach(
    position: Position,
    kept: Engine | undefined,
    withinMs: number,
  ): Promise<Engine | undefined> {
    const there = this.atLeast(position, kept);
    if (there || withinMs <= 0) return there;
    const eachMs = kept ? withinMs / 2 : withinMs;
    if (kept && (await this.replayOf(kept).reach(position, eachMs))) return kept;
    return this.firstToReach(position, eachMs);
  }

  private async firstToReach(position: Position, withinMs: number): Promise<Engine | undefined> {
    const waits = this.engines.eligibleSlaves().map(async (slave) => {
      if (await this.replayOf(slave).reach(position, withinMs)) return slave;
      throw new Error(`${slave.name} is behind`);
    });
    return Promise.any(waits).catch(() => undefined);
  }

  replayOf(slave: Engine): SlaveReplay {
    let replay = this.replays.get(slave);
    if (!replay) {
      replay = this.parts.createReplay(slave);
      this.replays.set(slave, replay);
    }
    return replay;
  }
}
