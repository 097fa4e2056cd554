import { parsePosition } from '../freshness/position.js';
import type { Freshness } from '../freshness/freshness.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry, EngineWatcher } from '../engines/engine-registry.js';
import { type EngineState, serves } from '../engines/engine-state.js';
import type { ResolvedFailoverOptions, ResolvedHealthOptions } from '../options/resolve-health-options.js';
import type { EngineFailure } from './engine-failure.js';
import { EngineHealth, type HealthTools } from './engine-health.js';
import { NoAnswerError, type ProbeRow, runsQueries } from './engine-probe.js';
import { type Lag, LagMeter } from './lag-meter.js';
import { MasterElection } from './master-election.js';
import { type Listener, Monitor } from './monitor.js';
import { ReturnGate } from './return-gate.js';
import { type Surroundings, faultOfMaster, faultOfSlave, isInDoubt } from './slave-fault.js';
import { Waiters } from './waiters.js';

/** What health tells of, each time. */
export interface HealthListener {
  engineChanged(engine: Engine, from: EngineState): void;
  masterChanged(from: Engine, to: Engine): void;
}

/** What was heard so long ago still counts when a connection to the master is made. */
const FRESH_MS = 1_000;

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 30_000;

/**
 * How the engines of one set are doing: judged by what they say and by queries that failed, and written where the next
 * decision reads it, in the registry.
 */
export class Health implements EngineWatcher, Listener {
  private readonly healths = new Map<Engine, EngineHealth>();
  private readonly monitor: Monitor;
  private readonly lag = new LagMeter();
  private readonly election = new MasterElection();
  private readonly masterWaiters = new Waiters();
  private readonly slaveWaiters = new Waiters();
  private readonly tools: HealthTools;

  constructor(
    private readonly engines: EngineRegistry,
    private readonly reads: Freshness | undefined,
    private readonly options: ResolvedHealthOptions,
    private readonly failover: ResolvedFailoverOptions,
    private readonly listener: HealthListener,
    private readonly nowMs: () => number,
    private readonly random: () => number = Math.random,
  ) {
    const setState = this.setState.bind(this);
    this.tools = { setState, nowMs, serves: (engine) => runsQueries(engine, options.timeoutMs) };
    this.monitor = new Monitor(this, options.intervalMs, options.timeoutMs, nowMs, random);
    for (const engine of engines.all()) this.joined(engine);
    engines.watch(this);
  }

  joined(engine: Engine): void {
    const gate = new ReturnGate(FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS, this.random);
    this.healths.set(engine, new EngineHealth(engine, gate, this.options.slowStartMs, this.tools));
    this.monitor.add(engine);
    engine.confirmRole = () => this.confirmMaster();
  }

  left(engine: Engine, from: EngineState): void {
    this.listener.engineChanged(engine, from);
    this.monitor.remove(engine);
    this.healths.delete(engine);
  }

  of(engine: Engine): EngineHealth | undefined {
    return this.healths.get(engine);
  }

  /** Two servers claim to be the master, and nobody can tell which of them is right. */
  get isContested(): boolean {
    return this.election.isContested;
  }

  /** Somebody is about to use an engine: what is known of them is kept fresh for a while. */
  need(): void {
    this.monitor.need();
  }

  start(): void {
    for (const waiters of [this.masterWaiters, this.slaveWaiters]) waiters.open();
    this.monitor.start();
  }

  /** Asks nobody any more; whoever waits is told that there was nothing. */
  stop(): void {
    this.monitor.stop();
    for (const waiters of [this.masterWaiters, this.slaveWaiters]) waiters.close();
  }

  /** Resolves when each engine was asked once, whether it answered or not; at once where they were. */
  async asked(): Promise<void> {
    this.need();
    await this.askThose(({ isKnown }) => !isKnown);
  }

  /** A query has found out. What the engine is to blame for takes a slave out of rotation at once. */
  queryFailed(engine: Engine, failure: EngineFailure, error: unknown): void {
    if (failure === 'conflict') return;
    if (engine.role === 'slave' && serves(engine.state) && failure !== 'busy')
      this.healths.get(engine)?.failed(messageOf(error), this.nowMs());
    void this.monitor.ask(engine);
  }

