import type { Operation } from './operation.js';

/**
 * The session guarantees of Terry et al., "Session Guarantees for Weakly Consistent Replicated Data" (1994), and a bound
 * on staleness. The database gives each register and list a total order of versions, so that "older" is known exactly.
 * A reading *shows* an operation when it is of the operation's version or a later one, of the same history.
 *
 * - `read-your-writes`: a reading doesn't show what the same client had written before it, and had been told so.
 * - `monotonic-reads`: a reading doesn't show what the same client had read before it.
 * - `monotonic-writes`: somebody wrote x and then y; a client has read that y, and its next reading of x doesn't show
 *   that x.
 * - `writes-follow-reads`: somebody read x and then wrote y; a client has read that y, and its next reading of x doesn't
 *   show that x.
 * - `bounded-staleness`: a reading doesn't show what anybody had been told was written `maxLagMs` before it began.
 *
 * A reading counts once in each kind that it breaks. A write whose outcome its client was not told (it raised an error)
 * promises nothing to that client.
 */
export const ANOMALY_KINDS = [
  'read-your-writes',
  'monotonic-reads',
  'monotonic-writes',
  'writes-follow-reads',
  'bounded-staleness',
] as const;

export type AnomalyKind = (typeof ANOMALY_KINDS)[number];

/** Two operations that can't both be right, in the order in which they happened. */
export interface Anomaly {
  readonly kind: AnomalyKind;
  /** What the reading had to show: the client's own write or reading; for `bounded-staleness` anybody's write. */
  readonly expected: Operation;
  /** The reading that doesn't show it. */
  readonly found: Operation;
  /**
   * For `monotonic-writes` and `writes-follow-reads`, where `expected` is the other's operation on x: the same other's
   * write of y, and the reading in which this client saw that y.
   */
  readonly link: AnomalyLink | undefined;
}

export interface AnomalyLink {
  readonly write: Operation;
  readonly seenBy: Operation;
}
