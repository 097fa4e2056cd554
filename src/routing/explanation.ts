import type { DatabaseRoutingError } from '../errors.js';
import type { Intent } from '../intent/intent.js';
import type { Reason } from './decision.js';

/** Where a query goes and why. */
export interface Explanation {
  readonly intent: Intent;
  /** The part of the query that decided the intent: `function nextval is volatile`. */
  readonly because: string;
  /** The engine's name; `'slave'` where the balancer would choose one. */
  readonly engine: string;
  readonly reason: Reason;
  /** What rules before that one said of engines which are out of use or were removed, or of a spent `masterBudget`. */
  readonly skipped: readonly SkippedRule[];
  /**
   * Whether it may wait first: for a slave's first answer, for one that shows what the client has seen, or for
   * `masterBudget`. If a slave is there in time, it goes to that slave instead.
   */
  readonly mayWait: boolean;
  /** What it would be refused with before it is sent; undefined: it would be sent. */
  readonly error: DatabaseRoutingError | undefined;
}

/** A rule that was skipped. */
export interface SkippedRule {
  readonly engine: string;
  readonly reason: Reason;
}
