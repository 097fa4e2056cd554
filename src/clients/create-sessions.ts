import type { EngineRegistry } from '../engines/engine-registry.js';
import { InvalidOptionsError } from '../errors.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Bookmarks } from './bookmarks.js';
import { createBookmarks } from './create-bookmarks.js';
import { createPins } from './create-pins.js';
import type { Pins } from './pins.js';
import type { Freshness } from '../freshness/freshness.js';

/** How clients' sessions go on from one request to the next: by position, by time, or, without slaves, not at all. */
export interface Sessions {
  readonly bookmarks?: Bookmarks;
  readonly pins?: Pins;
}

/** By position where positions can be told, unless told otherwise. Throws `InvalidOptionsError` for what can't be. */
export function createSessions(
  options: ResolvedOptions,
  reads: Freshness | undefined,
  engines: EngineRegistry,
): Sessions {
  const { name, bookmark, pin, logger } = options;
  if (!engines.balancing) return {};
  if (!reads && pin.by === 'position') {
    throw new InvalidOptionsError(
      "pin.by is 'position', but positions are told by PostgreSQL only. Set pin.by to 'time', or leave it out.",
    );
  }
  if (!reads || pin.by === 'time') return { pins: createPins(options) };
  if (pin.cookieless) {
    throw new InvalidOptionsError(
      "pin.cookieless goes with pins by time, and on PostgreSQL they are by position. Set pin.by to 'time', or let " +
        'such clients carry the Database-Bookmark header, or keep their bookmarks in bookmark.store.',
    );
  }
  return { bookmarks: createBookmarks(name, bookmark, reads, engines, logger) };
}
