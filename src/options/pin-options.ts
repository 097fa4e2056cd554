import type { HttpRequest } from '../context/http-request.js';
import type { BookmarkStore, CookieOptions } from './bookmark-options.js';

/** Remembers writers that keep no cookies, by what their requests look like. */
export interface CookielessOptions {
  /** Any Keyv store, shared by all processes. A pin stands there for `seconds`, under a hash that needs `bookmark.secret`. */
  store: BookmarkStore;
  /**
   * The session cookie by which clients that keep cookies are told from those that don't: with it nothing is looked up.
   * Default name `multidb_use_cookies`, attributes as those of `pin.cookie`.
   */
  cookie?: CookieOptions;
}

/** A handler, or all of a class's, by name or by the class itself. */
export type PinnedHandler = string | Function | readonly [type: Function, method: string];

/**
 * What counts as a write, and how long a writer reads from the master where its session can't be carried by position.
 * Rules and defaults from django-multidb-router.
 */
export interface PinOptions {
  /**
   * `'position'`: bookmarks tell which slave shows a client its own writes. `'time'`: for some seconds only the master
   * does. Default: by position where positions can be told, which is on PostgreSQL, by time elsewhere.
   */
  by?: 'position' | 'time';
  /** How long a writer's reads stay on the master, by time: longer than slaves ever lag. Default 15. */
  seconds?: number;
  /** Name and attributes of the cookie that pins by time. Default name `multidb_pin_writes`. */
  cookie?: CookieOptions;
  /**
   * Whether each HTTP request whose method is not GET, HEAD, OPTIONS or TRACE counts as a writer from its start, its reads
   * included, and also when it fails: what it decides by must not be old. `@DbWrite(false)` turns it off for a handler that
   * only reads. GraphQL goes by mutation and query. Default true; false: a request is a writer from the first write that is seen.
   */
  unsafeMethods?: boolean;
  /**
   * Handlers that write though nothing shows it, as `@DbWrite()` says on the spot: by name, `'PostsController.touch'`, or
   * `'PostsController'` for all of a class's; or by the class itself, `PostsController` and `[PostsController, 'touch']`,
   * which tells two classes of one name apart. A method's own `@DbWrite` goes before. What names no class or method of the
   * app, or two, fails at boot. Default: none.
   */
  handlers?: readonly PinnedHandler[];
  /**
   * Whether a request writes though nothing shows it: then it counts as a writer as with `unsafeMethods`. Called once for each
   * HTTP request, when its body is parsed and before guards run, with Express's or Fastify's request. What it throws is
   * the request's error. Default: no request.
   */
  when?(request: HttpRequest): boolean;
  /** Pins by time for clients that keep no cookies. Default: none. */
  cookieless?: CookielessOptions;
}
