import { type Clock, type Timer } from '../clock.js';
import { outsideContexts } from '../context/context-storage.js';
import { UsualTime } from './usual-time.js';

/** What is faster than this is not worth a second read, and a busy process is late by as much itself. In ms. */
const SHORTEST_WAIT_MS = 5;
/** Answers that have come meanwhile, while this process was busy, are heard before a read counts as late. */
const TURN_MS = 1;

/** A read that waits for a slave. `ReadsUnderWay` writes all but `isLate`. */
export interface ReadUnderWay {
  /** When it began, in ms of the clock. */
  sinceMs: number;
  isUnderWay: boolean;
  before: ReadUnderWay | undefined;
  after: ReadUnderWay | undefined;
  /** It takes longer than 99 of 100 do. Called once. */
  isLate(): void;
}

/**
 * The reads that wait for one slave, in the order in which they began, and how long they usually take. One timer serves all, only while
 * there are any: a timer for each would cost more than all else here.
 */
export class ReadsUnderWay {
  private readonly usual = new UsualTime();
  private first: ReadUnderWay | undefined;
  private last: ReadUnderWay | undefined;
  private timer: Timer | undefined;
  /** When the first one was found late for the first time. */
  private lateAtMs: number | undefined;

  constructor(private readonly clock: Clock) {}

  begins(read: ReadUnderWay): void {
    read.sinceMs = this.clock.nowMs();
    read.isUnderWay = true;
    read.before = this.last;
    if (this.last) this.last.after = read;
    else this.first = read;
    this.last = read;
    if (!this.timer) this.lookAt(read);
  }

  /** It was answered, after so many ms. `isUsual`: it took as long as this slave takes. */
  answered(read: ReadUnderWay, isUsual = true): number {
    const tookMs = this.clock.nowMs() - read.sinceMs;
    if (isUsual) this.usual.add(tookMs);
    this.leaves(read);
    return tookMs;
  }

  /** It waits no longer, whatever the reason. */
  leaves(read: ReadUnderWay): void {
    if (!read.isUnderWay) return;
    read.isUnderWay = false;
    if (read.before) read.before.after = read.after;
    else this.first = read.after;
    if (read.after) read.after.before = read.before;
    else this.last = read.before;
    read.before = read.after = undefined;
  }

  /** After how many ms a read is late; undefined until so many were answered that it is known. */
  get lateMs(): number | undefined {
    const { p99Ms } = this.usual;
    return p99Ms === undefined ? undefined : Math.max(p99Ms, SHORTEST_WAIT_MS);
  }

  private look(): void {
    this.timer = undefined;
    const { first, lateMs, lateAtMs } = this;
    this.lateAtMs = undefined;
    if (!first || lateMs === undefined) return;
    const nowMs = this.clock.nowMs();
    if (lateAtMs !== undefined) this.tell(lateAtMs - lateMs);
    else if (first.sinceMs + lateMs <= nowMs) this.lateAtMs = nowMs;
    if (this.lateAtMs !== undefined) this.lookAfter(TURN_MS);
    else if (this.first) this.lookAt(this.first);
  }

  /** Those that began by then are late. */
  private tell(untilMs: number): void {
    for (let read = this.first; read && read.sinceMs <= untilMs; read = this.first) {
      this.leaves(read);
      read.isLate();
    }
  }

  private lookAt({ sinceMs }: ReadUnderWay): void {
    const { lateMs } = this;
    if (lateMs !== undefined) this.lookAfter(Math.max(TURN_MS, sinceMs + lateMs - this.clock.nowMs()));
  }

  /** In no context: the timer serves the reads of many. */
  private lookAfter(ms: number): void {
    this.timer = outsideContexts(() => this.clock.after(ms, () => this.look()));
    this.timer.unref();
  }
}
