import type { Intent } from './intent.js';

/**
 * What is known of a name: only reads, does more, may do more as far as can be seen, is not in the catalogue, or is told once
 * the catalogue has been read, anew.
 */
export type Verdict = 'safe' | 'unsafe' | 'doubtful' | 'unknown' | 'awaited';

/** Of SQL by what it is. */
export const VERDICT_OF = {
  read: 'safe',
  write: 'unsafe',
  unproved: 'doubtful',
} as const satisfies Record<Intent, Verdict>;

export function isHeld(verdict: Verdict): boolean {
  return verdict !== 'safe' && verdict !== 'unknown';
}

/** Of several that one name may stand for. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  return (
    verdicts.find((verdict) => verdict === 'unsafe') ?? verdicts.find(isHeld) ?? verdicts[0] ?? 'unknown'
  );
}
