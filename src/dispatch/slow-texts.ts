import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';

/** More are forgotten, the one that was met longest ago first. */
const MOST_TEXTS = 1_000;
/** Then it is tried once more whether another slave answers sooner. */
const REMEMBERED_MS = 60_000;
/** Two slaves that take no more than so many times as long as each other take long for the query's sake. */
const ALIKE = 4;

/** Queries that take long on any slave, such as a report: a second slave would only do the same work again. */
export class SlowTexts {
  private readonly untilMs = new LRUCache<string, number>({ max: MOST_TEXTS });

  constructor(private readonly clock: Clock) {}

  has(sql: string): boolean {
    return (this.untilMs.get(sql) ?? 0) > this.clock.nowMs();
  }

  /** Two slaves have answered it, after so many ms each; `lateMs`: what took longer was late. */
  answered(sql: string, [oneMs, otherMs]: readonly [number, number], lateMs: number): void {
    const [least, most] = [Math.min(oneMs, otherMs), Math.max(oneMs, otherMs)];
    if (least > lateMs && most <= ALIKE * least) this.untilMs.set(sql, this.clock.nowMs() + REMEMBERED_MS);
  }
}
