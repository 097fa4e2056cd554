import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import { outsideContexts } from '../context/context-storage.js';
import type { RoutingLogger } from '../routing-logger.js';
import { Catalogue, type JudgeSql } from './catalogue.js';
import type { CatalogueRows } from './catalogue-rows.js';

/** How long after a reading an unknown name may ask for the next one; twice as long after each that found nothing new. */
const LEAST_INTERVAL_MS = 1_000;
const LONGEST_INTERVAL_MS = 60_000;

/** What the keeper is put together from. */
export interface CatalogueKeeperParts {
  readonly read: () => Promise<CatalogueRows>;
  readonly judge: JudgeSql;
  readonly logger: RoutingLogger;
  readonly clock: Clock;
  /** Called when something else is known than before. */
  readonly changed: () => void;
}

/**
 * Owns the one catalogue of a set of engines. Readings run one at a time, in the background; what asks for one during a
 * reading gets another after it, since the reading may have begun before what the asker knows of.
 */
export class CatalogueKeeper {
  private catalogue: Catalogue | undefined;
  private outdated: Catalogue | undefined;
  private reading: Promise<void> | undefined;
  private askedAgain = false;
  private readAtMs = -Infinity;
  private intervalMs = LEAST_INTERVAL_MS;
  /** What tells the rows that the catalogue was made of from others. */
  private digest = '';
  private failing = false;
  private stopped = false;

  constructor(private readonly parts: CatalogueKeeperParts) {}

  /** Undefined until it was read, and while it is read anew after DDL. */
  current(): Catalogue | undefined {
    return this.catalogue;
  }

  /** What was read last: while it is read anew, what it calls unsafe is still best left alone. */
  latest(): Catalogue | undefined {
    return this.catalogue ?? this.outdated;
  }

  /** DDL ran through us: what is known may be wrong, so it is forgotten until it is read again. */
  invalidate(): void {
    this.outdated = this.latest();
    this.catalogue = undefined;
    this.intervalMs = LEAST_INTERVAL_MS;
    this.parts.changed();
    void this.refresh();
  }

  /** A query named something unknown: somebody else may have created it. Asks once a second, or less often. */
  request(): void {
    if (this.reading || this.parts.clock.nowMs() - this.readAtMs < this.intervalMs) return;
    void this.refresh();
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
  }

  private async readUntilNobodyAsks(): Promise<void> {
    do {
      this.askedAgain = false;
      await this.readOnce();
    } while (this.askedAgain && !this.stopped);
  }

  private async readOnce(): Promise<void> {
    try {
      const rows = await this.parts.read();
      this.failing = false;
      if (!this.askedAgain && !this.stopped) this.take(rows);
    } catch (error) {
      this.warn(error);
    } finally {
      this.readAtMs = this.parts.clock.nowMs();
    }
  }

  /** What is decided stands where nothing has changed. */
  private take(rows: CatalogueRows): void {
    const digest = createHash('sha256').update(JSON.stringify(rows)).digest('hex');
    if (this.catalogue && digest === this.digest) {
      this.intervalMs = Math.min(this.intervalMs * 2, LONGEST_INTERVAL_MS);
      return;
    }
    this.catalogue = new Catalogue(rows, this.parts.judge);
    this.outdated = undefined;
    this.digest = digest;
    this.intervalMs = LEAST_INTERVAL_MS;
    this.parts.changed();
  }

  /** Once, however long it lasts. */
  private warn(error: unknown): void {
    if (this.stopped || this.failing) return;
    this.failing = true;
    this.parts.logger.warn(
      `The master's catalogue can't be read, so functions mean master: ${(error as Error).message}`,
    );
  }
}
