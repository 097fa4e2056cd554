import { DEFAULT_SET } from './default-set.js';
import type { BookmarkOptions } from './bookmark-options.js';
import { checkKeys, checkObject, checkSeconds, checkStore, refuse } from './check.js';
import { type ResolvedCookie, resolveCookie } from './resolve-cookie.js';
import { TOKEN } from './token.js';

/** `BookmarkOptions`, complete; without a secret there is none. */
export interface ResolvedBookmarkOptions extends Pick<BookmarkOptions, 'store' | 'key'> {
  readonly secrets: readonly string[];
  readonly waitMs: number;
  readonly maxAgeSeconds: number;
  readonly cookie: ResolvedCookie | undefined;
  readonly header: string | undefined;
}

const KEYS = [
  'secret',
  'waitMs',
  'maxAgeSeconds',
  'cookie',
  'header',
  'store',
  'key',
] satisfies (keyof BookmarkOptions)[];

/** Shorter ones can be guessed. */
const SHORTEST_SECRET = 16;

/** With the longest name of a slave a bookmark is still short enough to be believed. */
const LONGEST_SET = 64;

export function resolveBookmarkOptions(options: BookmarkOptions = {}, set: string): ResolvedBookmarkOptions {
  checkObject('bookmark', options as unknown);
  checkKeys('bookmark', options, KEYS);
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
  } = options;
  const secrets = Array.isArray(secret) ? (secret as readonly string[]) : [secret as string];
  for (const one of secrets) checkSecret(one);
  if (!(waitMs >= 0) || !Number.isFinite(waitMs))
    refuse('bookmark.waitMs', 'a number of ms, 0 or more', waitMs);
  checkSeconds('bookmark.maxAgeSeconds', maxAgeSeconds);
  if (header !== false && !(typeof header === 'string' && TOKEN.test(header)))
    refuse('bookmark.header', "a header's name or false", header);
  checkKeyedStore(store, key);
  return Object.freeze({
    secrets,
    waitMs,
    maxAgeSeconds,
    cookie: cookie === false ? undefined : resolveCookie('bookmark.cookie', 'db_seen', set, cookie),
    header: header === false ? undefined : header,
    ...(store && { store }),
    ...(key && { key }),
  });
}

function checkSecret(secret: unknown): void {
  if (typeof secret !== 'string') refuse('bookmark.secret', 'a text or a list of texts', secret);
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
