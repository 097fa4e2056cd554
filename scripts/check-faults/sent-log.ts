/** How much must go to other engines to say that one gets nothing any more. */
const ENOUGH_ELSEWHERE = 500;

interface Sent {
  readonly engine: string;
  /** Why, where the router says so. */
  readonly reason: string | undefined;
  readonly atMs: number;
}

/** Which engine each query was sent to, and when. */
export class SentLog {
  private readonly entries: Sent[] = [];

  add = (engine: string, reason?: string): void =>
    void this.entries.push({ engine, reason, atMs: performance.now() });

  /** How many were sent for that reason in that time; undefined where the router gives no reasons. */
  countFor(reason: string, fromMs: number, toMs: number): number | undefined {
    if (this.entries.every((entry) => entry.reason === undefined)) return undefined;
    return this.within(fromMs, toMs).filter((entry) => entry.reason === reason).length;
  }

  /**
   * When the last query went to the engine in that time, the start where none did; undefined where it still gets some at the
   * end, or too little was sent to know.
   */
  quietSince(engine: string, fromMs: number, toMs: number): number | undefined {
    const within = this.within(fromMs, toMs);
    const last = within.findLastIndex((entry) => entry.engine === engine);
    return within.length - last > ENOUGH_ELSEWHERE ? (within[last]?.atMs ?? fromMs) : undefined;
  }

  private within(fromMs: number, toMs: number): readonly Sent[] {
    return this.entries.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  }
}
