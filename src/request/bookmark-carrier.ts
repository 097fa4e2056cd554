import { randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type SerializeOptions, parse, serialize } from 'cookie';
import onHeaders from 'on-headers';
import type { Bookmarks } from '../consistency/bookmarks.js';
import type { Context } from '../context/context.js';
import type { ResolvedBookmarkOptions, ResolvedCookie } from '../options/resolve-bookmark-options.js';

/**
 * Carries bookmarks with the client, in a cookie and a header. Each response that has something new sets a cookie of a
 * new name and ends those that its request came with: so responses to parallel requests never overwrite what another one
 * had to say, and the next request brings, and merges, them all.
 */
export class BookmarkCarrier {
  constructor(
    private readonly bookmarks: Bookmarks,
    private readonly options: ResolvedBookmarkOptions,
  ) {}

  /** Takes up what the request brought, and lets the response take along what is seen until its head is sent, if by then it `carries`. */
  attach(context: Context, request: IncomingMessage, response: ServerResponse, carries: () => boolean): void {
    const { header } = this.options;
    const cookies = this.cookiesOf(request);
    this.bookmarks.restore(context, [
      ...cookies.values(),
      ...headerValues(header && request.headers[header.toLowerCase()]),
    ]);
    const brought = this.bookmarks.content(context);
    onHeaders(response, () => {
      const names = [...cookies.keys()];
      const isNew = this.bookmarks.content(context) !== brought || context.work.seen.isOld;
      if (!carries()) this.end(response, names);
      else if (isNew || names.length > 1) this.write(context, response, names);
    });
  }

  private write(context: Context, response: ServerResponse, replaced: readonly string[]): void {
    const bookmark = this.bookmarks.current(context);
    if (bookmark === undefined) return;
    const { header, cookie, maxAgeSeconds } = this.options;
    if (header)
      response.setHeader(header, [...headerValues(response.getHeader(header)), bookmark].join(', '));
    if (!cookie) return;
    this.end(response, replaced);
    const attributes = attributesOf(cookie);
    const name = `${cookie.name}.${randomInt(36 ** 4).toString(36)}`;
    response.appendHeader('Set-Cookie', serialize(name, bookmark, { ...attributes, maxAge: maxAgeSeconds }));
  }

  private end(response: ServerResponse, names: readonly string[]): void {
    const { cookie } = this.options;
    if (!cookie) return;
    for (const name of names.slice(0, MOST_REPLACED))
      response.appendHeader('Set-Cookie', serialize(name, '', { ...attributesOf(cookie), maxAge: 0 }));
  }

  private cookiesOf({ headers }: IncomingMessage): ReadonlyMap<string, string> {
    const prefix = this.options.cookie && `${this.options.cookie.name}.`;
    if (!prefix || !headers.cookie?.includes(prefix)) return NO_COOKIES;
    const cookies = Object.entries(parse(headers.cookie)).filter(([name]) => name.startsWith(prefix));
    return new Map(cookies.map(([name, value]) => [name, value ?? '']));
  }
}

/** So that the head of the response to a client with many cookies stays small; what remains goes with the next ones. */
const MOST_REPLACED = 16;

const NO_COOKIES: ReadonlyMap<string, string> = new Map();

function attributesOf({ path, domain, sameSite, secure, httpOnly }: ResolvedCookie): SerializeOptions {
  return { path, sameSite, secure, httpOnly, ...(domain !== undefined && { domain }) };
}

/** A header that is there several times, or holds several values. */
function headerValues(value: string | number | readonly string[] | undefined): string[] {
  const texts = Array.isArray(value)
    ? (value as string[])
    : value === undefined || value === ''
      ? []
      : [String(value)];
  return texts.flatMap((text) => text.split(',')).map((text) => text.trim());
}
