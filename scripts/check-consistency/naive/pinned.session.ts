import type { NaiveSession } from './naive.driver.js';

/** Always reads from the same engine. */
export class PinnedSession implements NaiveSession {
  constructor(private readonly engine: string) {}

  readFrom(): string {
    return this.engine;
  }
}
