/** How much must go to other engines to say that one gets nothing any more. */
const ENOUGH_ELSEWHERE = 500;

/** Which engine each query was sent to, and when. */
export class SentLog {
  private readonly entries: { readonly engine: string; readonly atMs: number }[] = [];

  add = (engine: string): void => void this.entries.push({ engine, atMs: performance.now() });

  /**
   * When the last query went to the engine in that time, the start where none did; undefined where it still gets some at the
   * end, or too little was sent to know.
   */
  quietSince(engine: string, fromMs: number, toMs: number): number | undefined {
    const within = this.entries.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
    const last = within.findLastIndex((entry) => entry.engine === engine);
    return within.length - last > ENOUGH_ELSEWHERE ? (within[last]?.atMs ?? fromMs) : undefined;
  }
}
