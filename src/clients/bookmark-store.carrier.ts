import type { Bookmarks } from './bookmarks.js';
import type { Context } from '../context/context.js';
import type { WatchedStore } from './watched-store.js';

/**
 * Keeps bookmarks in a store, under a key that the app chooses. What this process writes for one key is written one after
 * the other, each merged with what is there. Of two processes that answer the same client at the same moment, the later
 * one's may stand alone: a Keyv store has no way to compare and set.
 */
export class BookmarkStoreCarrier {
  private readonly writing = new Map<string, Promise<boolean>>();

  constructor(
    private readonly bookmarks: Bookmarks,
    private readonly store: WatchedStore,
    private readonly maxAgeSeconds: number,
  ) {}

  /** Takes up what the store has; where it fails, the client counts as having seen everything up to now. */
  async load(key: string, context: Context): Promise<void> {
    const kept = await this.get(key).catch(() => UNREADABLE);
    if (kept !== undefined) this.bookmarks.restore(context, [kept]);
  }

  /** Resolves when what the context has seen is kept, so that the response may go: false, it is not. Never rejects. */
  save(key: string, context: Context): Promise<boolean> {
    const before = this.writing.get(key) ?? Promise.resolve();
    const write = before.then(() => this.write(key, context));
    const saved = write.then(
      () => true,
      () => false,
    );
    this.writing.set(key, saved);
    void saved.finally(() => this.writing.get(key) === saved && this.writing.delete(key));
    return saved;
  }

  private async write(key: string, context: Context): Promise<void> {
    const bookmark = await this.bookmarks.merged(context, await this.get(key));
    if (bookmark === undefined) return;
    await this.store.set(key, bookmark, this.maxAgeSeconds * 1000);
  }

  private async get(key: string): Promise<string | undefined> {
    const kept = await this.store.get(key);
    if (kept === undefined || kept === null) return undefined; // some stores have null for nothing
    return typeof kept === 'string' ? kept : UNREADABLE;
  }
}

/** No bookmark of anybody's. */
const UNREADABLE = '-';
