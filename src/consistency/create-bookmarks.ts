import { randomBytes } from 'node:crypto';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { ResolvedBookmarkOptions } from '../options/resolve-bookmark-options.js';
import type { RoutingLogger } from '../options/routing-logger.js';
import { BookmarkCodec } from './bookmark-codec.js';
import { Bookmarks } from './bookmarks.js';
import type { ReadConsistency } from './read-consistency.js';

/** A set's bookmarks; without a secret of the user's, with one that lives as long as the process. */
export function createBookmarks(
  set: string,
  { secrets, maxAgeSeconds }: ResolvedBookmarkOptions,
  reads: ReadConsistency,
  engines: EngineRegistry,
  logger: RoutingLogger,
): Bookmarks {
  const keys = secrets.length > 0 ? secrets : [randomBytes(32).toString('hex')];
  const codec = new BookmarkCodec(set, keys, maxAgeSeconds, () => Date.now() / 1000);
  const firstIssued =
    secrets.length > 0
      ? () => undefined
      : () =>
          logger.warn(
            'Bookmarks are signed with a secret of this process alone, so other processes will not trust them. ' +
              'Set `bookmark: { secret }`, the same in all processes.',
          );
  return new Bookmarks(codec, reads, (name) => engines.find(name)?.role === 'slave', firstIssued);
}
