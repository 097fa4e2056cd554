import type { Reason } from '../routing/decision.js';
import type { ReadShare, StayingReads } from '../routing/routing-report.js';

/** What is known of one read when it has ended. */
export interface TalliedRead {
  readonly moved: boolean;
  readonly reason: Reason;
  readonly waited: boolean;
  readonly ms: number;
}

/** Counts reads, and why they stay. Its size does not grow: the reasons are a fixed list. */
export class Tally {
  count = 0;
  private ms = 0;
  private moved = 0;
  private movedMs = 0;
  private waited = 0;
  private readonly staying = new Map<Reason, { count: number; ms: number }>();

  add({ moved, reason, waited, ms }: TalliedRead): void {
    this.count++;
    this.ms += ms;
    if (!moved) return this.stay(reason, ms);
    this.moved++;
    this.movedMs += ms;
    if (waited) this.waited++;
  }

  get share(): ReadShare {
    const { count, ms, moved, movedMs, waited } = this;
    const [share, timeShare] = [count > 0 ? moved / count : 0, ms > 0 ? movedMs / ms : 0];
    return { reads: count, ms, moved, movedMs, share, timeShare, waited };
  }

  get stays(): readonly StayingReads[] {
    const all = [...this.staying].map(([reason, { count, ms }]) => ({ reason, reads: count, ms }));
    return all.toSorted((a, b) => b.reads - a.reads);
  }

  private stay(reason: Reason, ms: number): void {
    const known = this.staying.get(reason);
    if (!known) return void this.staying.set(reason, { count: 1, ms });
    known.count++;
    known.ms += ms;
  }
}
