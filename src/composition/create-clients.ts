import { BookmarkCarrier } from '../clients/bookmark-carrier.js';
import { BOOKMARK_VERSION, BookmarkCodec } from '../clients/bookmark-codec.js';
import { BookmarkCookies } from '../clients/bookmark-cookies.js';
import { BookmarkStoreCarrier } from '../clients/bookmark-store.carrier.js';
import { Bookmarks, type BookmarksParts } from '../clients/bookmarks.js';
import type { Carrier } from '../clients/carrier.js';
import { CookielessPins } from '../clients/cookieless-pins.js';
import { DoubtfulPins } from '../clients/doubtful-pins.js';
import { PinCarrier } from '../clients/pin-carrier.js';
import { PIN_VERSION, Pins } from '../clients/pins.js';
import { Signer } from '../clients/signer.js';
import { signingSecrets } from '../clients/signing-secrets.js';
import { WatchedStore } from '../clients/watched-store.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import { InvalidOptionsError } from '../errors.js';
import type { Freshness } from '../freshness/freshness.js';
import type { Health } from '../health/health.js';
import type { BookmarkOptions, BookmarkStore } from '../options/bookmark-options.js';
import { DEFAULT_SET } from '../options/default-set.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Outside } from './outside.js';

/** What clients carry from one request to the next: positions, pins by time, or, without slaves, nothing. */
export interface Clients {
  readonly bookmarks?: Bookmarks;
  readonly carrier?: Carrier;
}

/** Engines, and what is known of them where they can be asked. */
export interface WatchedEngines {
  readonly engines: EngineRegistry;
  readonly freshness: Freshness | undefined;
  readonly health: Health | undefined;
}

/** By position where positions can be told, unless told otherwise. Throws `InvalidOptionsError` for what can't be. */
export function createClients(
  options: ResolvedOptions,
  { freshness, engines, health }: WatchedEngines,
  outside: Outside,
): Clients {
  const { pin } = options;
  if (!engines.balancing) return {};
  if (!freshness && pin.by === 'position') {
    throw new InvalidOptionsError(
      "pin.by is 'position', but positions are told by PostgreSQL only. Set pin.by to 'time', or leave it out.",
    );
  }
  if (!freshness || pin.by === 'time') return { carrier: pinCarrier(options, outside) };
  if (pin.cookieless) {
    throw new InvalidOptionsError(
      "pin.cookieless goes with pins by time, and on PostgreSQL they are by position. Set pin.by to 'time', or let " +
        'such clients carry the Database-Bookmark header, or keep their bookmarks in bookmark.store.',
    );
  }
  const newerTimeline = (timeline: number) => health?.heardOfTimeline(timeline);
  const bookmarks = createBookmarks(options, { freshness, engines, newerTimeline }, outside);
  return { bookmarks, carrier: bookmarkCarrier(options, bookmarks, outside) };
}

/** Without a secret of the user's, with one that lives as long as the process. */
function createBookmarks(
  { name: set, bookmark, pin: { seconds }, logger }: ResolvedOptions,
  {
    freshness,
    engines,
    newerTimeline,
  }: { engines: EngineRegistry } & Pick<BookmarksParts, 'freshness' | 'newerTimeline'>,
  { clock, newSecret }: Outside,
): Bookmarks {
  const { secrets, firstIssued } = signingSecrets(bookmark.secrets, 'Bookmarks', { logger, newSecret });
  const { maxAgeSeconds } = bookmark;
  const signer = new Signer({ kind: BOOKMARK_VERSION, set, secrets, maxAgeSeconds, clock });
  const isSlave = (name: string) => engines.find(name)?.role === 'slave';
  const codec = new BookmarkCodec(signer);
  return new Bookmarks({
    codec,
    freshness,
    isSlave,
    firstIssued,
    newerTimeline,
    seconds,
    maxAgeSeconds,
    clock,
  });
}

function bookmarkCarrier(options: ResolvedOptions, bookmarks: Bookmarks, outside: Outside): Carrier {
  const { name: set, bookmark } = options;
  const { store, maxAgeSeconds, header } = bookmark;
  const stored =
    store && new BookmarkStoreCarrier(bookmarks, watched(store, 'bookmark', options, outside), maxAgeSeconds);
  const key = (...args: Parameters<NonNullable<BookmarkOptions['key']>>) => {
    const own = bookmark.key?.(...args);
    return own === undefined || set === DEFAULT_SET ? own : `${set}:${own}`; // sets may share a store
  };
  const cookies = bookmarkCookies(options, bookmarks, outside);
  return new BookmarkCarrier(bookmarks, { header, key }, stored, cookies);
}

function bookmarkCookies(
  { bookmark: { cookie, maxAgeSeconds }, health: { maxLagMs } }: ResolvedOptions,
  bookmarks: Bookmarks,
  { random, clock }: Outside,
): BookmarkCookies | undefined {
  const markSeconds = Math.min(maxAgeSeconds, (2 * maxLagMs) / 1000 + LAG_NOTICED_SECONDS);
  const mark = (seconds: number) => bookmarks.mark(seconds);
  return cookie && new BookmarkCookies({ cookie, maxAgeSeconds, markSeconds, mark, random, clock });
}

/** By then a slave that lags too much serves no reads any more. */
const LAG_NOTICED_SECONDS = 10;

function pinCarrier(options: ResolvedOptions, outside: Outside): Carrier {
  const { name: set, bookmark, pin, logger } = options;
  const { clock, newSecret } = outside;
  const { cookieless, seconds } = pin;
  const { secrets, firstIssued } = signingSecrets(bookmark.secrets, 'Pins', { logger, newSecret });
  const signer = new Signer({ kind: PIN_VERSION, set, secrets, maxAgeSeconds: seconds, clock });
  const pins = new Pins(signer, new DoubtfulPins(seconds, clock), firstIssued);
  if (!cookieless) return new PinCarrier(pins, pin, undefined);
  const store = watched(cookieless.store, 'pin', options, outside);
  const ofCookieless = { cookie: cookieless.cookie, set, seconds, secrets: bookmark.secrets };
  return new PinCarrier(pins, pin, new CookielessPins(pins, store, ofCookieless));
}

/** A store that says once that it fails, however long it does. */
function watched(
  store: BookmarkStore,
  kept: 'bookmark' | 'pin',
  { logger }: ResolvedOptions,
  { clock }: Outside,
): WatchedStore {
  const failed = (error: unknown) => logger.warn(`The ${kept} store failed: ${String(error)}`);
  return new WatchedStore(store, failed, clock);
}
