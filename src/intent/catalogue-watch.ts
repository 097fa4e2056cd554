import type { Clock, Timer } from '../clock.js';
import { outsideContexts } from '../context/context-storage.js';
import type { CatalogueRows } from './catalogue-rows.js';

/** Between two looks at the counters. */
const ROUND_MS = 1_000;
/** Between two looks at the catalogue itself, where the counters stand still; and at least, where they don't. */
const EXACT_MS = 10_000;
const LEAST_EXACT_MS = 1_000;
/** The looks at the catalogue itself may take one hundredth of one of the master's processes. */
const SHARE = 100;

/** What a server is asked about its catalogue. Each rejects when it does not answer. */
export interface CatalogueQuestions {
  read(): Promise<CatalogueRows>;
  /** A text that differs, sooner or later, after somebody has written to the catalogue. */
  counters(): Promise<string>;
  /** A text that differs at once when somebody has changed what is read of the catalogue. */
  fingerprint(): Promise<string>;
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
  private isAsked = false;
  private timer: Timer | undefined;
  private running = false;
  private stopped = true;

  constructor(
    private readonly questions: CatalogueQuestions,
    private readonly changed: () => Promise<void>,
    private readonly clock: Clock,
  ) {}

  /** Reads the catalogue, and knows from then on what it was like. */
  async read(): Promise<CatalogueRows> {
    this.fingerprint = undefined;
    const fingerprint = await this.questions.fingerprint();
    const rows = await this.questions.read();
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
    this.timer = this.clock.after(ROUND_MS, () => void this.round());
    this.timer.unref();
  }

  private async round(): Promise<void> {
    this.timer?.cancel();
    this.running = true;
    try {
      if (await this.hasChanged()) await this.changed();
    } catch {
      // the master can't be asked: health tells, and the next round asks again
    }
    this.running = false;
    this.arm();
  }

  private async hasChanged(): Promise<boolean> {
    if (this.fingerprint === undefined) return true; // the last reading failed, or did not see all
    const counters = await this.questions.counters();
    const isMoved = counters !== this.counters || this.isAsked;
    if (!this.mayLook(isMoved ? 0 : EXACT_MS)) return false;
    this.counters = counters;
    this.isAsked = false;
    const beganAtMs = this.clock.nowMs();
    const fingerprint = await this.questions.fingerprint();
    this.lookedAtMs = this.clock.nowMs();
    this.restMs = Math.max(LEAST_EXACT_MS, (this.lookedAtMs - beganAtMs) * SHARE);
    return fingerprint !== this.fingerprint;
  }

  private mayLook(afterMs: number): boolean {
    return this.clock.nowMs() - this.lookedAtMs >= Math.max(this.restMs, afterMs);
  }
}
