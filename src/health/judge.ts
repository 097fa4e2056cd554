import type { Clock } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { EngineWatcher } from '../engines/engine-watcher.js';
import type { EngineState } from '../engines/engine-state.js';
import { parsePosition } from '../freshness/position.js';
import type { Freshness } from '../freshness/freshness.js';
import type { ResolvedFailoverOptions, ResolvedHealthOptions } from '../options/resolve-health-options.js';
import type { EngineHealth } from './engine-health.js';
import { NoAnswerError, type ProbePart, type ProbeRow } from './engine-probe.js';
import type { Lag, LagMeter } from './lag-meter.js';
import type { MasterElection } from './master-election.js';
import type { Listener, Monitor, Pace } from './monitor.js';
import { troubleOf } from './missing-grant.js';
import { type Surroundings, faultOfMaster, faultOfSlave, isInDoubt } from './slave-fault.js';
import type { Waiters } from './waiters.js';

/** What health tells of, each time. */
export interface HealthListener {
  engineChanged(engine: Engine, from: EngineState): void;
  masterChanged(from: Engine, to: Engine): void;
  /** Something stands between an engine's name and its servers. */
  ledAround(engine: Engine): void;
  /** An engine refuses to tell a part of what it is asked for. */
  untold(engine: Engine, part: ProbePart, because: string): void;
}

/** Those who wait for an engine. */
export interface EngineWaiters {
  readonly master: Waiters;
  readonly slave: Waiters;
  /** For the first answer of any engine that was not asked before. */
  readonly first: Waiters;
}

/** What the judge is put together from. */
export interface JudgeParts {
  readonly engines: EngineRegistry;
  /** Undefined where positions can't be told. */
  readonly freshness: Freshness | undefined;
  readonly monitor: Monitor;
  readonly election: MasterElection;
  readonly lag: LagMeter;
  readonly waiters: EngineWaiters;
  readonly createHealth: (engine: Engine) => EngineHealth;
  readonly listener: HealthListener;
  readonly options: ResolvedHealthOptions;
  readonly failover: ResolvedFailoverOptions;
  readonly clock: Clock;
}

/**
 * What engines' answers mean: for each engine its state, and for all of them who is the master. Written where the next
 * decision reads it, in the registry.
 */
export class Judge implements EngineWatcher, Listener {
  private readonly healths = new Map<Engine, EngineHealth>();

  constructor(private readonly parts: JudgeParts) {}

  /** All that there are, in the order in which they joined. */
  get all(): readonly EngineHealth[] {
    return [...this.healths.values()];
  }

  of(engine: Engine): EngineHealth | undefined {
    return this.healths.get(engine);
  }

  /** Two servers claim to be the master, and nobody can tell which of them is right. */
  get isContested(): boolean {
    return this.parts.election.isContested;
  }

  joined(engine: Engine): void {
    this.healths.set(engine, this.parts.createHealth(engine));
    this.parts.monitor.add(engine);
  }

  left(engine: Engine): void {
    this.parts.monitor.remove(engine);
    this.healths.delete(engine);
  }

  changed(engine: Engine, from: EngineState): void {
    const { engines, listener, monitor, waiters } = this.parts;
    const { kind } = engine.state;
    listener.engineChanged(engine, from);
    if (kind === 'returning' || kind === 'up') waiters.slave.release(true);
    if (from.kind === 'unknown') waiters.first.release(true);
    if (kind === 'down' && engine === engines.master) monitor.askAll();
    if (kind === 'slow') engine.turnAway();
  }

  heard(engine: Engine, answer: ProbeRow, askedAtMs: number): void {
    const { engines, freshness, waiters, clock } = this.parts;
    const health = this.healths.get(engine);
    if (!health) return;
    const nowMs = clock.nowMs();
    engine.servers.heard(answer.started_at);
    this.tellNews(health, answer);
    health.answered(answer, askedAtMs, nowMs - askedAtMs);
    this.settleMaster();
    const isMaster = engine === engines.master;
    if (isMaster) this.heardMaster(answer, askedAtMs);
    else freshness?.heardSlave(engine, answer);
    if (!isMaster) return this.judgeSlave(health, answer);
    health.judge(faultOfMaster(answer), nowMs);
    if (engine.state.kind === 'up') waiters.master.release(true);
    this.judgeWaiting();
  }

