import type { EngineFacts } from './facts.js';

/** `problem`: routing does not work so. `warning`: it does, at a price, or until something happens. `note`: good to know. */
export type Severity = 'problem' | 'warning' | 'note';

/** Something that the doctor has found, and what to do. */
export interface Finding {
  readonly engine: string;
  readonly severity: Severity;
  /** Stays the same from release to release; docs/doctor.md has all. */
  readonly code: FindingCode;
  /** What was found, and what was expected. */
  readonly message: string;
  /** A line to paste, or what to look at. */
  readonly remedy: string;
}

/** All engines' facts; the master's first. */
export interface ClusterFacts {
  readonly master: EngineFacts;
  readonly slaves: readonly EngineFacts[];
  /** How many processes run the app. */
  readonly processes: number;
  /** How long a probe may take, in ms. */
  readonly probeTimeoutMs: number;
}

/** Undefined: it has nothing to say. */
export type Rule = (
  engine: EngineFacts,
  cluster: ClusterFacts,
) => Omit<Finding, 'engine' | 'code' | 'severity'> | undefined;

/** Each code with how bad it is. */
export const SEVERITIES = {
  'no-such-host': 'problem',
  'nothing-listens': 'problem',
  'no-answer': 'problem',
  'login-refused': 'problem',
  'no-such-database': 'problem',
  'no-connection-left': 'problem',
  'cannot-connect': 'problem',
  'probes-refused': 'problem',
  'postgres-too-old': 'problem',
  'master-in-recovery': 'problem',
  'other-system': 'problem',
  'other-database': 'problem',
  'slave-is-master': 'problem',
  'writable-slave': 'problem',
  'positions-refused': 'problem',
  'slave-of-slave': 'warning',
  'synchronous-commit-off': 'warning',
  'feedback-off': 'warning',
  'statistics-refused': 'warning',
  'functions-refused': 'warning',
  'identity-refused': 'warning',
  'replay-refused': 'warning',
  'answers-late': 'warning',
  'too-many-connections': 'warning',
  'not-receiving': 'warning',
  'replay-paused': 'warning',
  'replay-delayed': 'warning',
  'replay-in-bursts': 'warning',
  'lag-not-sent': 'warning',
  'lag-not-replayed': 'warning',
  'tls-differs': 'warning',
  'setting-differs': 'warning',
  'statement-timeout': 'warning',
  'idle-timeout': 'warning',
  balanced: 'note',
  pooled: 'note',
  'no-slaves': 'note',
} as const satisfies Readonly<Record<string, Severity>>;

export type FindingCode = keyof typeof SEVERITIES;
