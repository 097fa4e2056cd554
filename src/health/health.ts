import type { Clock } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { EngineWatcher } from '../engines/engine-watcher.js';
import { type EngineState, serves } from '../engines/engine-state.js';
import type { ResolvedFailoverOptions } from '../options/resolve-health-options.js';
import type { EngineFailure } from './engine-failure.js';
import type { EngineHealth } from './engine-health.js';
import type { EngineWaiters, Judge } from './judge.js';
import { troubleOf } from './missing-grant.js';
import type { Monitor } from './monitor.js';

/** What was heard so long ago still counts when a connection to the master is made. */
const FRESH_MS = 1_000;

/** What health is put together from. */
export interface HealthParts {
  readonly engines: EngineRegistry;
  readonly judge: Judge;
  readonly monitor: Monitor;
  readonly waiters: EngineWaiters;
  readonly failover: ResolvedFailoverOptions;
  /** `health.timeoutMs`. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** How the engines of one set are doing, for those who use them: what they may ask, wait for, and tell. */
export class Health implements EngineWatcher {
  /** The newest timeline that a client has seen beyond the master's, and when that was heard. */
  private doubted = 0;
  private doubtedAtMs = -Infinity;

  constructor(private readonly parts: HealthParts) {
    for (const engine of parts.engines.all()) this.joined(engine);
    parts.engines.watch(this);
    parts.monitor.listen(parts.judge);
  }

  joined(engine: Engine): void {
    engine.confirmRole = () => this.confirmMaster();
    this.parts.judge.joined(engine);
  }

  left(engine: Engine): void {
    this.parts.judge.left(engine);
  }

  changed(engine: Engine, from: EngineState): void {
    this.parts.judge.changed(engine, from);
  }

  of(engine: Engine): EngineHealth | undefined {
    return this.parts.judge.of(engine);
  }

  /** Two servers claim to be the master, and nobody can tell which of them is right. */
  get isContested(): boolean {
    return this.parts.judge.isContested;
  }

  /** Whether somebody has used an engine of late. */
  get isUsed(): boolean {
    return this.parts.monitor.isAwake;
  }

  /** Somebody is about to use an engine: what is known of them is kept fresh for a while. */
  need(): void {
    this.parts.monitor.need();
  }

  start(): void {
    const { waiters, monitor } = this.parts;
    for (const one of Object.values(waiters)) one.open();
    monitor.start();
  }

  /** Asks no engine any more; those who wait are told that there was nothing. */
  stop(): void {
    const { waiters, monitor } = this.parts;
    monitor.stop();
    for (const one of Object.values(waiters)) one.close();
  }

  /** Resolves when each engine was asked once, whether it answered or not; at once where they were. */
  async asked(): Promise<void> {
    this.need();
    await this.askThose(({ isKnown }) => !isKnown);
  }

  /**
   * A query has found out. A slave that refuses is out of rotation at once. One whose connection has ended under a query is
   * asked first, by `runAfter`.
   */
  queryFailed(engine: Engine, failure: EngineFailure, error: unknown): void {
    if (failure === 'conflict') return;
    if (failure === 'broken' || failure === 'ended') return void this.runAfter(engine, error);
    if (failure !== 'busy') this.isOut(engine, error);
    void this.parts.monitor.ask(engine);
  }

  /**
   * A connection has ended under a query: which run of the engine's server takes new ones. Undefined: none does, and a slave is
   * out of rotation. Never rejects.
   */
  async runAfter(engine: Engine, error: unknown): Promise<string | undefined> {
    const isAsked = engine.role === 'master' || serves(engine.state); // a slave that is out would only keep the query waiting
    const run = isAsked ? await this.of(engine)?.run() : undefined;
    if (run === undefined) this.isOut(engine, error);
    void this.parts.monitor.ask(engine);
    return run;
  }

  private isOut(engine: Engine, error: unknown): void {
    if (engine.role === 'slave' && serves(engine.state))
      this.of(engine)?.failed(troubleOf(engine, error), this.parts.clock.nowMs());
  }

  /** Whether the master answers again, or another one was promoted, within `failover.waitMs`. */
  masterReturns(): Promise<boolean> {
    const { engines, waiters, monitor, failover } = this.parts;
    if (!engines.balancing) return Promise.resolve(false);
    const returned = waiters.master.wait(failover.waitMs);
    monitor.need();
    monitor.askAll();
    return returned;
  }

  /** Whether a slave may serve again within the time. */
  slaveReturns(withinMs: number): Promise<boolean> {
    return this.parts.waiters.slave.wait(withinMs);
  }

  /** Resolves when first answers have told enough, after `health.timeoutMs` at the latest. */
  async firstAnswers(areEnough: () => boolean): Promise<void> {
    const { clock, timeoutMs, waiters } = this.parts;
    this.need();
    const untilMs = clock.nowMs() + timeoutMs;
    for (let leftMs = timeoutMs; leftMs > 0 && !areEnough(); leftMs = untilMs - clock.nowMs())
      await waiters.first.wait(leftMs);
  }

  /**
   * Resolves when all engines were asked a moment ago: a master that a new connection is made to could have been replaced
   * while it was away, or before this process began. Resolves to false where nobody is followed anyway.
   */
  async confirmMaster(): Promise<boolean> {
    const { engines, failover, clock } = this.parts;
    if (!failover.enabled || !engines.balancing) return false;
    this.need();
    const since = Math.max(clock.nowMs() - FRESH_MS, this.doubtedAtMs);
    await this.askThose(({ askedAtMs }) => askedAtMs < since);
    return true;
  }

  /**
   * A client brought a signed bookmark of a newer timeline than the master's: a slave was promoted that this process does not
   * know of. All engines are asked before the master is believed again; once for each such timeline.
   */
  heardOfTimeline(timeline: number): void {
    const { engines, monitor, clock } = this.parts;
    if (timeline <= this.doubted) return;
    this.doubted = timeline;
    this.doubtedAtMs = clock.nowMs();
    engines.master.outdate();
    monitor.need();
    monitor.askAll();
  }

  private async askThose(which: (health: EngineHealth) => boolean): Promise<void> {
    const { judge, monitor } = this.parts;
    await Promise.all(judge.all.filter(which).map(({ engine }) => monitor.ask(engine)));
  }
}
