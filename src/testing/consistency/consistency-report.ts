import type { Anomaly, AnomalyKind } from './anomaly.js';

export interface CallCounts {
  /** Readings or writes that were answered. */
  readonly answered: number;
  /** Calls that rejected; they are checked for nothing. */
  readonly errors: number;
  /** Of calls, right to 5 %. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface EngineReads {
  readonly reads: number;
  /** 0 to 1, of all readings. */
  readonly share: number;
}

export interface ErrorCount {
  readonly message: string;
  readonly count: number;
}

export interface FaultReport {
  readonly name: string;
  /** When it was begun, in seconds after the first operation; undefined: the check ended before. */
  readonly startedAtSeconds: number | undefined;
}

/** What `checkConsistency` has found. */
export interface ConsistencyReport {
  readonly seconds: number;
  /** Answered readings and writes. */
  readonly operations: number;
  readonly reads: CallCounts;
  readonly writes: CallCounts;
  /** By the engine's name; `unknown` where the driver could not tell. */
  readonly readsByEngine: Readonly<Record<string, EngineReads>>;
  /** The sum over the kinds. */
  readonly anomalies: number;
  /** `bounded-staleness` is 0 where no `maxLagMs` was given. */
  readonly anomaliesByKind: Readonly<Record<AnomalyKind, number>>;
  /** The first few of each kind, with the operations that prove them. */
  readonly examples: readonly Anomaly[];
  /** What the errors said, the most frequent first; at most ten different ones. */
  readonly errors: readonly ErrorCount[];
  readonly faults: readonly FaultReport[];
}
