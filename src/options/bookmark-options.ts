/** Attributes of a cookie as browsers take them; what is left out has the default. */
export interface CookieOptions {
  name?: string;
  /** Default `/`. */
  path?: string;
  domain?: string;
  /** Default `'lax'`. */
  sameSite?: 'lax' | 'strict' | 'none';
  /** Sent over HTTPS only. Default false; set it in production. */
  secure?: boolean;
  /** Out of the reach of scripts. Default true. */
  httpOnly?: boolean;
}

/** The part of a Keyv store that is needed; any Keyv is one. */
export interface BookmarkStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlMs?: number): Promise<unknown>;
  /** Tells of errors that `get` and `set` swallow; without it they are to reject. */
  on?(event: 'error', listener: (error: unknown) => void): unknown;
}

/** How clients carry what they have seen from one request to the next. */
export interface BookmarkOptions {
  /**
   * Signs bookmarks: any long random text, the same in all processes; several to rotate, of which the first signs.
   * Default: one per process, so that a client pays one question to the master when another process answers it.
   */
  secret?: string | readonly string[];
  /** How long a read may wait for a slave to catch up with its client before the master serves it, in ms. Default 20. */
  waitMs?: number;
  /** How long a bookmark counts; after it a client has seen everything up to now. Default 3600. */
  maxAgeSeconds?: number;
  /** Name and attributes of the cookie, or false for none. Default name `db_seen`. */
  cookie?: CookieOptions | false;
  /**
   * Name of the request and response header for API clients, or false for none. Default `Database-Bookmark`, of a set with a
   * name `Database-Bookmark-<name>`. */
  header?: string | false;
  /** Keeps bookmarks on the server instead of with the client: any Keyv store, under the key that `key` gives. */
  store?: BookmarkStore;
  /**
   * The key of a request's bookmark in the store, such as the id of the user whom a guard found. `request` is Express's or
   * Fastify's; of GraphQL the operation's, or its context where that has no `req`; of a WebSocket the client; of a message the
   * transport's context. `execution` is Nest's `ExecutionContext`. Undefined: the client carries it after all.
   */
  key?(request: object, execution: object): string | undefined;
  /**
   * Whether messages between microservices carry bookmarks, there and back: set it on both sides, with the same `secret`. For
   * clients that are providers (`ClientsModule`) and transports whose packets are objects, such as TCP and Redis. Default false.
   */
  messages?: boolean;
  /**
   * Whether the handshake of a gateway's socket leaves a mark with its client, as an event stream does: with each request of the next
   * `maxAgeSeconds` it asks the master, and sees what messages on the socket wrote and showed. Default true; without `cookie` never.
   */
  sockets?: boolean;
}
