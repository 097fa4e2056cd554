import { describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from '../../../src/errors.js';
import type { BookmarkOptions } from '../../../src/options/bookmark-options.js';
import { resolveOptions } from '../../../src/options/resolve-options.js';

const resolve = (bookmark?: BookmarkOptions, name?: string) =>
  resolveOptions({
    client: 'pg',
    master: { connection: 'postgres://x' },
    ...(bookmark && { bookmark }),
    ...(name && { name }),
  }).bookmark;
const STORE = { get: () => Promise.resolve(undefined), set: () => Promise.resolve() };

describe('bookmark options', () => {
  it('have defaults', () => {
    expect(resolve()).toEqual({
      secrets: [],
      waitMs: 20,
      maxAgeSeconds: 3600,
      cookie: { name: 'db_seen', path: '/', sameSite: 'lax', secure: false, httpOnly: true },
      header: 'Database-Bookmark',
      messages: false,
      sockets: true,
    });
  });

  it('take 0 for what it says', () => {
    expect(resolve({ waitMs: 0 }).waitMs).toBe(0);
  });

  it('take one secret or several', () => {
    expect(resolve({ secret: 'x'.repeat(16) }).secrets).toEqual(['x'.repeat(16)]);
    expect(resolve({ secret: ['a'.repeat(16), 'b'.repeat(16)] }).secrets).toHaveLength(2);
  });

  it('give each set a cookie and a header of its own', () => {
    const { cookie, header } = resolve({}, 'reports');
    expect([cookie?.name, header]).toEqual(['db_seen_reports', 'Database-Bookmark-reports']);
    expect(resolve({ cookie: { name: 'mine' }, header: 'X-Mine' }, 'reports')).toMatchObject({
      cookie: { name: 'mine' },
      header: 'X-Mine',
    });
  });

  it('go without a cookie or a header', () => {
    expect(resolve({ cookie: false, header: false })).toMatchObject({ cookie: undefined, header: undefined });
  });

  it.each([
    ['an unknown key', { wait: 20 }, /bookmark has the unknown key 'wait'/],
    [
      'an unknown key of the cookie',
      { cookie: { maxAge: 1 } },
      /bookmark\.cookie has the unknown key 'maxAge'/,
    ],
    ['something else than an object', 'yes', /bookmark must be/],
    ['a secret that can be guessed', { secret: 'short' }, /at least 16 characters long, got '5 characters/],
    ['one short secret of several', { secret: ['x'.repeat(16), 'y'] }, /at least 16 characters/],
    ['a secret that is no text', { secret: 1234567890123456 }, /bookmark\.secret must be a text/],
    ['a secret that is null', { secret: null }, /bookmark\.secret must be a text/],
    ['a wait below 0', { waitMs: -1 }, /bookmark\.waitMs must be a number of ms, 0 or more, .*, got -1/],
    ['an endless wait', { waitMs: Infinity }, /bookmark\.waitMs/],
    ['a wait that is no number', { waitMs: Number.NaN }, /bookmark\.waitMs/],
    [
      'an age of 0',
      { maxAgeSeconds: 0 },
      /bookmark\.maxAgeSeconds must be a number of seconds above 0, got 0/,
    ],
    ['an endless age', { maxAgeSeconds: Infinity }, /bookmark\.maxAgeSeconds/],
    ['a path that ends the attribute', { cookie: { path: '/; HttpOnly' } }, /bookmark\.cookie\.path/],
    ['a domain of two lines', { cookie: { domain: 'a\r\nb' } }, /bookmark\.cookie\.domain/],
    ['a header that is no text', { header: 5 }, /bookmark\.header/],
    ['a name that no cookie may have', { cookie: { name: 'a b' } }, /bookmark\.cookie\.name/],
    ['a header that no header may be called', { header: 'a:b' }, /bookmark\.header/],
    ['an unknown sameSite', { cookie: { sameSite: 'Lax' } }, /bookmark\.cookie\.sameSite/],
    ['an insecure cookie for all sites', { cookie: { sameSite: 'none' } }, /bookmark\.cookie\.secure/],
    ['a store without a key', { store: STORE }, /bookmark\.key/],
    ['a key without a store', { key: () => 'x' }, /bookmark\.store must be a Keyv store/],
    ['a store that is none', { store: new Set(), key: () => 'x' }, /bookmark\.store must be a Keyv store/],
  ])('refuse %s', (_what, options, message) => {
    expect(() => resolve(options as object)).toThrow(InvalidOptionsError);
    expect(() => resolve(options as object)).toThrow(message);
  });
});
