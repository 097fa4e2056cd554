import type { Engine } from '../engines/engine.js';
import type { EngineState } from '../engines/engine-state.js';
import type { ProbeRow } from './engine-probe.js';
import type { Lag } from './lag-meter.js';
import type { ReturnGate } from './return-gate.js';

/** What is wrong with an engine that answers. */
export interface Fault {
  readonly kind: 'lagging' | 'slow' | 'foreign';
  readonly because: string;
}

/** Shares of its weight that an engine gets while it returns, for a step each. */
const STEPS = [1 / 16, 1 / 8, 1 / 4, 1 / 2];

/** What health knows of one engine, and the state that follows from it. Written by one loop, and by queries that failed. */
export class EngineHealth {
  /** What it said last; undefined where the last probe failed. */
  answer: ProbeRow | undefined;
  askedAtMs = -Infinity;
  lag: Lag | undefined;
  /** The better one of the last two probes: a single slow one says nothing, least of all the first, which connects. */
  latencyMs: number | undefined;
  lastLatencyMs: number | undefined;
  private step = 0;
  private stepAtMs = 0;

  constructor(
    readonly engine: Engine,
    private readonly gate: ReturnGate,
    private readonly slowStartMs: number,
    private readonly setState: (engine: Engine, state: EngineState) => void,
  ) {}

  /** Whether it was asked, and how it went is known. */
  get isKnown(): boolean {
    return this.askedAtMs > -Infinity;
  }

  answered(answer: ProbeRow, askedAtMs: number, latencyMs: number): void {
    this.answer = answer;
    this.askedAtMs = askedAtMs;
    this.latencyMs = this.lastLatencyMs === undefined ? undefined : Math.min(latencyMs, this.lastLatencyMs);
    this.lastLatencyMs = latencyMs;
  }

  /** It answered, and this is what there is to say of it. */
  judge(fault: Fault | undefined, nowMs: number): void {
    const { state, role } = this.engine;
    if (state.kind === 'draining') return;
    if (fault) return this.become({ ...fault, since: new Date() });
    if (state.kind === 'up') return;
    if (state.kind === 'unknown' || role === 'master') return this.become({ kind: 'up', since: new Date() });
    if (state.kind === 'returning') return this.climb(nowMs);
    if (this.gate.isOpen(nowMs)) this.returnAt(0, nowMs);
  }

  /** It can't be asked, or a query failed for its sake. */
  failed(because: string, nowMs: number): void {
    const { kind } = this.engine.state;
    this.answer = undefined;
    this.lastLatencyMs = undefined;
    if (kind === 'draining') return;
    if (kind !== 'down') this.gate.close(nowMs);
    this.become({ kind: 'down', since: new Date(), because });
  }

  /** Probing failed: its last words are out of date. */
  asked(askedAtMs: number): void {
    this.askedAtMs = askedAtMs;
  }

  private climb(nowMs: number): void {
    if (nowMs - this.stepAtMs < this.slowStartMs / STEPS.length) return;
    if (this.step + 1 < STEPS.length) return this.returnAt(this.step + 1, nowMs);
    this.become({ kind: 'up', since: new Date() });
  }

  private returnAt(step: number, nowMs: number): void {
    this.step = step;
    this.stepAtMs = nowMs;
    this.setState(this.engine, { kind: 'returning', since: new Date(), share: STEPS[step]! });
  }

  private become(state: EngineState): void {
    if (state.kind !== this.engine.state.kind) this.setState(this.engine, state);
  }
}
