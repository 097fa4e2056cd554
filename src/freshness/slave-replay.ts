import { LRUCache } from 'lru-cache';
import { type Clock, idle, pause } from '../clock.js';
import { askServers } from '../engines/ask-servers.js';
import { outsideContexts } from '../context/context-storage.js';
import type { Engine } from '../engines/engine.js';
import type { KnexConnection } from '../knex-internals.js';
import type { FreshnessQuestions, ReplayRow } from './freshness-questions.js';
import { type Epoch, type Position, START, laterOf, parsePosition, timelineOf } from './position.js';

interface Waiter {
  readonly target: Position;
  readonly leave: (reached: boolean) => void;
}

/** A slave that was waited for in vain, until it gets there. */
interface Miss {
  readonly target: Position;
  readonly sinceMs: number;
  /** Until when others are spared the wait. */
  readonly untilMs: number;
  neededAtMs: number;
}

/** Servers that one name leads to, and their runs; one that is not remembered has to prove what it shows. */
const MOST_RUNS = 100;

/** The first pause between two probes of a slave; each is twice as long as the one before. */
const PAUSE_MS = 1;

/** The longest one, while somebody waits: a fleet of processes asks its slaves no more often than that for each that waits. */
const LONGEST_PAUSE_MS = 4;

/** The same while the slave is too far behind to be waited for. */
const LONGEST_FAR_PAUSE_MS = 50;

/** A read that comes later than this after the others waits again. */
const FOLLOWED_FOR_MS = 1_000;

/**
 * How far one slave has replayed, as last heard: a lower bound, so it proves. One probe at a time serves all
 * who wait for the slave.
 */
export class SlaveReplay {
  private readonly byRun = new LRUCache<string, Position>({ max: MOST_RUNS });
  private furthest: Position = START;
  private readonly waiters = new Set<Waiter>();
  private probing: Promise<void> | undefined;
  private pauseMs = PAUSE_MS;
  private miss: Miss | undefined;

  constructor(
    private readonly slave: Engine,
    /** The master's, as far as it is known. */
    private readonly epoch: () => Epoch | undefined,
    private readonly questions: Pick<FreshnessQuestions, 'replay' | 'replayOn'>,
    private readonly clock: Clock,
  ) {}

  /**
   * Nothing is known of a server that was started anew: it may be behind where it was. Of a name that leads to several servers
   * it is what one of them has reached, which proves nothing of the next: there `knownOn` tells, or each read has a guard.
   */
  get known(): Position {
    const { startedAt, leadsAround } = this.slave;
    if (leadsAround) return this.furthest;
    return startedAt === undefined ? START : this.knownOn(startedAt);
  }

  /** The same of one run of a server. */
  knownOn(run: string): Position {
    return this.byRun.get(run) ?? START;
  }

  /** Whether the slave reaches the target within the time; false as soon as it can't be asked or is too far behind. */
  reach(target: Position, withinMs: number): Promise<boolean> {
    if (this.known >= target) return Promise.resolve(true);
    return this.isTooFarBehind(target, withinMs) ? Promise.resolve(false) : this.wait(target, withinMs);
  }

  /** Asks once, and on until nobody waits any more. Never rejects. */
  probe(): Promise<void> {
    return (this.probing ??= outsideContexts(() => this.probeWhileWaited()));
  }

  /** It is not even where somebody has waited for it in vain, for twice as long as this one would. */
  private isTooFarBehind(target: Position, withinMs: number): boolean {
    const { miss } = this;
    const nowMs = this.clock.nowMs();
    if (!miss || target < miss.target) return false;
    miss.neededAtMs = nowMs;
    return nowMs - miss.sinceMs >= 2 * withinMs && nowMs < miss.untilMs;
  }

  private wait(target: Position, withinMs: number): Promise<boolean> {
    const sinceMs = this.clock.nowMs();
    return new Promise((resolve) => {
      const timer = this.clock.after(withinMs, () => {
        const reached = this.known >= target;
        if (!reached) this.noteMiss(target, sinceMs);
        waiter.leave(reached);
      });
      const waiter: Waiter = {
        target,
        leave: (reached) => {
          timer.cancel();
          this.waiters.delete(waiter);
          resolve(reached);
        },
      };
      this.waiters.add(waiter);
      this.pauseMs = PAUSE_MS;
      void this.probe();
    });
  }

  /** A read that comes next is spared the wait as long again as the slave has been behind. */
  private noteMiss(target: Position, waitedSinceMs: number): void {
    const { miss } = this;
    const neededAtMs = this.clock.nowMs();
    const sinceMs = Math.min(waitedSinceMs, miss?.sinceMs ?? waitedSinceMs);
    const lowest = miss && miss.target < target ? miss.target : target;
    this.miss = { target: lowest, sinceMs, untilMs: neededAtMs + (neededAtMs - sinceMs), neededAtMs };
    if (!miss) void outsideContexts(() => this.follow());
  }

  /** Probes the slave until it gets there, can't be asked, or nobody has asked for a while. */
  private async follow(): Promise<void> {
    for (let pauseMs = PAUSE_MS; this.miss; pauseMs = Math.min(pauseMs * 2, LONGEST_FAR_PAUSE_MS)) {
      await idle(this.clock, pauseMs);
      await this.probe();
      if (this.miss && this.isOver(this.miss)) this.miss = undefined;
    }
  }

  private isOver({ target, neededAtMs }: Miss): boolean {
    return this.known >= target || this.clock.nowMs() - neededAtMs > FOLLOWED_FOR_MS;
  }

  private async probeWhileWaited(): Promise<void> {
    for (this.pauseMs = PAUSE_MS; ; this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS)) {
      const answered = await this.ask();
      if (!answered) this.miss = undefined;
      for (const waiter of this.waiters) {
        if (!answered || this.known >= waiter.target) waiter.leave(this.known >= waiter.target);
      }
      if (this.waiters.size === 0) {
        this.probing = undefined; // now, not later: a read that comes next must not rely on this round
        return;
      }
      await pause(this.clock, this.pauseMs);
    }
  }

  /** Asks the server of that connection. Never rejects. */
  async askOn(connection: KnexConnection): Promise<void> {
    await this.questions.replayOn(connection).then(
      (answer) => this.heard(answer),
      () => undefined, // what is to run on it next will fail as well
    );
  }

  private async ask(): Promise<boolean> {
    try {
      const answers = await askServers(this.slave, () => this.questions.replay(this.slave));
      for (const answer of answers) this.heard(answer);
      return true;
    } catch {
      return false; // the engine's state is health's to tell; here it is a slave that has not reached the target
    }
  }

  /** An answer counts for the run of the server that gave it, which need not be the one that is known by now. */
  heard({ lsn, started_at, walfile }: ReplayRow): void {
    const isForeign = walfile !== null && timelineOf(walfile) !== this.epoch()?.timeline;
    if (isForeign) this.forget(started_at);
    else this.proved(started_at, parsePosition(lsn));
  }

  /** A server has shown that it is there; which one, a pooler hides. */
  proved(run: string | undefined, position: Position): void {
    if (run !== undefined) this.byRun.set(run, laterOf(this.knownOn(run), position));
    this.furthest = laterOf(this.furthest, position);
  }

  private forget(run: string): void {
    this.byRun.delete(run);
    this.furthest = START;
  }
}
