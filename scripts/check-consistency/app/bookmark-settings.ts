import type { IncomingMessage } from 'node:http';
import type { BookmarkOptions, BookmarkStore } from '../../../src/index.js';
import { Skipped } from '../scenario.js';
import type { AppSettings } from './app-settings.js';

/** Cookies by default; with a Redis, a store under the user's name. */
export async function bookmarkSettings({ secret, redisUrl }: AppSettings): Promise<BookmarkOptions> {
  if (redisUrl === undefined) return { secret };
  const store = await redisStore(redisUrl);
  return {
    secret,
    store,
    key: (request) => userOf(request as IncomingMessage),
    cookie: false,
    header: false,
  };
}

function userOf({ headers }: IncomingMessage): string | undefined {
  return [headers['x-user']].flat()[0];
}

/** Names in variables: both packages may be missing, and the compiler must not look for them. */
const PACKAGES = { keyv: 'keyv', redis: '@keyv/redis' };

async function redisStore(url: string): Promise<BookmarkStore> {
  try {
    const { Keyv } = (await import(PACKAGES.keyv)) as { Keyv: new (adapter: unknown) => BookmarkStore };
    const { default: KeyvRedis } = (await import(PACKAGES.redis)) as {
      default: new (url: string) => unknown;
    };
    return new Keyv(new KeyvRedis(url));
  } catch (cause) {
    throw new Skipped(`keyv and @keyv/redis can't be loaded: ${(cause as Error).message.split('\n')[0]}`);
  }
}
