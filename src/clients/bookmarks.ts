import type { Clock } from '../clock.js';
import type { Context, Work } from '../context/context.js';
import {
  ANYWHERE,
  COVERED,
  type Seen,
  bring,
  bringPosition,
  showSomewhere,
  slaveOf,
} from '../context/seen.js';
import { RELIED_ON_MS, othersToCarry, toCarry } from './carried-server.js';
import type { Bookmark, BookmarkCodec, CarriedBookmark } from './bookmark-codec.js';
import { type CarriedFaults, noFaults } from './carried-faults.js';
import { type Epoch, isSameEpoch } from '../freshness/position.js';
import type { Freshness } from '../freshness/freshness.js';

/** Of a bookmark that was issued before the master was asked for the first time. */
const NO_EPOCH = { system: '', timeline: 0 };

/** A client that brings more is after something else; each costs a signature. */
const MOST = 100;

/** What bookmarks are put together from. */
export interface BookmarksParts {
  readonly codec: BookmarkCodec;
  readonly freshness: Freshness;
  readonly isSlave: (name: string) => boolean;
  /** Runs once, when a client is first given a bookmark. */
  readonly firstIssued: () => void;
  /** Runs when a client has seen a newer timeline of this system than the master's. */
  readonly newerTimeline: (timeline: number) => void;
  /** For how long what a client has seen counts where the master tells no positions. */
  readonly seconds: number;
  /** How long a bookmark counts. */
  readonly maxAgeSeconds: number;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** Where a context stands, to be compared with where it stands later. */
export interface Standing {
  readonly content: string;
  readonly marks: number;
  readonly position: bigint;
}

/**
 * Between what clients carry and what contexts know. A bookmark that can't be relied on says only that the client was
 * here before: it counts as having seen everything up to now, which is never stale, costs one question to the master, and
 * ends with the next response.
 */
export class Bookmarks {
  private readonly counts = noFaults();

  private readonly codec: BookmarkCodec;
  private readonly freshness: Freshness;
  private readonly isSlave: (name: string) => boolean;
  private firstIssued: (() => void) | undefined;

  constructor(private readonly parts: BookmarksParts) {
    this.codec = parts.codec;
    this.freshness = parts.freshness;
    this.isSlave = parts.isSlave;
    this.firstIssued = parts.firstIssued;
  }

  get faults(): CarriedFaults {
    return { ...this.counts };
  }

  /** Lets a context continue where its client stood; several bookmarks merge to the furthest. */
  restore(context: Context, bookmarks: readonly string[]): void {
    if (bookmarks.length > MOST) return this.distrust(context.work.seen, 'malformed');
    for (const text of bookmarks) this.restoreOne(context, text);
  }

  /** The context's bookmark, or undefined where nothing was seen. Never rejects: what can't be settled says so. */
  async issue(context: Context): Promise<string | undefined> {
    const { seen } = context.work;
    if (seen.unsettled === ANYWHERE) await this.freshness.settle(seen).catch(() => undefined);
    return this.current(context);
  }

  /** The context's bookmark together with another one. */
  async merged(context: Context, other: string | undefined): Promise<string | undefined> {
    const both: Context = { ...context, work: { ...context.work, seen: { ...context.work.seen } } };
    if (other !== undefined) this.restore(both, [other]);
    return this.issue(both);
  }

  /** The bookmark as it stands, without asking anybody. */
  current({ work }: Context): string | undefined {
    const { position } = work.seen;
    const carried = this.toCarry(work);
    if (position === 0n && carried.unsettled === undefined) return undefined;
    return this.encode({ position, ...carried });
  }

  /** One that says nothing but that its client asks the master for so many seconds. */
  mark(seconds: number): string {
    const asksUntilMs = this.parts.clock.wallMs() + seconds * 1000;
    return this.encode({ position: 0n, unsettled: ANYWHERE, asksUntilMs });
  }

  /** The server where more was seen than the bookmark's position says. */
  serverOf({ work }: Context): string | undefined {
    return this.toCarry(work).unsettled;
  }

  /** What the context's bookmark says, to be compared with what it says later. */
  content({ work }: Context): string {
    const { unsettled, others } = this.toCarry(work);
    const ofOthers = others ? `:${others.position}:${others.written.join('')}` : '';
    return `${work.seen.position}:${unsettled ?? ''}${ofOthers}`;
  }

