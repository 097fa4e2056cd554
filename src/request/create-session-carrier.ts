import type { DatabaseRouting } from '../database-routing.js';
import { BookmarkCarrier } from './bookmark-carrier.js';
import { BookmarkStoreCarrier } from './bookmark-store.carrier.js';
import { CookielessPins } from './cookieless-pins.js';
import { PinCarrier } from './pin-carrier.js';
import type { SessionCarrier } from './session-carrier.js';

/** As a set's clients carry their sessions; undefined where there is nothing to carry. */
export function createSessionCarrier(
  { name, bookmarks, pins, bookmarkOptions, pinOptions }: DatabaseRouting,
  storeFailed: (error: unknown) => void,
): SessionCarrier | undefined {
  if (bookmarks) {
    const { store, maxAgeSeconds } = bookmarkOptions;
    const stored = store && new BookmarkStoreCarrier(bookmarks, store, maxAgeSeconds, storeFailed);
    return new BookmarkCarrier(bookmarks, bookmarkOptions, stored);
  }
  if (!pins) return undefined;
  const { cookieless, seconds } = pinOptions;
  const options = cookieless && { ...cookieless, set: name, seconds, secrets: bookmarkOptions.secrets };
  return new PinCarrier(pins, pinOptions, options && new CookielessPins(pins, options, storeFailed));
}
