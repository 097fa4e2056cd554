import type { Context } from '../context/context.js';
import type { ShapeTally } from '../report/shape-tally.js';
import type { Reason } from '../routing/decision.js';

/** What the report is to know of one query, or of a transaction. Written on its way, by nothing but its own run. */
export interface Observed {
  /** Whether a slave serves it, or would in shadow mode. */
  moved: boolean;
  reason: Reason;
  /** It waits, or would, for a slave that is fresh enough. */
  waited: boolean;
  begunAtMs: number | undefined;
  shape: ShapeTally | undefined;
  /** In shadow mode: its context as it would be, had all before it run where they would have. */
  wouldBe: Context | undefined;
  /** Resolves when it is known where it would go; undefined where that was known at once. */
  pending: Promise<void> | undefined;
  /** The slave's server that it would be seen on. */
  server: string | undefined;
  touches: readonly string[] | undefined;
  /** It counts as a write that has not ended. */
  isWriting: boolean;
}

export function newlyObserved(): Observed {
  return {
    moved: false,
    reason: 'transaction',
    waited: false,
    begunAtMs: undefined,
    shape: undefined,
    wouldBe: undefined,
    pending: undefined,
    server: undefined,
    touches: undefined,
    isWriting: false,
  };
}
