import type { Context } from '../context/context.js';
import { ANYWHERE, type Seen, see, settleAt, slaveAt } from '../context/seen.js';
import type { BookmarkCodec } from './bookmark-codec.js';
import { type CarriedFaults, noFaults } from './carried-faults.js';
import { isSameEpoch } from './position.js';
import type { ReadConsistency } from './read-consistency.js';

/**
 * Between what clients carry and what contexts know. A bookmark that can't be relied on says only that the client was
 * here before: it counts as having seen everything up to now, which is never stale, costs one question to the master, and
 * ends with the next response.
 */
export class Bookmarks {
  private readonly counts = noFaults();

  constructor(
    private readonly codec: BookmarkCodec,
    private readonly reads: ReadConsistency,
    private readonly isSlave: (name: string) => boolean,
    /** Runs once, when a client is first given a bookmark. */
    private firstIssued: (() => void) | undefined,
  ) {}

  get faults(): CarriedFaults {
    return { ...this.counts };
  }

  /** Lets a context continue where its client stood; several bookmarks merge to the furthest. */
  restore(context: Context, bookmarks: readonly string[]): void {
    for (const text of bookmarks) this.restoreOne(context, text);
  }

  /** The context's bookmark, or undefined where nothing was seen. Never rejects: what can't be settled says so. */
  async issue(context: Context): Promise<string | undefined> {
    const { seen } = context.work;
    if (seen.unsettled === ANYWHERE) await this.reads.settle(seen).catch(() => undefined);
    return this.current(context);
  }

  /** The context's bookmark together with another one. */
  async merged(context: Context, other: string | undefined): Promise<string | undefined> {
    const both: Context = { ...context, work: { ...context.work, seen: { ...context.work.seen } } };
    if (other !== undefined) this.restore(both, [other]);
    return this.issue(both);
  }

  /** The bookmark as it stands, without asking anybody. */
  current({ work: { seen } }: Context): string | undefined {
    const { latest } = this.reads.master;
    if (seen.position === 0n && seen.unsettled === undefined) return undefined;
    this.firstIssued?.();
    this.firstIssued = undefined;
    const epoch = latest?.epoch ?? { system: '', timeline: 0 };
    return this.codec.encode({ epoch, position: seen.position, unsettled: seen.unsettled });
  }

  private restoreOne({ work }: Context, text: string): void {
    const decoded = this.codec.decode(text);
    if (decoded === 'other set') return;
    if (typeof decoded === 'string') return this.distrust(work.seen, decoded);
    const { epoch, position, unsettled } = decoded;
    const current = this.reads.master.latest;
    if (!current) return see(work.seen);
    if (!isSameEpoch(epoch, current.epoch)) return this.distrust(work.seen, 'foreign');
    settleAt(work.seen, position, -1);
    if (unsettled === undefined) return;
    const slave = slaveAt(unsettled);
    if (this.isSlave(slave)) work.slave ??= slave;
    see(work.seen, this.isSlave(slave) ? unsettled : undefined);
  }

  private distrust(seen: Seen, fault: keyof CarriedFaults): void {
    this.counts[fault]++;
    see(seen);
  }
}
