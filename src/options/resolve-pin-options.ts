import { checkStore, refuse } from './check.js';
import type { BookmarkStore } from './bookmark-options.js';
import type { CookielessOptions, PinOptions } from './pin-options.js';
import { type ResolvedCookie, resolveCookie } from './resolve-cookie.js';

export interface ResolvedCookieless {
  readonly store: BookmarkStore;
  readonly cookie: ResolvedCookie;
}

/** `PinOptions`, complete; `by` stays open where the user leaves it to the database. */
export interface ResolvedPinOptions
  extends Required<Omit<PinOptions, 'by' | 'cookie' | 'cookieless' | 'when'>>, Pick<PinOptions, 'when'> {
  readonly by: PinOptions['by'];
  readonly cookie: ResolvedCookie;
  readonly cookieless: ResolvedCookieless | undefined;
}

/** `hasSecret`: whether the user has set one, the same in all processes. */
export function resolvePinOptions(
  options: PinOptions = {},
  set: string,
  hasSecret: boolean,
): ResolvedPinOptions {
  const { by, seconds = 15, unsafeMethods = true, handlers = [], when, cookieless } = options;
  const cookie = resolveCookie('pin.cookie', 'multidb_pin_writes', set, options.cookie ?? {});
  return Object.freeze({
    by,
    seconds,
    cookie,
    unsafeMethods,
    handlers,
    ...(when && { when }),
    cookieless: cookieless && resolveCookieless(cookieless, cookie, set, hasSecret),
  });
}

function resolveCookieless(
  options: CookielessOptions,
  { name: _ofPins, ...attributes }: ResolvedCookie,
  set: string,
  hasSecret: boolean,
): ResolvedCookieless {
  const { store, cookie = {} } = options;
  checkStore('pin.cookieless.store', store);
  if (!hasSecret) refuse('bookmark.secret', 'set for pin.cookieless, the same in all processes', undefined);
  return Object.freeze({
    store,
    cookie: resolveCookie('pin.cookieless.cookie', 'multidb_use_cookies', set, { ...attributes, ...cookie }),
  });
}
