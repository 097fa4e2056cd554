/** How an engine is doing, and why. `since` is when it began. Only what is `up` or `returning` serves reads. */
export type EngineState =
  /** It was not asked yet, or has not said enough to be believed. */
  | { readonly kind: 'unknown'; readonly since: Date }
  | { readonly kind: 'up'; readonly since: Date }
  /** It was out, and gets a growing share of its weight again, from 0 up to 1. */
  | { readonly kind: 'returning'; readonly since: Date; readonly share: number }
  /** Too far behind the master. */
  | { readonly kind: 'lagging'; readonly since: Date; readonly because: string }
  /** Its answers take many times as long as the others'. */
  | { readonly kind: 'slow'; readonly since: Date; readonly because: string }
  /** It refuses, breaks or does not answer. */
  | { readonly kind: 'down'; readonly since: Date; readonly because: string }
  /** Of another system, on another timeline, or a master that was replaced. */
  | { readonly kind: 'foreign'; readonly since: Date; readonly because: string }
  /** It is being removed: what runs on it ends, nothing new begins. */
  | { readonly kind: 'draining'; readonly since: Date };

export type EngineStateKind = EngineState['kind'];

const SERVES = {
  unknown: false,
  up: true,
  returning: true,
  lagging: false,
  slow: false,
  down: false,
  foreign: false,
  draining: false,
} satisfies Record<EngineStateKind, boolean>;

/** Whether reads that are free to choose may be sent to a slave in this state. */
export function serves({ kind }: EngineState): boolean {
  return SERVES[kind];
}

/** Whether nothing may be sent there, not even by name. */
export function isOutOfUse({ kind }: EngineState): boolean {
  return kind === 'down' || kind === 'foreign' || kind === 'draining';
}

/** Whether a slave is alive, and its data the master's, if old. */
export function isLate({ kind }: EngineState): boolean {
  return kind === 'lagging' || kind === 'slow';
}
