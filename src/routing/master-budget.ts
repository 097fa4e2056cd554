import type { Clock } from '../clock.js';
import { TokenBucket } from '../health/token-bucket.js';
import type { ResolvedMasterBudget } from '../options/resolve-health-options.js';

/** Counts are halved so often: a share is one of the last seconds. */
const HALF_LIFE_MS = 5_000;
/** With fewer reads there is no share to speak of. */
const FEWEST_READS = 20;

/** How many reads that belong on slaves the master takes over, so that a master sized for writes survives losing its slaves. */
export class MasterBudget {
  private readonly rate: TokenBucket | undefined;
  private reads = 0;
  private onMaster = 0;
  private halvedAtMs: number;

  constructor(
    readonly options: ResolvedMasterBudget,
    private readonly clock: Clock,
  ) {
    const { perSecond } = options;
    const atOnce = perSecond > 0 ? Math.max(1, perSecond) : 0;
    this.rate = perSecond < Infinity ? new TokenBucket(atOnce, perSecond, clock) : undefined;
    this.halvedAtMs = clock.nowMs();
  }

  /** Whether one more may run on the master. */
  spend(): boolean {
    if (this.options.share < 1 && !this.isWithinShare()) return false;
    if (this.rate && !this.rate.take()) return false;
    this.onMaster++;
    return true;
  }

  /** Whether one more could, without taking its place. */
  hasRoom(): boolean {
    return (this.options.share === 1 || this.isWithinShare()) && (!this.rate || !this.rate.isEmpty);
  }

  /** A read was routed, wherever it went. */
  read(): void {
    if (this.options.share === 1) return;
    const nowMs = this.clock.nowMs();
    this.reads++;
    if (nowMs - this.halvedAtMs < HALF_LIFE_MS) return;
    this.halvedAtMs = nowMs;
    this.reads /= 2;
    this.onMaster /= 2;
  }

  private isWithinShare(): boolean {
    return this.onMaster + 1 <= this.options.share * Math.max(this.reads, FEWEST_READS);
  }
}
