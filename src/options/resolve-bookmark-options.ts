import { DEFAULT_SET } from './default-set.js';
import type { BookmarkOptions } from './bookmark-options.js';
import { checkStore, refuse } from './check.js';
import { type ResolvedCookie, resolveCookie } from './resolve-cookie.js';

/** `BookmarkOptions`, complete; without a secret there is none. */
export interface ResolvedBookmarkOptions extends Pick<BookmarkOptions, 'store' | 'key'> {
  readonly secrets: readonly string[];
  readonly waitMs: number;
  readonly maxAgeSeconds: number;
  readonly cookie: ResolvedCookie | undefined;
  readonly header: string | undefined;
  readonly messages: boolean;
  readonly sockets: boolean;
}

/** Shorter ones can be guessed. */
const SHORTEST_SECRET = 16;

/** With the longest name of a slave a bookmark is still short enough to be believed. */
const LONGEST_SET = 64;

export function resolveBookmarkOptions(options: BookmarkOptions = {}, set: string): ResolvedBookmarkOptions {
  if (encodeURIComponent(set).length > LONGEST_SET)
    refuse('name', `${LONGEST_SET} characters at most as in URLs, since bookmarks bear it`, set);
  const {
    secret = [],
    waitMs = 20,
    maxAgeSeconds = 3600,
    cookie = {},
    header = headerName('Database-Bookmark', set),
    store,
    key,
    messages = false,
    sockets = true,
  } = options;
  const secrets = [secret].flat();
  for (const one of secrets) checkSecret(one);
  checkKeyedStore(store, key);
  return Object.freeze({
    secrets,
    waitMs,
    maxAgeSeconds,
    cookie: cookie === false ? undefined : resolveCookie('bookmark.cookie', 'db_seen', set, cookie),
    header: header === false ? undefined : header,
    messages,
    sockets,
    ...(store && { store }),
    ...(key && { key }),
  });
}

function checkSecret(secret: string): void {
  if (secret.length < SHORTEST_SECRET) {
    refuse('bookmark.secret', `at least ${SHORTEST_SECRET} characters long`, `${secret.length} characters`);
  }
}

function checkKeyedStore(store: unknown, key: unknown): void {
  if (store === undefined && key === undefined) return;
  checkStore('bookmark.store', store);
  if (typeof key !== 'function') refuse('bookmark.key', 'a function (request) that names the client', key);
}

/** Each set of engines has a header of its own: it can't read the bookmarks of one with another secret. */
function headerName(name: string, set: string): string {
  return set === DEFAULT_SET ? name : `${name}-${encodeURIComponent(set)}`;
}
