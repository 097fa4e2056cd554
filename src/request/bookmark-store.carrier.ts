import type { Bookmarks } from '../consistency/bookmarks.js';
import type { Context } from '../context/context.js';
import type { BookmarkStore } from '../options/bookmark-options.js';

/**
 * Keeps bookmarks in a store, under a key that the app chooses. What this process writes for one key is written one after
 * the other, each merged with what is there. Of two processes that answer the same client at the same moment, the later
 * one's may stand alone: a Keyv store has no way to compare and set.
 */
export class BookmarkStoreCarrier {
  private readonly writing = new Map<string, Promise<void>>();

  constructor(
    private readonly bookmarks: Bookmarks,
    private readonly store: BookmarkStore,
    private readonly maxAgeSeconds: number,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Takes up what the store has; where it fails, the client counts as having seen everything up to now. */
  async load(key: string, context: Context): Promise<void> {
    const kept = await this.store.get(key).catch((error: unknown) => {
      this.failed(error);
      return UNREADABLE;
    });
    if (kept !== undefined) this.bookmarks.restore(context, [kept]);
  }

  /** Resolves when what the context has seen is kept, so that the response may go. Never rejects. */
  save(key: string, context: Context): Promise<void> {
    const before = this.writing.get(key) ?? Promise.resolve();
    const write = before.then(() => this.write(key, context)).catch(this.failed);
    this.writing.set(key, write);
    void write.finally(() => this.writing.get(key) === write && this.writing.delete(key));
    return write;
  }

  private async write(key: string, context: Context): Promise<void> {
    const bookmark = await this.bookmarks.merged(context, await this.store.get(key));
    if (bookmark !== undefined) await this.store.set(key, bookmark, this.maxAgeSeconds * 1000);
  }
}

/** No bookmark of anybody's. */
const UNREADABLE = '-';
