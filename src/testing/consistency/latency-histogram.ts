/** Each bucket is so much wider than the one before: percentiles are right to 5 %. */
const GROWTH = 1.05;
const SMALLEST_MS = 0.01;

/** Percentiles of any number of durations in little memory. */
export class LatencyHistogram {
  private readonly buckets: number[] = [];
  private total = 0;

  add(ms: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(ms / SMALLEST_MS) / Math.log(GROWTH)));
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    this.total += 1;
  }

  /** In ms, 0 where nothing was added. `share`: 0.5 for the median. */
  percentile(share: number): number {
    let left = share * this.total;
    for (const [bucket, count = 0] of this.buckets.entries()) {
      left -= count;
      if (count > 0 && left <= 0) return SMALLEST_MS * GROWTH ** bucket;
    }
    return 0;
  }
}
