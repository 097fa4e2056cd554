import type { Engine, EngineRole } from '../engines/engine.js';
import type { Endpoint } from '../engines/engine-servers.js';
import { type EngineState, serves } from '../engines/engine-state.js';
import type { ProbePart } from './engine-probe.js';
import type { EngineHealth } from './engine-health.js';

/** How one engine is doing. What is undefined has not been asked yet, or can't be. */
export interface EngineStatus {
  readonly name: string;
  readonly role: EngineRole;
  readonly state: EngineState;
  /** Whether reads that are free to choose may be sent there now. */
  readonly eligible: boolean;
  /** Queries and transactions that hold or wait for a connection, in this process. */
  readonly inFlight: number;
  /** How its address leads to servers, as its connections have found; undefined before it was asked. */
  readonly endpoint: Endpoint | undefined;
  /** How far a slave is behind the master, in ms and in bytes of log. */
  readonly lagMs: number | undefined;
  readonly lagBytes: number | undefined;
  /** How long it takes to answer a small question. */
  readonly latencyMs: number | undefined;
  readonly timeline: number | undefined;
  /** Whether a slave's replay was paused by hand. */
  readonly isReplayPaused: boolean | undefined;
  /** What the engine refuses to tell, each with its words; docs/health.md says what to grant. Empty where it tells all. */
  readonly untold: Partial<Readonly<Record<ProbePart, string>>>;
  /** Whether a slave receives the master's log as a stream. */
  readonly isReceiving: boolean | undefined;
}

export function engineStatus(engine: Engine, health: EngineHealth | undefined): EngineStatus {
  const { name, role, state, inFlight } = engine;
  const { answer, lag, latencyMs } = health ?? {};
  const asSlave = answer?.in_recovery ? answer : undefined;
  return {
    name,
    role,
    state,
    eligible: role === 'slave' && serves(state),
    inFlight,
    endpoint: engine.endpoint,
    lagMs: lag && Math.round(lag.ms),
    lagBytes: lag?.bytes,
    latencyMs: latencyMs && Math.round(latencyMs * 10) / 10,
    timeline: answer?.timeline ?? undefined,
    isReplayPaused: asSlave?.paused ?? undefined,
    untold: answer?.untold ?? {},
    isReceiving: asSlave?.receiving ?? undefined,
  };
}