  /** Whether the master answers again, or another one was promoted, within `failover.waitMs`. */
  masterReturns(): Promise<boolean> {
    if (!this.engines.balancing) return Promise.resolve(false);
    const returned = this.masterWaiters.wait(this.failover.waitMs);
    this.monitor.need();
    this.monitor.askAll();
    return returned;
  }

  /** Whether a slave may serve again within the time. */
  slaveReturns(withinMs: number): Promise<boolean> {
    return this.slaveWaiters.wait(withinMs);
  }

  /**
   * Resolves when everybody was asked a moment ago: a master that a new connection is made to could have been replaced while
   * it was away, or before this process began.
   */
  async confirmMaster(): Promise<void> {
    if (!this.failover.enabled || !this.engines.balancing) return;
    this.need();
    const since = this.nowMs() - FRESH_MS;
    await this.askThose(({ askedAtMs }) => askedAtMs < since);
  }

  heard(engine: Engine, answer: ProbeRow, askedAtMs: number): void {
    const health = this.healths.get(engine);
    if (!health) return;
    const nowMs = this.nowMs();
    health.answered(answer, askedAtMs, nowMs - askedAtMs);
    engine.startedAt = answer.started_at;
    this.settleMaster();
    const isMaster = engine === this.engines.master;
    if (isMaster) this.heardMaster(answer, askedAtMs);
    else this.reads?.heardSlave(engine, answer);
    health.lag = answer.in_recovery ? this.lagOf(answer) : undefined;
    const fault = isMaster ? faultOfMaster(answer) : faultOfSlave(health, answer, this.around(health));
    health.judge(fault, nowMs);
    if (isMaster && engine.state.kind === 'up') this.masterWaiters.release(true);
  }

  notHeard(engine: Engine, error: unknown, askedAtMs: number): void {
    this.healths.get(engine)?.notAnswered(messageOf(error), askedAtMs, this.nowMs());
    // what waits for a slave that does not answer runs elsewhere; on the master it may yet be done
    if (error instanceof NoAnswerError && engine.role === 'slave') engine.cut();
    this.settleMaster();
  }

  pace(engine: Engine): 'again' | 'urgent' | 'calm' {
    const health = this.healths.get(engine);
    if (health && engine.role === 'slave' && isInDoubt(health, this.around(health))) return 'again';
    const { kind } = this.engines.master.state;
    const hasMaster = kind === 'up' || kind === 'unknown';
    return hasMaster && this.masterWaiters.isEmpty ? 'calm' : 'urgent';
  }

  private async askThose(which: (health: EngineHealth) => boolean): Promise<void> {
    const those = [...this.healths.values()].filter(which);
    await Promise.all(those.map(({ engine }) => this.monitor.ask(engine)));
  }

  private heardMaster(answer: ProbeRow, askedAtMs: number): void {
    if (answer.in_recovery) return;
    this.election.heard(answer);
    this.reads?.master.heard(answer, askedAtMs);
    if (this.reads?.master.latest) this.lag.note(this.reads.master.latest.position, askedAtMs);
  }

  private lagOf({ lsn, replayed_ms: age }: ProbeRow): Lag | undefined {
    return this.lag.lagOf(parsePosition(lsn), age === null ? undefined : Number(age), this.nowMs());
  }

  private around(health: EngineHealth): Surroundings {
    const { system, timeline } = this.election;
    const others = [...this.healths.values()].filter((other) => other !== health && other.answer);
    const isLast = !this.engines.eligibleSlaves().some((slave) => slave !== health.engine);
    const masterRun = this.engines.master.startedAt;
    return { system, timeline, masterRun, others, isLast, options: this.options };
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
    this.monitor.askAll();
  }

  private setState(engine: Engine, state: EngineState): void {
    const from = engine.state;
    this.engines.setState(engine, state);
    if (state.kind !== from.kind) this.listener.engineChanged(engine, from);
    if (state.kind === 'returning' || state.kind === 'up') this.slaveWaiters.release(true);
    if (state.kind === 'down' && engine === this.engines.master) this.monitor.askAll();
    if (state.kind === 'slow') engine.turnAway();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
