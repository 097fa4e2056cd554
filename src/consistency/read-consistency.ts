import type { Balancer } from '../balancer/balancer.js';
import type { Context } from '../context/context.js';
import { ANYWHERE, type Seen, settleAt, slaveAt } from '../context/seen.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { BoundedStaleness } from '../context/consistency.js';
import { MasterPositions } from './master-positions.js';
import type { Position } from './position.js';
import { RefreshLoop } from './refresh-loop.js';
import { SlaveReplay } from './slave-replay.js';
import { visibleOnMaster } from './visible-on-master.js';

/** The slave that may serve, at once or after a wait; undefined: only the master may. */
export type FoundSlave = Engine | undefined | Promise<Engine | undefined>;

/**
 * Finds slaves that are fresh enough, by log position. Owned by one set of engines; what a client has seen is its
 * context's, positions are everyone's.
 */
export class ReadConsistency {
  readonly master: MasterPositions;
  private readonly replays = new Map<Engine, SlaveReplay>();
  private readonly refreshing: RefreshLoop;

  constructor(
    private readonly engines: EngineRegistry,
    private readonly balancer: Balancer,
    private readonly waitMs: number,
    private readonly nowMs: () => number,
  ) {
    this.master = new MasterPositions(() => engines.master.probes, nowMs);
    this.refreshing = new RefreshLoop(() => this.refresh(), nowMs);
  }

  /** A slave that shows everything the context has seen; where it `stays`, the one that it has seen before any other. */
  inSession({ work: { seen } }: Context, kept: Engine | undefined, stays: boolean): FoundSlave {
    const home = kept ?? (stays ? this.slaveSeen(seen) : undefined);
    if (home && this.mayStay(seen, home)) return home;
    this.refreshing.need();
    if (seen.unsettled !== undefined) return this.settleAndReach(seen, home);
    return this.atLeast(seen.position, home) ?? this.reach(seen.position, home);
  }

  /** A slave whose data is at most so old. A sample that is half as old leaves the other half to the query's own way. */
  within({ maxLagMs }: BoundedStaleness, kept: Engine | undefined): FoundSlave {
    this.refreshing.need();
    const { latest } = this.master;
    if (latest && this.nowMs() - latest.askedAtMs <= maxLagMs / 2) {
      return this.atLeast(latest.position, kept) ?? this.reach(latest.position, kept);
    }
    return this.master.ask().then(
      ({ position }) => this.reach(position, kept),
      () => undefined, // without a sample no slave is known to be fresh enough
    );
  }

  /** Turns what was seen at a place into a position that covers it. Rejects when the master can't be asked. */
  async settle(seen: Seen): Promise<void> {
    const { marks } = seen;
    const { position } = await this.master.ask();
    settleAt(seen, position, marks);
  }

  /** Before a context that has seen a slave's data reads from the master: resolves when the master shows it too. */
  async leaveSlave({ work: { seen } }: Context): Promise<void> {
    const slave = this.slaveSeen(seen);
    if (slave) await visibleOnMaster(this.engines.master.probes, slave.probes, this.nowMs);
  }

  /** Whether the context has seen anything on a slave that a read from the master must not fall behind. */
  hasSeenSlave({ work: { seen } }: Context): boolean {
    return seen.unsettled !== undefined && seen.unsettled !== ANYWHERE;
  }

  start(): void {
    this.refreshing.start();
  }

  stop(): void {
    this.refreshing.stop();
  }

  /** Asks everyone once; keeps what is known fresh while somebody needs it. Never rejects. */
  private async refresh(): Promise<void> {
    const slaves = this.engines.eligibleSlaves().map((slave) => this.replayOf(slave).probe());
    await Promise.allSettled([this.master.ask(), ...slaves]);
  }

  private slaveSeen({ unsettled }: Seen): Engine | undefined {
    return unsettled === undefined ? undefined : this.engines.find(slaveAt(unsettled));
  }

  /** A slave never goes behind what it has shown; and what is settled it must have replayed. */
  private mayStay(seen: Seen, slave: Engine): boolean {
    const here = seen.unsettled === undefined || seen.unsettled === slave.place;
    return here && (seen.position === 0n || this.replayOf(slave).known >= seen.position);
  }

  /** Where the master can't be asked, no slave is known to show it all. */
  private async settleAndReach(seen: Seen, kept: Engine | undefined): Promise<Engine | undefined> {
    try {
      await this.settle(seen);
    } catch {
      return undefined;
    }
    return this.reach(seen.position, kept);
  }

  /** One of the slaves that are known to have reached the position, as the balancer likes. */
  private atLeast(position: Position, kept: Engine | undefined): Engine | undefined {
    if (kept && this.replayOf(kept).known >= position) return kept;
    const eligible = this.engines.eligibleSlaves();
    const reached =
      position === 0n ? eligible : eligible.filter((slave) => this.replayOf(slave).known >= position);
    return reached.length > 0 ? this.balancer.choose(reached) : undefined;
  }

  /** The kept slave if it gets there in half of the time that is granted, else the first one that does in the rest. */
  private async reach(position: Position, kept: Engine | undefined): Promise<Engine | undefined> {
    const there = this.atLeast(position, kept);
    if (there || this.waitMs === 0) return there;
    const withinMs = kept ? this.waitMs / 2 : this.waitMs;
    if (kept && (await this.replayOf(kept).reach(position, withinMs))) return kept;
    return this.firstToReach(position, withinMs);
  }

  private async firstToReach(position: Position, withinMs: number): Promise<Engine | undefined> {
    const waits = this.engines.eligibleSlaves().map(async (slave) => {
      if (await this.replayOf(slave).reach(position, withinMs)) return slave;
      throw new Error(`${slave.name} is behind`);
    });
    return Promise.any(waits).catch(() => undefined);
  }

  private replayOf(slave: Engine): SlaveReplay {
    let replay = this.replays.get(slave);
    if (!replay) this.replays.set(slave, (replay = new SlaveReplay(slave)));
    return replay;
  }
}
