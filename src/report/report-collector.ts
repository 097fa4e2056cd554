import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';
import { TokenBucket } from '../health/token-bucket.js';
import type { Classification } from '../intent/intent.js';
import { queryShape } from '../intent/query-shape.js';
import type { Mode } from '../options/mode.js';
import { reportPage } from './report-page.js';
import type { FoundReadThenWrite, RoutingReport } from '../routing/routing-report.js';
import { ShapeTally } from './shape-tally.js';
import { Tally, type TalliedRead } from './tally.js';

const MOST_HANDLERS = 200;
const MOST_SHAPES = 500;
const MOST_FOUND = 200;
/** By text a shape is found at once. Texts with values in them are as many as there are values. */
const TEXTS = {
  max: 2_000,
  maxSize: 4_000_000,
  sizeCalculation: (_: unknown, sql: string) => sql.length + 1,
};
/** Finding a text's shape takes 10 µs and more, so it is not done for each of them without end. */
const NEW_TEXTS_AT_ONCE = 1_000;
const NEW_TEXTS_PER_SECOND = 20;

/** What went to slaves, or would have, and why the rest did not. Bounded: what is beyond is counted together. */
export class ReportCollector {
  private total = new Tally();
  private writes = 0;
  private readonly handlers = new Map<string, Tally>();
  private readonly shapes = new Map<string, ShapeTally>();
  private readonly texts = new LRUCache<string, ShapeTally>(TEXTS);
  private readonly found: FoundReadThenWrite[] = [];
  private readonly newTexts: TokenBucket;
  private sinceMs: number;

  constructor(
    private readonly set: string,
    private readonly clock: Clock,
  ) {
    this.newTexts = new TokenBucket(NEW_TEXTS_AT_ONCE, NEW_TEXTS_PER_SECOND, clock);
    this.sinceMs = clock.wallMs();
  }

  /** Another mode from here on: what was counted by the last one says nothing of it. */
  clear(): void {
    this.total = new Tally();
    this.writes = 0;
    this.handlers.clear();
    this.shapes.clear();
    this.texts.clear();
    this.found.length = 0;
    this.sinceMs = this.clock.wallMs();
  }

  /** The tally of a text's shape; undefined where so many are told apart already. */
  shapeOf(sql: string, builder: unknown): ShapeTally | undefined {
    const known = this.texts.get(sql);
    if (known || !this.newTexts.take()) return known;
    const shape = queryShape(builder, sql);
    let tally = this.shapes.get(shape);
    if (!tally) {
      if (this.shapes.size >= MOST_SHAPES) return undefined;
      this.shapes.set(shape, (tally = new ShapeTally(shape, sql)));
    }
    this.texts.set(sql, tally);
    return tally;
  }

  /** A query has ended. */
  count(
    handler: string,
    shape: ShapeTally | undefined,
    classification: Classification,
    read: TalliedRead,
  ): void {
    const isRead = shape?.isRead(classification) ?? classification.intent !== 'write';
    if (!isRead) return void this.writes++;
    this.total.add(read);
    this.handlerOf(handler)?.add(read);
    shape?.add(read);
    if (!read.moved) shape?.hold(classification);
  }

  foundReadThenWrite(found: FoundReadThenWrite): void {
    if (this.found.length < MOST_FOUND) this.found.push(found);
  }

  report(mode: Mode): RoutingReport {
    const { total, writes, set: name, sinceMs } = this;
    const shapes = [...this.shapes.values()].filter(({ count }) => count > 0).toSorted(mostFirst);
    const handlers = [...this.handlers].toSorted(([, a], [, b]) => mostFirst(a, b));
    const held = shapes.flatMap(({ shape, site, held: because, share: { reads, ms } }) =>
      because === undefined ? [] : [{ shape, site, because, reads, ms }],
    );
    const report: RoutingReport = {
      name,
      mode,
      since: new Date(sinceMs),
      forMs: this.clock.wallMs() - sinceMs,
      total: total.share,
      writes,
      stays: total.stays,
      handlers: handlers.map(([handler, { share, stays }]) => ({ handler, ...share, stays })),
      shapes: shapes.map(({ shape, site, share, stays }) => ({ shape, site, ...share, stays })),
      held,
      readThenWrites: [...this.found],
      untold: {
        handlers: total.count - sumOf(handlers.map(([, tally]) => tally)),
        shapes: total.count - sumOf(shapes),
      },
    };
    return Object.defineProperty(report, 'toString', { value: () => reportPage(report) });
  }

  private handlerOf(name: string): Tally | undefined {
    let tally = this.handlers.get(name);
    if (!tally && this.handlers.size < MOST_HANDLERS) this.handlers.set(name, (tally = new Tally()));
    return tally;
  }
}

function mostFirst(a: Tally, b: Tally): number {
  return b.count - a.count;
}

function sumOf(tallies: readonly Tally[]): number {
  return tallies.reduce((sum, { count }) => sum + count, 0);
}
