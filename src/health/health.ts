import { parsePosition } from '../consistency/position.js';
import type { ReadConsistency } from '../consistency/read-consistency.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry, EngineWatcher } from '../engines/engine-registry.js';
import type { EngineState } from '../engines/engine-state.js';
import type { ResolvedFailoverOptions, ResolvedHealthOptions } from '../options/resolve-health-options.js';
import { EngineHealth, type Fault } from './engine-health.js';
import type { EngineFailure } from './engine-failure.js';
import { type ProbeRow, probe } from './engine-probe.js';
import { LagMeter } from './lag-meter.js';
import { MasterElection } from './master-election.js';
import { ProbeLoop } from './probe-loop.js';
import { ReturnGate } from './return-gate.js';
import { type Surroundings, faultOfMaster, faultOfSlave, isInDoubt } from './slave-fault.js';
import { Waiters } from './waiters.js';

/** What health tells of, each time. */
export interface HealthListener {
  engineChanged(engine: Engine, from: EngineState): void;
  masterChanged(from: Engine, to: Engine): void;
}

const IDLE_MS = 5_000;
const IDLE_AFTER_MS = 10_000;
/** While there is no master, all engines are asked for one that was promoted. */
const URGENT_MS = 100;
/** Timers that fire so late say that this process was too busy to hear the answer. */
const BUSY_MS = 250;

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 30_000;

/**
 * Watches the engines of one set, and writes how they are doing where the next decision reads it: the registry. One loop an
 * engine, so that one which does not answer keeps nobody else waiting.
 */
export class Health implements EngineWatcher {
  private readonly healths = new Map<Engine, EngineHealth>();
  private readonly loops = new Map<Engine, ProbeLoop>();
  private readonly lag = new LagMeter();
  private readonly masterWaiters = new Waiters();
  private readonly slaveWaiters = new Waiters();
  private readonly roundWaiters = new Waiters();
  private readonly election = new MasterElection();
  private isAsleep = true;
  private stopped = false;
  private wanted = false;
  private wantedAtMs = -Infinity;

  constructor(
    private readonly engines: EngineRegistry,
    private readonly reads: ReadConsistency | undefined,
    private readonly options: ResolvedHealthOptions,
    private readonly failover: ResolvedFailoverOptions,
    private readonly listener: HealthListener,
    private readonly nowMs: () => number,
    private readonly random: () => number = Math.random,
  ) {
    for (const engine of engines.all()) this.joined(engine);
    engines.watch(this);
  }

  joined(engine: Engine): void {
    const gate = new ReturnGate(FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS, this.random);
    const health = new EngineHealth(engine, gate, this.options.slowStartMs, (of, state) =>
      this.setState(of, state),
    );
    const loop = new ProbeLoop(() => this.round(health));
    this.healths.set(engine, health);
    this.loops.set(engine, loop);
    if (!this.isAsleep) loop.start();
  }

  left(engine: Engine): void {
    this.loops.get(engine)?.stop();
    this.loops.delete(engine);
    this.healths.delete(engine);
  }

  of(engine: Engine): EngineHealth | undefined {
    return this.healths.get(engine);
  }

  /** Somebody is about to use an engine: what is known of them is kept fresh for a while. */
  need(): void {
    this.wanted = true;
    if (this.isAsleep) this.wake();
  }

  /** Resolves when each engine was asked once, whether it answered or not; at once where they were. */
  async asked(): Promise<void> {
    while (!this.stopped && [...this.healths.values()].some(({ isKnown }) => !isKnown)) {
      this.need();
      await this.roundWaiters.wait(this.options.timeoutMs);
    }
  }

  /** A query has found out. What the engine is to blame for takes a slave out of rotation at once. */
  queryFailed(engine: Engine, failure: EngineFailure, error: unknown): void {
    if (failure === 'conflict') return;
    if (engine.role === 'slave' && failure !== 'busy')
      this.healths.get(engine)?.failed(messageOf(error), this.nowMs());
    this.loops.get(engine)?.now();
  }

  /** Whether the master answers again, or another one was promoted, within `failover.waitMs`. */
  masterReturns(): Promise<boolean> {
    if (this.stopped || !this.engines.balancing) return Promise.resolve(false);
    const returned = this.masterWaiters.wait(this.failover.waitMs);
    this.askAll();
    return returned;
  }

  /** Whether a slave may serve again within the time. */
  slaveReturns(withinMs: number): Promise<boolean> {
    return this.slaveWaiters.wait(withinMs);
  }

  /** Two servers claim to be the master, and nobody can tell which of them is right. */
  get isContested(): boolean {
    return this.election.isContested;
  }

  start(): void {
    this.stopped = false;
  }

  /** Asks nobody any more; whoever waits is told that there was nothing. */
  stop(): void {
    this.stopped = true;
    this.isAsleep = true;
    for (const loop of this.loops.values()) loop.stop();
    this.masterWaiters.release(false);
    this.slaveWaiters.release(false);
    this.roundWaiters.release(false);
  }

