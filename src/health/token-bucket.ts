import type { Clock } from '../clock.js';

/** So many at once, and so many a second. */
export class TokenBucket {
  private tokens: number;
  private filledAtMs: number;

  constructor(
    private readonly most: number,
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {
    this.tokens = most;
    this.filledAtMs = clock.nowMs();
  }

  /** Whether the next one would get none. */
  get isEmpty(): boolean {
    this.fill();
    return this.tokens < 1;
  }

  take(): boolean {
    if (this.isEmpty) return false;
    this.tokens--;
    return true;
  }

  private fill(): void {
    const nowMs = this.clock.nowMs();
    this.tokens = Math.min(this.most, this.tokens + ((nowMs - this.filledAtMs) / 1000) * this.perSecond);
    this.filledAtMs = nowMs;
  }
}
