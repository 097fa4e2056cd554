import type { NaiveSession } from './naive.driver.js';

/** Reads from one engine after the other. */
export class AlternatingSession implements NaiveSession {
  private reads = 0;

  constructor(private readonly engines: readonly string[]) {}

  readFrom(): string {
    return this.engines[this.reads++ % this.engines.length] ?? 'master';
  }
}
