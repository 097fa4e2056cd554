import { checkKeys, checkObject, checkOneOf, refuse } from './check.js';
import { DEFAULT_SET } from './default-set.js';
import type { BookmarkOptions, CookieOptions } from './bookmark-options.js';

/** Attributes of a cookie, complete. */
export type ResolvedCookie = Required<Omit<CookieOptions, 'domain'>> & Pick<CookieOptions, 'domain'>;

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
const COOKIE_KEYS = [
  'name',
  'path',
  'domain',
  'sameSite',
  'secure',
  'httpOnly',
] satisfies (keyof CookieOptions)[];

/** Shorter ones can be guessed. */
const SHORTEST_SECRET = 16;

/** What cookies and headers may be called (RFC 9110, token). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What may stand in a cookie's attribute (RFC 6265, path-value). */
const ATTRIBUTE = /^[\x20-\x3A\x3C-\x7E]+$/;

export function resolveBookmarkOptions(options: BookmarkOptions = {}, set: string): ResolvedBookmarkOptions {
  checkObject('bookmark', options as unknown);
  checkKeys('bookmark', options, KEYS);
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
  if (!(maxAgeSeconds > 0) || !Number.isInteger(maxAgeSeconds))
    refuse('bookmark.maxAgeSeconds', 'a whole number of seconds above 0', maxAgeSeconds);
  if (header !== false && !(typeof header === 'string' && TOKEN.test(header)))
    refuse('bookmark.header', "a header's name or false", header);
  checkStore(store, key);
  return Object.freeze({
    secrets,
    waitMs,
    maxAgeSeconds,
    cookie:
      cookie === false ? undefined : resolveCookie('bookmark.cookie', cookieName('db_seen', set), cookie),
    header: header === false ? undefined : header,
    ...(store && { store }),
    ...(key && { key }),
  });
}

export function resolveCookie(path: string, name: string, options: CookieOptions): ResolvedCookie {
  checkObject(path, options as unknown);
  checkKeys(path, options, COOKIE_KEYS);
  const cookie: ResolvedCookie = {
    name,
    path: '/',
    sameSite: 'lax',
    secure: false,
    httpOnly: true,
    ...options,
  };
  if (!TOKEN.test(cookie.name)) refuse(`${path}.name`, "a cookie's name", cookie.name);
  for (const key of ['path', 'domain'] as const) {
    const value = cookie[key];
    if (value !== undefined && !ATTRIBUTE.test(value)) refuse(`${path}.${key}`, "a cookie's", value);
  }
  checkOneOf(`${path}.sameSite`, cookie.sameSite, ['lax', 'strict', 'none']);
  if (cookie.sameSite === 'none' && !cookie.secure)
    refuse(`${path}.secure`, "true with sameSite: 'none'", cookie.secure);
  return Object.freeze(cookie);
}

function checkSecret(secret: unknown): void {
  if (typeof secret !== 'string') refuse('bookmark.secret', 'a text or a list of texts', secret);
  if (secret.length < SHORTEST_SECRET) {
    refuse('bookmark.secret', `at least ${SHORTEST_SECRET} characters long`, `${secret.length} characters`);
  }
}

function checkStore(store: unknown, key: unknown): void {
  if (store === undefined && key === undefined) return;
  const { get, set } = (store ?? {}) as Record<string, unknown>;
  if (typeof get !== 'function' || typeof set !== 'function') refuse('bookmark.store', 'a Keyv store', store);
  if (typeof key !== 'function') refuse('bookmark.key', 'a function (request) that names the client', key);
}

/** Each set of engines has a header of its own: it can't read the bookmarks of one with another secret. */
function headerName(name: string, set: string): string {
  return set === DEFAULT_SET ? name : `${name}-${encodeURIComponent(set)}`;
}

/** Each set of engines has cookies of its own. */
function cookieName(name: string, set: string): string {
  return set === DEFAULT_SET ? name : `${name}_${encodeURIComponent(set)}`;
}
