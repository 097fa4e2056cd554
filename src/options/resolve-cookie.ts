import type { CookieOptions } from './bookmark-options.js';
import { refuse } from './check.js';
import { DEFAULT_SET } from './default-set.js';

/** Attributes of a cookie, complete. */
export type ResolvedCookie = Required<Omit<CookieOptions, 'domain'>> & Pick<CookieOptions, 'domain'>;

/** Each set of engines has cookies of its own, so the set's name goes into the name that a cookie has by default. */
export function resolveCookie(
  path: string,
  name: string,
  set: string,
  options: CookieOptions,
): ResolvedCookie {
  const cookie: ResolvedCookie = {
    name: set === DEFAULT_SET ? name : `${name}_${encodeURIComponent(set)}`,
    path: '/',
    sameSite: 'lax',
    secure: false,
    httpOnly: true,
    ...options,
  };
  if (cookie.sameSite === 'none' && !cookie.secure)
    refuse(`${path}.secure`, "true with sameSite: 'none'", cookie.secure);
  return Object.freeze(cookie);
}
