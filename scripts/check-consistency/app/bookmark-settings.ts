import type { IncomingMessage } from 'node:http';
import KeyvRedis from '@keyv/redis';
import { Keyv } from 'keyv';
import type { BookmarkOptions } from '../../../src/index.js';
import type { AppSettings } from './app-settings.js';

/** Cookies by default; with a Redis, a store under the user's name. */
export function bookmarkSettings({ secret, redisUrl }: AppSettings): BookmarkOptions {
  if (redisUrl === undefined) return { secret };
  return {
    secret,
    store: new Keyv(new KeyvRedis(redisUrl)),
    key: (request) => userOf(request as IncomingMessage),
    cookie: false,
    header: false,
  };
}

function userOf({ headers }: IncomingMessage): string | undefined {
  return [headers['x-user']].flat()[0];
}
