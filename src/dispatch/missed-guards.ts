import { type Clock, pause } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import { TokenBucket } from '../health/token-bucket.js';

/** Each is an ERROR in a server's log, and a round trip in vain. */
const MOST_A_SECOND = 100;

/** What is known of guards that missed: an engine's reads run on the master while it makes too many of them miss. */
export class MissedGuards {
  private readonly byEngine = new WeakMap<Engine, TokenBucket>();

  /** `pauseMs`: how long a server gets to catch up before its engine is tried again. */
  constructor(
    private readonly pauseMs: number,
    private readonly clock: Clock,
  ) {}

  /** Resolves when the read may be tried once more. */
  async missed(engine: Engine): Promise<void> {
    this.bucketOf(engine).take();
    if (this.pauseMs > 0) await pause(this.clock, this.pauseMs);
  }

  areTooMany(engine: Engine): boolean {
    return this.bucketOf(engine).isEmpty;
  }

  private bucketOf(engine: Engine): TokenBucket {
    let bucket = this.byEngine.get(engine);
    if (!bucket)
      this.byEngine.set(engine, (bucket = new TokenBucket(MOST_A_SECOND, MOST_A_SECOND, this.clock)));
    return bucket;
  }
}
