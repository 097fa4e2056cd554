import { createHash } from 'node:crypto';
import { type Clock, idle } from '../clock.js';
import { outsideContexts } from '../context/context-storage.js';
import type { RoutingLogger } from '../routing-logger.js';
import { Catalogue, type JudgeSql } from './catalogue.js';
import type { CatalogueRows } from './catalogue-rows.js';
import { type CatalogueQuestions, CatalogueWatch } from './catalogue-watch.js';

/** How long after a reading an unknown name may ask for the next one; twice as long after each that found nothing new. */
const LEAST_INTERVAL_MS = 1_000;
const LONGEST_INTERVAL_MS = 60_000;

/** So long after a reading has begun queries may wait for it. */
const LONGEST_WAIT_MS = 1_000;

/** What the keeper is put together from. */
export interface CatalogueKeeperParts {
  readonly questions: CatalogueQuestions;
  readonly judge: JudgeSql;
  readonly logger: RoutingLogger;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Whether queries have come of late; while none do, the server is seldom asked. */
  readonly isUsed: () => boolean;
  /** Called when something else is known than before. */
  readonly changed: () => void;
}

/**
 * Owns the one catalogue of a set of engines. Readings run one at a time, in the background; what asks for one during a
 * reading gets another after it, since the reading may have begun before what the asker knows of.
 */
export class CatalogueKeeper {
  private readonly watch: CatalogueWatch;
  private catalogue: Catalogue | undefined;
  private reading: Promise<void> | undefined;
  private readingSinceMs = 0;
  private askedAgain = false;
  /** Counts DDL of ours: a reading that began before the last one leaves doubts. */
  private invalidations = 0;
  private readAtMs = -Infinity;
  private intervalMs = LEAST_INTERVAL_MS;
  /** What tells the rows that the catalogue was made of from others. */
  private digest = '';
  private failing = false;
  private stopped = false;

  constructor(private readonly parts: CatalogueKeeperParts) {
    this.watch = new CatalogueWatch({ ...parts, changed: () => this.refresh() });
  }

  /** As it was read last, in doubt while it is read anew after DDL; undefined until it was read. */
  current(): Catalogue | undefined {
    return this.catalogue;
  }

  /** DDL ran through us: what it can have changed is in doubt until it is read again. */
  invalidate(): void {
    this.invalidations++;
    if (this.catalogue) this.catalogue.isInDoubt = true;
    this.intervalMs = LEAST_INTERVAL_MS;
    this.parts.changed();
    void this.refresh();
  }

  /** Something ran through us that may have run DDL: what is known stands unless the catalogue says otherwise. */
  look(): void {
    this.watch.look();
  }

  /** A query named something unknown: somebody else may have created it. Asks once a second, or less often. */
  request(): void {
    if (this.reading || this.parts.clock.nowMs() - this.readAtMs < this.intervalMs) return;
    void this.refresh();
  }

  /** Resolves when the reading under way has ended, or has taken too long; undefined where there is none to wait for. */
  awaited(): Promise<void> | undefined {
    const { clock } = this.parts;
    const leftMs = this.readingSinceMs + LONGEST_WAIT_MS - clock.nowMs();
    return this.reading && leftMs > 0 ? Promise.race([this.reading, idle(clock, leftMs)]) : undefined;
  }

  /** Reads now, or once more after the reading under way. Never rejects; resolves when nothing is left to read. */
  refresh(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    if (this.reading) this.askedAgain = true;
    return (this.reading ??= outsideContexts(() => this.readUntilNobodyAsks()).finally(
      () => (this.reading = undefined),
    ));
  }

  /** Readings begin again, when the next one is asked for. */
  start(): void {
    this.stopped = false;
  }

  /** From here on nothing is read; a reading under way ends with the connection it runs on. */
  stop(): void {
    this.stopped = true;
    this.watch.stop();
  }

  private async readUntilNobodyAsks(): Promise<void> {
    this.readingSinceMs = this.parts.clock.nowMs();
    this.watch.start();
    do {
      this.askedAgain = false;
      await this.readOnce();
    } while (this.askedAgain && !this.stopped);
  }

  private async readOnce(): Promise<void> {
    const { invalidations } = this;
    try {
      const rows = await this.watch.read();
      this.failing = false;
      if (!this.stopped) this.take(rows, invalidations !== this.invalidations);
    } catch (error) {
      this.warn(error);
    } finally {
      this.readAtMs = this.parts.clock.nowMs();
    }
  }

  /** What is decided stands where nothing has changed. */
  private take(rows: CatalogueRows, isInDoubt: boolean): void {
    const digest = createHash('sha256').update(JSON.stringify(rows)).digest('hex');
    if (this.catalogue && digest === this.digest) {
      this.intervalMs = Math.min(this.intervalMs * 2, LONGEST_INTERVAL_MS);
      if (this.catalogue.isInDoubt === isInDoubt) return;
    } else {
      this.catalogue = new Catalogue(rows, this.parts.judge);
      this.digest = digest;
      this.intervalMs = LEAST_INTERVAL_MS;
    }
    this.catalogue.isInDoubt = isInDoubt;
    this.parts.changed();
  }

  /** Once, however long it lasts. */
  private warn(error: unknown): void {
    if (this.stopped || this.failing) return;
    this.failing = true;
    const what = this.catalogue ? 'what was changed since' : 'every read';
    this.parts.logger.warn(
      `The master's catalogue can't be read, so ${what} means master: ${(error as Error).message}`,
    );
  }
}
