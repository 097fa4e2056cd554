import type { CallCounts } from './consistency-report.js';
import { LatencyHistogram } from './latency-histogram.js';

/** Counts the calls of one sort. */
export class CallMeter {
  answered = 0;
  errors = 0;
  private readonly latency = new LatencyHistogram();

  /** `operations`: how many readings or writes the one call was. */
  add(operations: number, ms: number): void {
    this.answered += operations;
    this.latency.add(ms);
  }

  counts(): CallCounts {
    const { answered, errors, latency } = this;
    return { answered, errors, p50Ms: latency.percentile(0.5), p99Ms: latency.percentile(0.99) };
  }
}
