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
}