  /** A slave is not believed before there is a master to compare it with, unless that can't be asked. */
  private judgeSlave(health: EngineHealth, answer: ProbeRow): void {
    const { engines, clock } = this.parts;
    health.lag = answer.in_recovery ? this.lagOf(answer) : undefined;
    const isNew = health.engine.state.kind === 'unknown';
    const mayWait = isNew && (!this.healths.get(engines.master)?.isKnown || health.lag?.isCertain === false);
    const fault = faultOfSlave(health, answer, this.around(health));
    if (fault || !mayWait) health.judgeServer(answer.started_at, fault, clock.nowMs());
  }

  /** Slaves that answered before the master did. */
  private judgeWaiting(): void {
    for (const health of this.all)
      if (health.engine.state.kind === 'unknown' && health.answer && health.engine.role === 'slave')
        this.judgeSlave(health, health.answer);
  }

  notHeard(engine: Engine, error: unknown, askedAtMs: number): void {
    this.healths.get(engine)?.notAnswered(troubleOf(engine, error), askedAtMs, this.parts.clock.nowMs());
    // what waits for a slave that does not answer runs elsewhere; on the master it may yet be done
    if (error instanceof NoAnswerError && engine.role === 'slave') engine.cut();
    this.settleMaster();
    if (engine === this.parts.engines.master) this.judgeWaiting();
  }

  pace(engine: Engine): Pace {
    const { engines, waiters } = this.parts;
    const health = this.healths.get(engine);
    if (engine.role === 'slave' && engine.state.kind === 'unknown') return 'soon';
    if (health && engine.role === 'slave' && isInDoubt(health, this.around(health))) return 'again';
    const { kind } = engines.master.state;
    const hasMaster = kind === 'up' || kind === 'unknown';
    return hasMaster && waiters.master.isEmpty ? 'calm' : 'urgent';
  }

  /** Once for each part that an engine begins to refuse, and for what is found to stand before it. */
  private tellNews(health: EngineHealth, { untold }: ProbeRow): void {
    const { engine, answer: before } = health;
    if (engine.leadsAround && health.endpoint !== engine.endpoint) this.parts.listener.ledAround(engine);
    health.endpoint = engine.endpoint;
    for (const [part, because] of Object.entries(untold))
      if (before?.untold[part as ProbePart] === undefined)
        this.parts.listener.untold(engine, part as ProbePart, because);
  }

  private heardMaster(answer: ProbeRow, askedAtMs: number): void {
    const { freshness, election, lag } = this.parts;
    if (answer.in_recovery) return;
    election.heard(answer);
    freshness?.master.heard(answer, askedAtMs);
    if (freshness?.master.latest) lag.note(freshness.master.latest.position, askedAtMs);
  }

  private lagOf({ lsn, replayed_ms: age, aurora_lag_ms: auroraMs }: ProbeRow): Lag | undefined {
    const { lag, clock } = this.parts;
    if (auroraMs !== null) return { ms: auroraMs, bytes: undefined, isCertain: true };
    if (lsn === null) return undefined;
    return lag.lagOf(parsePosition(lsn), age === null ? undefined : Number(age), clock.nowMs());
  }

  private around(health: EngineHealth): Surroundings {
    const { engines, election, options } = this.parts;
    const { system, timeline, database } = election;
    const others = this.all.filter((other) => other !== health && other.answer);
    const isLast = !engines.eligibleSlaves().some((slave) => slave !== health.engine);
    return { system, timeline, database, masterRun: engines.master.startedAt, others, isLast, options };
  }

  /** Follows the engines' own word on who is the master. Before the configured one was asked nobody is promoted. */
  private settleMaster(): void {
    const { engines, election, failover, clock } = this.parts;
    const { master } = engines;
    if (!failover.enabled || !this.healths.get(master)?.isKnown) return;
    const promoted = election.promoted(this.all, master, clock.nowMs());
    if (promoted) this.promote(promoted);
  }

  private promote(engine: Engine): void {
    const { engines, lag, listener, monitor } = this.parts;
    const { master } = engines;
    lag.reset();
    engines.promote(engine);
    this.healths.get(master)?.replaced();
    master.cut(); // nothing more is written there
    listener.masterChanged(master, engine);
    monitor.askAll();
  }
}
