/** In ms. */
export const FIRST_BACKOFF_MS = 250;
export const LONGEST_BACKOFF_MS = 30_000;

/** When an engine that failed may be tried again: after a time that doubles with each failure soon after its return. */
export class ReturnGate {
  private failures = 0;
  private until = -Infinity;
  private closedAtMs = -Infinity;

  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
    private readonly random: () => number,
  ) {}

  close(nowMs: number): void {
    if (nowMs - this.closedAtMs > this.longestMs * 2) this.failures = 0;
    const backoffMs = Math.min(this.firstMs * 2 ** this.failures, this.longestMs);
    this.failures++;
    this.closedAtMs = nowMs;
    this.until = nowMs + backoffMs * (0.75 + this.random() / 2); // many processes don't return at once
  }

  isOpen(nowMs: number): boolean {
    return nowMs >= this.until;
  }
}
