/** What takes no longer than this is not told apart, in ms. */
const SHORTEST_MS = 0.1;
/** Two bounds of the histogram are 19 % apart. */
const BOUNDS_PER_DOUBLING = 4;
/** The last bound is at 70 s. */
const BOUNDS = 78;
/** With fewer reads nothing is known; up to 100 it is the slowest of them. */
const FEWEST = 30;
/** At so many the older half counts half. */
const MOST = 2_000;

/** How long a slave's latest reads took: a histogram of fixed size, which forgets. */
export class UsualTime {
  private readonly counts = new Uint32Array(BOUNDS);
  private total = 0;

  add(ms: number): void {
    const bound = ms <= SHORTEST_MS ? 0 : Math.ceil(Math.log2(ms / SHORTEST_MS) * BOUNDS_PER_DOUBLING);
    this.counts[Math.min(bound, BOUNDS - 1)]!++;
    if (++this.total >= MOST) this.halve();
  }

  /** So long take 99 of 100, in ms; undefined until that is known. */
  get p99Ms(): number | undefined {
    if (this.total < FEWEST) return undefined;
    let slower = 0;
    let bound = BOUNDS;
    while (bound > 0 && slower <= this.total / 100) slower += this.counts[--bound]!;
    return SHORTEST_MS * 2 ** (bound / BOUNDS_PER_DOUBLING);
  }

  private halve(): void {
    this.total = 0;
    for (let bound = 0; bound < BOUNDS; bound++) {
      this.counts[bound]! >>= 1;
      this.total += this.counts[bound]!;
    }
  }
}
