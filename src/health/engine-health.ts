import type { Clock } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { Endpoint } from '../engines/engine-servers.js';
import type { EngineState } from '../engines/engine-state.js';
import { SharedQuestion } from '../freshness/shared-question.js';
import type { ProbeRow } from './engine-probe.js';
import type { Lag } from './lag-meter.js';
import type { ReturnGate } from './return-gate.js';
import { type Fault, ServerFaults } from './server-faults.js';

/** What an engine's health is put together from. */
export interface EngineHealthParts {
  readonly engines: EngineRegistry;
  readonly gate: ReturnGate;
  /** Whether the engine's own pool runs queries. Never rejects. */
  readonly runsQueries: (engine: Engine) => Promise<boolean>;
  /** Which run of its server takes new connections; undefined: none does. Never rejects. */
  readonly run: (engine: Engine) => Promise<string | undefined>;
  readonly slowStartMs: number;
  readonly clock: Clock;
}

const MOST_LATENCIES = 6;
/** A stall of the machine is shorter; so long, and for two probes at least, it was the engine. */
const STALL_MS = 150;

/** The least of the newest probes that together took longer than a stall, of all that there are where none did. */
function leastLately(latencies: readonly number[]): number {
  let [sum, least] = [0, Infinity];
  for (const [index, latencyMs] of latencies.entries()) {
    if (index >= 2 && sum > STALL_MS) break;
    sum += latencyMs;
    least = Math.min(least, latencyMs);
  }
  return least;
}

/** Shares of its weight that an engine gets while it returns, for a step each. */
const STEPS = [1 / 16, 1 / 8, 1 / 4, 1 / 2];

/** What health knows of one engine, and the state that follows from it. Written by one loop, and by queries that failed. */
export class EngineHealth {
  /** What it said last; undefined where the last probe failed. */
  answer: ProbeRow | undefined;
  askedAtMs = -Infinity;
  lag: Lag | undefined;
  /** What was told of it last. */
  endpoint: Endpoint | undefined;
  /** It was another server than the master: a slave, or the master before the one there is. */
  private wasApart = false;
  /** Of the last probes, the newest first. */
  private latencies: readonly number[] = [];
  private readonly servers = new ServerFaults();
  private step = 0;
  private stepAtMs = 0;
  private isTried = false;
  private readonly asksRun = new SharedQuestion(() => this.parts.run(this.engine));

  constructor(
    readonly engine: Engine,
    private readonly parts: EngineHealthParts,
  ) {}

  /** Which run of its server takes new connections; undefined: none does. Never rejects. */
  run(): Promise<string | undefined> {
    return this.asksRun.ask();
  }

  /** Whether it was asked, and how it went is known. */
  get isKnown(): boolean {
    return this.askedAtMs > -Infinity;
  }

  /** What the last probes took at least: a few slow ones say nothing, nor does the first, which connects. */
  get latencyMs(): number | undefined {
    return this.latencies.length < 2 ? undefined : leastLately(this.latencies);
  }

  get lastLatencyMs(): number | undefined {
    return this.latencies[0];
  }

  /** The worse one of the last two, which others are compared with: where all are slow now and then, nobody is to blame. */
  get worstLatencyMs(): number | undefined {
    return this.latencies.length < 2 ? undefined : Math.max(this.latencies[0]!, this.latencies[1]!);
  }

  /** Whether it may lead to the master's own server: where it was so from the first on, somebody has listed the master twice. */
  get mayBeMaster(): boolean {
    return !this.wasApart;
  }

  /** Another engine is the master in its place. */
  replaced(): void {
    this.wasApart = true;
  }

  answered(answer: ProbeRow, askedAtMs: number, latencyMs: number): void {
    this.wasApart ||= answer.in_recovery;
    this.answer = answer;
    this.askedAtMs = askedAtMs;
    this.latencies = [latencyMs, ...this.latencies].slice(0, MOST_LATENCIES);
  }

  /** One of the servers that its name leads to answered; elsewhere the name's only one. */
  judgeServer(run: string, fault: Fault | undefined, nowMs: number): void {
    const { servers } = this.engine;
    if (!servers.areSeveral) return this.judge(fault, nowMs);
    const ofName = this.servers.found(run, { fault, lagMs: this.lag?.ms, atMs: nowMs });
    servers.avoided = this.servers.avoided;
    this.judge(ofName, nowMs);
  }

  /** It answered, and this is what there is to say of it. */
  judge(fault: Fault | undefined, nowMs: number): void {
    const { state, role } = this.engine;
    if (state.kind === 'draining') return;
    if (fault) return this.become({ ...fault, since: this.now() });
    if (state.kind === 'up') return;
    if (state.kind === 'unknown' || role === 'master') return this.become({ kind: 'up', since: this.now() });
    if (state.kind === 'returning') return this.climb(nowMs);
    if (state.kind !== 'down') return this.returnAt(0, nowMs);
    if (this.parts.gate.isOpen(nowMs)) void this.tryOut();
  }

  /** Comes back where its own pool serves: a server may answer on old connections, and take no new ones. */
  private async tryOut(): Promise<void> {
    if (this.isTried) return;
    this.isTried = true;
    const { state } = this.engine;
    const serves = await this.parts.runsQueries(this.engine);
    this.isTried = false;
    const nowMs = this.parts.clock.nowMs();
    if (!serves) this.parts.gate.close(nowMs);
    else if (this.engine.state === state) this.returnAt(0, nowMs);
  }

  /** It can't be asked, or a query failed for its sake. */
  failed(because: string, nowMs: number): void {
    const { kind } = this.engine.state;
    this.answer = this.lag = undefined;
    this.latencies = [];
    if (kind === 'draining') return;
    if (kind !== 'down') this.parts.gate.close(nowMs);
    this.become({ kind: 'down', since: this.now(), because });
  }

  notAnswered(because: string, askedAtMs: number, nowMs: number): void {
    this.askedAtMs = askedAtMs;
    this.failed(because, nowMs);
  }

  private climb(nowMs: number): void {
    if (nowMs - this.stepAtMs < this.parts.slowStartMs / STEPS.length) return;
    if (this.step + 1 < STEPS.length) return this.returnAt(this.step + 1, nowMs);
    this.become({ kind: 'up', since: this.now() });
  }

  private returnAt(step: number, nowMs: number): void {
    this.step = step;
    this.stepAtMs = nowMs;
    this.parts.engines.setState(this.engine, { kind: 'returning', since: this.now(), share: STEPS[step]! });
  }

  private become(state: EngineState): void {
    if (state.kind !== this.engine.state.kind) this.parts.engines.setState(this.engine, state);
  }

  private now(): Date {
    return new Date(this.parts.clock.wallMs());
  }
}
