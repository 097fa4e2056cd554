import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';

/** So many at once are kept apart; beyond them the oldest is new again. */
const MOST = 1000;

/**
 * Pins that can't be verified. They may be a writer's all the same, damaged on their way or signed by a process with a
 * secret of its own; so each counts for one pin window, from when it first came, and never again.
 */
export class DoubtfulPins {
  private readonly firstCameAt = new LRUCache<string, number>({ max: MOST });

  constructor(
    private readonly windowSeconds: number,
    private readonly clock: Pick<Clock, 'wallMs'>,
  ) {}

  counts(text: string): boolean {
    const key = createHash('sha256').update(text).digest('base64'); // a text may be long
    const now = this.clock.wallMs() / 1000;
    const firstCameAt = this.firstCameAt.get(key) ?? now;
    this.firstCameAt.set(key, firstCameAt);
    return now - firstCameAt <= this.windowSeconds;
  }
}
