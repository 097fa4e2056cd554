import type { Position } from '../freshness/position.js';

interface Sample {
  readonly position: Position;
  readonly atMs: number;
}

export interface Lag {
  readonly ms: number;
  /** Undefined where positions are not told. */
  readonly bytes: number | undefined;
  /** False where the slave may merely be replaying what the master has written since it was first asked. */
  readonly isCertain: boolean;
}

const MOST_SAMPLES = 256;
/** A slave that is behind for less than that is merely replaying. */
const REPLAYING_MS = 1_000;

/**
 * How far slaves are behind, against where the master was and when. Their own clocks don't tell: on an idle master the time
 * since the last replayed transaction grows with nothing to replay.
 */
export class LagMeter {
  private samples: Sample[] = [];

  /** The master's position, and when it was asked for. */
  note(position: Position, atMs: number): void {
    const last = this.samples.at(-1);
    if (last && last.position > position)
      this.reset(); // the master has lost the end of its log in a crash
    else if (last?.position === position) return; // what was there then still is the newest
    this.samples.push({ position, atMs });
    if (this.samples.length > MOST_SAMPLES) this.samples.shift();
  }

  /** Another history has begun. */
  reset(): void {
    this.samples = [];
  }

  /**
   * `replayedMs`: the age of the last transaction that the slave has replayed, which is all there is to say where it is behind
   * every sample. Undefined before the master was asked.
   */
  lagOf(replayed: Position, replayedMs: number | undefined, nowMs: number): Lag | undefined {
    const newest = this.samples.at(-1);
    if (!newest) return undefined;
    if (replayed >= newest.position) return { ms: 0, bytes: 0, isCertain: true };
    const bytes = Number(newest.position - replayed);
    const missing = this.samples.findIndex(({ position }) => position > replayed);
    const sampledMs = nowMs - this.samples[missing]!.atMs;
    const isBehindAll = missing === 0 && sampledMs > REPLAYING_MS;
    const ms = isBehindAll ? Math.max(sampledMs, replayedMs ?? 0) : sampledMs;
    return { ms, bytes, isCertain: missing > 0 || isBehindAll };
  }
}
