import type { EngineRegistry } from '../engines/engine-registry.js';
import type { ResolvedBookmarkOptions } from '../options/resolve-bookmark-options.js';
import type { RoutingLogger } from '../routing-logger.js';
import { BookmarkCodec } from './bookmark-codec.js';
import { Bookmarks } from './bookmarks.js';
import type { Freshness } from '../freshness/freshness.js';
import { signingSecrets } from './signing-secrets.js';
import { nowSeconds } from './wall-clock.js';

/** A set's bookmarks; without a secret of the user's, with one that lives as long as the process. */
export function createBookmarks(
  set: string,
  { secrets: users, maxAgeSeconds }: ResolvedBookmarkOptions,
  reads: Freshness,
  engines: EngineRegistry,
  logger: RoutingLogger,
): Bookmarks {
  const { secrets, firstIssued } = signingSecrets(users, 'Bookmarks', logger);
  const codec = new BookmarkCodec(set, secrets, maxAgeSeconds, nowSeconds);
  return new Bookmarks(codec, reads, (name) => engines.find(name)?.role === 'slave', firstIssued);
}