  standing(context: Context): Standing {
    const { marks, position } = context.work.seen;
    return { content: this.content(context), marks, position };
  }

  /** Whether nothing came since but what reads on one slave have shown. */
  hasOnlyRead(context: Context, { position }: Standing): boolean {
    const { wrote, seen } = context.work;
    return !wrote && seen.position === position && this.serverOf(context) !== ANYWHERE;
  }

  /**
   * Whether the client is to be told: not where the bookmark that it has covers for certain what was seen since, also after
   * its other responses have replaced that bookmark, and again what they replaced it by.
   */
  hasNews(context: Context, { content, marks }: Standing): boolean {
    const { seen } = context.work;
    if (seen.isOld || this.content(context) !== content) return true;
    if (seen.marks === marks || seen.unsettled === undefined) return false;
    return seen.unsettled === ANYWHERE || this.parts.clock.wallMs() > seen.reliedUntilMs;
  }

  private encode(bookmark: Omit<Bookmark, 'epoch'>): string {
    this.firstIssued?.();
    this.firstIssued = undefined;
    return this.codec.encode({ epoch: this.freshness.master.latest?.epoch ?? NO_EPOCH, ...bookmark });
  }

  private toCarry(work: Work): Pick<Bookmark, 'unsettled' | 'asksUntilMs' | 'others'> {
    const { clock, maxAgeSeconds } = this.parts;
    const carried = toCarry(work, { nowMs: clock.wallMs(), maxAgeMs: maxAgeSeconds * 1000 });
    return { ...carried, others: othersToCarry(work.seen, carried.unsettled) };
  }

  private restoreOne({ work }: Context, text: string): void {
    const decoded = this.codec.decode(text);
    if (decoded === 'other set') return;
    if (typeof decoded === 'string') return this.distrust(work.seen, decoded);
    if (!this.freshness.isTold) return this.byTime(work, decoded);
    const { epoch, position, isOld } = decoded;
    const current = this.freshness.master.latest;
    if (!current || epoch.system === NO_EPOCH.system) return bring(work.seen);
    if (!isSameEpoch(epoch, current.epoch)) return this.foreign(work.seen, epoch, current.epoch);
    bringPosition(work.seen, position, decoded.others && { ...decoded.others, unsettled: undefined });
    work.seen.isOld ||= isOld;
    this.restoreServer(work, decoded);
  }

  private restoreServer(work: Work, { unsettled, asksUntilMs, ageSeconds }: CarriedBookmark): void {
    const { seen } = work;
    const nowMs = this.parts.clock.wallMs();
    const asks = asksUntilMs !== undefined && asksUntilMs > nowMs;
    if (asks) seen.asksUntilMs = Math.max(seen.asksUntilMs, asksUntilMs);
    if (unsettled === undefined && !asks) return;
    if (unsettled === COVERED && !asks) return showSomewhere(seen);
    const server = unsettled !== undefined && this.isSlave(slaveOf(unsettled)) ? unsettled : undefined;
    if (server !== undefined) work.slave ??= slaveOf(server);
    if (asks || server === undefined) return bring(seen);
    bring(seen, server);
    seen.reliedUntilMs = Math.max(seen.reliedUntilMs, nowMs - ageSeconds * 1000 + RELIED_ON_MS);
  }

  /** Where the master tells no positions a client stays where it has read, and on the master where it wrote, for a while. */
  private byTime(work: Work, { unsettled = ANYWHERE, ageSeconds }: CarriedBookmark): void {
    if (ageSeconds > this.parts.seconds) return;
    const slave = slaveOf(unsettled);
    if (this.isSlave(slave)) work.slave ??= slave;
    bring(work.seen, this.isSlave(slave) ? unsettled : undefined);
  }

  private foreign(seen: Seen, epoch: Epoch, current: Epoch): void {
    if (epoch.system === current.system && epoch.timeline > current.timeline)
      this.parts.newerTimeline(epoch.timeline);
    this.distrust(seen, 'foreign');
  }

  private distrust(seen: Seen, fault: keyof CarriedFaults): void {
    this.counts[fault]++;
    bring(seen);
  }
}
