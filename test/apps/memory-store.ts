import type { BookmarkStore } from '../../src/index.js';

/** What a Keyv store is to us, in memory; keeps the lifetimes that it was told, and no clock. */
export class MemoryStore implements BookmarkStore {
  readonly values = new Map<string, string>();
  readonly ttlsMs: (number | undefined)[] = [];
  lookUps = 0;

  async get(key: string): Promise<string | undefined> {
    this.lookUps++;
    return this.values.get(key);
  }

  async set(key: string, value: string, ttlMs?: number): Promise<boolean> {
    this.values.set(key, value);
    this.ttlsMs.push(ttlMs);
    return true;
  }
}
