import type { CookieOptions } from './bookmark-options.js';
import { checkKeys, checkObject, checkOneOf, refuse } from './check.js';
import { DEFAULT_SET } from './default-set.js';
import { TOKEN } from './token.js';

/** Attributes of a cookie, complete. */
export type ResolvedCookie = Required<Omit<CookieOptions, 'domain'>> & Pick<CookieOptions, 'domain'>;

const COOKIE_KEYS = [
  'name',
  'path',
  'domain',
  'sameSite',
  'secure',
  'httpOnly',
] satisfies (keyof CookieOptions)[];

/** What may stand in a cookie's attribute (RFC 6265, path-value). */
const ATTRIBUTE = /^[\x20-\x3A\x3C-\x7E]+$/;

/** Each set of engines has cookies of its own, so the set's name goes into the name that a cookie has by default. */
export function resolveCookie(
  path: string,
  name: string,
  set: string,
  options: CookieOptions,
): ResolvedCookie {
  checkObject(path, options as unknown);
  checkKeys(path, options, COOKIE_KEYS);
  const cookie: ResolvedCookie = {
    name: set === DEFAULT_SET ? name : `${name}_${encodeURIComponent(set)}`,
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
