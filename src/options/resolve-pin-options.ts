import { checkKeys, checkObject, checkOneOf, checkSeconds, checkStore, refuse } from './check.js';
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

const KEYS = [
  'by',
  'seconds',
  'cookie',
  'unsafeMethods',
  'handlers',
  'when',
  'cookieless',
] satisfies (keyof PinOptions)[];
const COOKIELESS_KEYS = ['store', 'cookie'] satisfies (keyof CookielessOptions)[];

/** `hasSecret`: whether the user has set one, the same in all processes. */
export function resolvePinOptions(
  options: PinOptions = {},
  set: string,
  hasSecret: boolean,
): ResolvedPinOptions {
  checkObject('pin', options as unknown);
  checkKeys('pin', options, KEYS);
  const { by, seconds = 15, unsafeMethods = true, handlers = [], when, cookieless } = options;
  if (by !== undefined) checkOneOf('pin.by', by, ['position', 'time']);
  checkSeconds('pin.seconds', seconds);
  if (typeof unsafeMethods !== 'boolean') refuse('pin.unsafeMethods', 'true or false', unsafeMethods);
  checkHandlers(handlers);
  if (when !== undefined && typeof when !== 'function')
    refuse('pin.when', 'a function (request) that says whether it writes', when);
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
  checkObject('pin.cookieless', options as unknown);
  checkKeys('pin.cookieless', options, COOKIELESS_KEYS);
  const { store, cookie = {} } = options;
  checkStore('pin.cookieless.store', store);
  if (!hasSecret) refuse('bookmark.secret', 'set for pin.cookieless, the same in all processes', undefined);
  const path = 'pin.cookieless.cookie';
  checkObject(path, cookie as unknown);
  return Object.freeze({
    store,
    cookie: resolveCookie(path, 'multidb_use_cookies', set, { ...attributes, ...cookie }),
  });
}

function checkHandlers(handlers: unknown): void {
  if (!Array.isArray(handlers)) refuse('pin.handlers', "a list such as ['PostsController.touch']", handlers);
  for (const handler of handlers as unknown[]) {
    if (isPinnedHandler(handler)) continue;
    refuse(
      'Each of pin.handlers',
      "a class or one of its methods, as in 'PostsController', 'PostsController.touch' or [PostsController, 'touch']",
      handler,
    );
  }
}

function isPinnedHandler(handler: unknown): boolean {
  if (typeof handler === 'string') return /^[^.]+(?:\.[^.]+)?$/.test(handler);
  if (!Array.isArray(handler)) return typeof handler === 'function';
  const [type, method] = handler as unknown[];
  return handler.length === 2 && typeof type === 'function' && typeof method === 'string';
}
