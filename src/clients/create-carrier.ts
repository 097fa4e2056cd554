import type { DatabaseRouting } from '../database-routing.js';
import type { BookmarkStore } from '../options/bookmark-options.js';
import { BookmarkCarrier } from './bookmark-carrier.js';
import { BookmarkStoreCarrier } from './bookmark-store.carrier.js';
import { CookielessPins } from './cookieless-pins.js';
import { PinCarrier } from './pin-carrier.js';
import type { Carrier } from './carrier.js';
import { WatchedStore } from './watched-store.js';

/** As a set's clients carry their sessions; undefined where there is nothing to carry. */
export function createCarrier(
  { name, bookmarks, pins, bookmarkOptions, pinOptions }: DatabaseRouting,
  /** Runs once, however long the store fails. */
  storeFailed: (error: unknown) => void,
): Carrier | undefined {
  const watched = (store: BookmarkStore) => new WatchedStore(store, storeFailed);
  if (bookmarks) {
    const { store, maxAgeSeconds } = bookmarkOptions;
    const stored = store && new BookmarkStoreCarrier(bookmarks, watched(store), maxAgeSeconds);
    return new BookmarkCarrier(bookmarks, bookmarkOptions, stored);
  }
  if (!pins) return undefined;
  const { cookieless, seconds } = pinOptions;
  if (!cookieless) return new PinCarrier(pins, pinOptions, undefined);
  const options = { ...cookieless, set: name, seconds, secrets: bookmarkOptions.secrets };
  return new PinCarrier(pins, pinOptions, new CookielessPins(pins, watched(cookieless.store), options));
}
