import type { Clock, Timer } from '../clock.js';
import { outsideContexts } from '../context/context-storage.js';
import type { CatalogueRows } from './catalogue-rows.js';

/** Between two looks at the counters, and between two where nothing uses what is known. */
const ROUND_MS = 1_000;
const IDLE_MS = 10_000;
/** Between two looks at the catalogue itself, where the counters stand still; and at least, where they don't. */
const EXACT_MS = 10_000;
const LEAST_EXACT_MS = 1_000;
/** The looks at the catalogue itself, and its readings, may take one hundredth of one of the master's processes. */
const SHARE = 100;
/** What others have changed is read at most so long after it was noticed. */
const LONGEST_SPREAD_MS = 10_000;

/** What a server is asked about its catalogue. Each rejects when it does not answer. */
export interface CatalogueQuestions {
  read(): Promise<CatalogueRows>;
  /** A text that differs, sooner or later, after somebody has written to the catalogue. */
  counters(): Promise<string>;
  /** A text that differs at once when somebody has changed what is read of the catalogue. */
  fingerprint(): Promise<string>;
}

/** What a watch is put together from. */
export interface CatalogueWatchParts {
  readonly questions: CatalogueQuestions;
  /** Called when somebody has changed the catalogue. Never rejects. */
  readonly changed: () => Promise<void>;
  /** Whether queries have come of late. */
  readonly isUsed: () => boolean;
  readonly clock: Clock;
  /** From 0 up to 1: the processes of a fleet notice a change together, and must not read it together. */
  readonly random: () => number;
}

/**
 * Notices that anybody has changed the catalogue since it was read last: by the counters within about a second, by its
 * fingerprint within ten, and at once where this process has run what may have done it.
 */
export class CatalogueWatch {
  /** Of the catalogue that was read last, or of one before it: never of a later one. */
  private fingerprint: string | undefined;
  private counters: string | undefined;
  private lookedAtMs = -Infinity;
  private restMs = LEAST_EXACT_MS;
  private readingMs = 0;
  /** When others' change is to be read. */
  private dueAtMs: number | undefined;
  private askedAtMs = -Infinity;
  private isAsked = false;
  private timer: Timer | undefined;
  private running = false;
  private stopped = true;

  constructor(private readonly parts: CatalogueWatchParts) {}

  /** Reads the catalogue, and knows from then on what it was like. */
  async read(): Promise<CatalogueRows> {
    const { questions, clock } = this.parts;
    this.fingerprint = undefined;
    this.dueAtMs = undefined;
    const fingerprint = await questions.fingerprint();
    const beganAtMs = clock.nowMs();
    const rows = await questions.read();
    this.readingMs = clock.nowMs() - beganAtMs;
    if (rows.locked.length === 0) this.fingerprint = fingerprint; // else the next round reads on
    return rows;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.arm();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** Something has ended that may have changed it. */
  look(): void {
    this.isAsked = true;
    if (!this.running && !this.stopped && this.mayLook(0)) void outsideContexts(() => this.round());
  }

  private arm(): void {
    if (this.stopped) return;
    const dueMs = this.dueAtMs === undefined ? ROUND_MS : this.dueAtMs - this.parts.clock.nowMs();
    this.timer = this.parts.clock.after(Math.min(ROUND_MS, Math.max(0, dueMs)), () => void this.round());
    this.timer.unref();
  }

  private async round(): Promise<void> {
    const { changed, clock } = this.parts;
    this.timer?.cancel();
    this.running = true;
    try {
      if (this.dueAtMs === undefined && this.isToAsk()) await this.notice();
      else if (this.dueAtMs !== undefined && this.isAsked) this.isDueNow(); // what ran here may be another change
      if (this.dueAtMs !== undefined && clock.nowMs() >= this.dueAtMs) await changed();
    } catch {
      // the master can't be asked: health tells, and the next round asks again
    }
    this.running = false;
    this.arm();
  }

  private isDueNow(): void {
    this.isAsked = false;
    this.dueAtMs = this.parts.clock.nowMs();
  }

  private isToAsk(): boolean {
    const { clock, isUsed } = this.parts;
    return this.isAsked || isUsed() || clock.nowMs() - this.askedAtMs >= IDLE_MS;
  }

  private async notice(): Promise<void> {
    const { clock, random } = this.parts;
    const { isAsked } = this;
    this.askedAtMs = clock.nowMs();
    if (!(await this.hasChanged())) return;
    const spreadMs = isAsked ? 0 : Math.min(this.readingMs * SHARE, LONGEST_SPREAD_MS);
    this.dueAtMs = clock.nowMs() + random() * spreadMs;
  }

  private async hasChanged(): Promise<boolean> {
    const { questions, clock } = this.parts;
    if (this.fingerprint === undefined) return true; // the last reading failed, or did not see all
    const counters = await questions.counters();
    const isMoved = counters !== this.counters || this.isAsked;
    if (!this.mayLook(isMoved ? 0 : EXACT_MS)) return false;
    this.counters = counters;
    this.isAsked = false;
    const beganAtMs = clock.nowMs();
    const fingerprint = await questions.fingerprint();
    this.lookedAtMs = clock.nowMs();
    this.restMs = Math.max(LEAST_EXACT_MS, (this.lookedAtMs - beganAtMs) * SHARE);
    return fingerprint !== this.fingerprint;
  }

  private mayLook(afterMs: number): boolean {
    return this.parts.clock.nowMs() - this.lookedAtMs >= Math.max(this.restMs, afterMs);
  }
}