  private wake(): void {
    if (this.stopped) return;
    this.isAsleep = false;
    for (const loop of this.loops.values()) loop.start();
    this.askAll();
  }

  private askAll(): void {
    for (const loop of this.loops.values()) loop.now();
  }

  /** Never rejects. Resolves to the time until the next round. */
  private async round(health: EngineHealth): Promise<number> {
    const askedAtMs = this.nowMs();
    try {
      const answer = await probe(health.engine, this.options.timeoutMs);
      this.heard(health, answer, askedAtMs);
    } catch (error) {
      if (this.nowMs() - askedAtMs > this.options.timeoutMs + BUSY_MS) return 0;
      this.notHeard(health, error, askedAtMs);
    }
    this.roundWaiters.release(true);
    return this.pauseMs(health);
  }

  private heard(health: EngineHealth, answer: ProbeRow, askedAtMs: number): void {
    const { engine } = health;
    const nowMs = this.nowMs();
    health.answered(answer, askedAtMs, nowMs - askedAtMs);
    engine.startedAt = answer.started_at;
    this.settleMaster();
    if (engine === this.engines.master) this.heardMaster(answer, askedAtMs);
    else this.reads?.heardSlave(engine, answer);
    this.measure(health, answer);
    health.judge(this.faultOf(health, answer), nowMs);
    if (engine === this.engines.master && engine.state.kind === 'up') this.masterWaiters.release(true);
  }

  private heardMaster(answer: ProbeRow, askedAtMs: number): void {
    if (answer.in_recovery) return;
    this.election.heard(answer);
    this.reads?.master.heard(answer, askedAtMs);
    if (this.reads?.master.latest) this.lag.note(this.reads.master.latest.position, askedAtMs);
  }

  private measure(health: EngineHealth, { in_recovery: inRecovery, lsn, replayed_ms: age }: ProbeRow): void {
    const replayedMs = age === null ? undefined : Number(age);
    health.lag = inRecovery ? this.lag.lagOf(parsePosition(lsn), replayedMs, this.nowMs()) : undefined;
  }

  private faultOf(health: EngineHealth, answer: ProbeRow): Fault | undefined {
    if (health.engine === this.engines.master) return faultOfMaster(answer);
    return faultOfSlave(health, answer, this.around(health));
  }

  private around(health: EngineHealth): Surroundings {
    const { system, timeline } = this.election;
    const others = [...this.healths.values()].filter(
      (other) => other !== health && other.answer && other.engine.state.kind !== 'slow',
    );
    return { system, timeline, masterRun: this.engines.master.startedAt, others, options: this.options };
  }

  private notHeard(health: EngineHealth, error: unknown, askedAtMs: number): void {
    health.asked(askedAtMs);
    const timedOut = (error as { name?: unknown }).name === 'KnexTimeoutError';
    health.failed(
      timedOut ? `no answer within ${this.options.timeoutMs} ms` : messageOf(error),
      this.nowMs(),
    );
    // what waits for a slave that does not answer runs elsewhere; on the master it may yet be done
    if (timedOut && health.engine.role === 'slave') health.engine.cut();
    this.settleMaster();
    if (health.engine === this.engines.master) this.askAll();
  }

  /** Follows the engines' own word on who is the master. Before the configured one was asked nobody is promoted. */
  private settleMaster(): void {
    const { master } = this.engines;
    if (!this.failover.enabled || !this.healths.get(master)?.isKnown) return;
    const promoted = this.election.promoted([...this.healths.values()], master, this.nowMs());
    if (promoted) this.promote(promoted);
  }

  private promote(engine: Engine): void {
    const { master } = this.engines;
    this.lag.reset();
    this.engines.promote(engine);
    master.cut(); // nothing more is written there
    this.listener.masterChanged(master, engine);
    this.askAll();
  }

  private setState(engine: Engine, state: EngineState): void {
    const from = engine.state;
    this.engines.setState(engine, state);
    if (state.kind !== from.kind) this.listener.engineChanged(engine, from);
    if (state.kind === 'returning' || state.kind === 'up') this.slaveWaiters.release(true);
  }

  private pauseMs(health: EngineHealth): number {
    if (this.wanted) this.wantedAtMs = this.nowMs();
    this.wanted = false;
    this.isAsleep = this.masterWaiters.isEmpty && this.nowMs() - this.wantedAtMs > IDLE_AFTER_MS;
    if (this.isAsleep) return IDLE_MS;
    if (health.engine.role === 'slave' && isInDoubt(health, this.around(health))) return 0;
    const { kind } = this.engines.master.state;
    const hasMaster = kind === 'up' || kind === 'unknown';
    return hasMaster ? this.options.intervalMs * (0.9 + this.random() / 5) : URGENT_MS;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
