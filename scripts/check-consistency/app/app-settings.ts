import type { Servers } from '../../common/servers.js';

/** What an app's process is told, as JSON in its environment. */
export interface AppSettings {
  readonly servers: Servers;
  /** The same in all processes: they read each other's bookmarks. */
  readonly secret: string;
  /** Keeps the bookmarks, by the `x-user` header; undefined: cookies do. */
  readonly redisUrl: string | undefined;
}

export const SETTINGS_VARIABLE = 'CHECK_CONSISTENCY_APP';

/** What the process answers once it listens. */
export interface AppMessage {
  readonly url: string;
}
