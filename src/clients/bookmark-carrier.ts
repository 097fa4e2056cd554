import type { ServerResponse } from 'node:http';
import { parse } from 'cookie';
import type { Bookmarks } from './bookmarks.js';
import type { Context, Work } from '../context/context.js';
import { ANYWHERE } from '../context/seen.js';
import type { ResolvedBookmarkOptions } from '../options/resolve-bookmark-options.js';
import type { BookmarkStoreCarrier } from './bookmark-store.carrier.js';
import type { CarriedFaults } from './carried-faults.js';
import type { ClientRequest } from './client-request.js';
import { setCookie } from './cookies.js';
import type { Carrier } from './carrier.js';

/**
 * Carries bookmarks with the client, in a cookie and a header; or, of clients that have a key, in a store. Each response
 * that has something new sets a cookie of a new name and ends those that its request came with: so responses to parallel
 * requests never overwrite what another one had to say, and the next request brings, and merges, them all.
 */
export class BookmarkCarrier implements Carrier {
  private readonly stored = new WeakMap<Work, StoredWork>();

  constructor(
    private readonly bookmarks: Bookmarks,
    private readonly options: ResolvedBookmarkOptions,
    private readonly store: BookmarkStoreCarrier | undefined,
    private readonly random: () => number,
  ) {}

  get faults(): CarriedFaults {
    return this.bookmarks.faults;
  }

  attach(context: Context, request: ClientRequest, response: ServerResponse): () => void {
    const { header } = this.options;
    const { work } = context;
    const cookies = this.cookiesOf(request);
    this.bookmarks.restore(context, [
      ...cookies.values(),
      ...headerValues(header && request.headers[header.toLowerCase()]),
    ]);
    const brought = this.bookmarks.standing(context);
    return () => {
      const names = [...cookies.keys()];
      const isNew = this.bookmarks.hasNews(context, brought);
      if (this.isStored(work)) this.end(response, names);
      else if (isNew || names.length > 1) this.write(context, response, names);
    };
  }

  load(context: Context, request: object): Promise<void> | undefined {
    const key = this.store && this.options.key?.(request);
    if (key === undefined) return undefined;
    const { seen } = context.work;
    const isKnown = seen.marks === 0 && seen.position === 0n;
    return this.store?.load(key, context).then(() => {
      const saved = isKnown ? seen.marks : NOTHING;
      this.stored.set(context.work, { key, saving: saved, saved });
    });
  }

  finish(context: Context): Promise<unknown> | undefined {
    const stored = this.stored.get(context.work);
    if (stored) return this.save(stored, context);
    return context.work.seen.unsettled === ANYWHERE ? this.bookmarks.issue(context) : undefined;
  }

  private save(stored: StoredWork, context: Context): Promise<void> | undefined {
    const { marks } = context.work.seen;
    if (stored.saving === marks) return undefined;
    stored.saving = marks;
    return this.store?.save(stored.key, context).then((isSaved) => {
      if (isSaved) stored.saved = marks;
    });
  }

  /** What the store does not have, or not yet, the client carries after all. */
  private isStored(work: Work): boolean {
    return this.stored.get(work)?.saved === work.seen.marks;
  }

  private write(context: Context, response: ServerResponse, replaced: readonly string[]): void {
    const bookmark = this.bookmarks.current(context);
    if (bookmark === undefined) return;
    const { header, cookie, maxAgeSeconds } = this.options;
    if (header)
      response.setHeader(header, [...headerValues(response.getHeader(header)), bookmark].join(', '));
    if (!cookie) return;
    this.end(response, replaced);
    const name = `${cookie.name}.${Math.floor(this.random() * 36 ** 4).toString(36)}`;
    setCookie(response, { ...cookie, name }, bookmark, maxAgeSeconds);
  }

  private end(response: ServerResponse, names: readonly string[]): void {
    const { cookie } = this.options;
    if (!cookie) return;
    for (const name of names.slice(0, MOST_REPLACED)) setCookie(response, { ...cookie, name }, '', 0);
  }

  private cookiesOf({ headers }: ClientRequest): ReadonlyMap<string, string> {
    const prefix = this.options.cookie && `${this.options.cookie.name}.`;
    if (!prefix || !headers.cookie?.includes(prefix)) return NO_COOKIES;
    const cookies = Object.entries(parse(headers.cookie)).filter(([name]) => name.startsWith(prefix));
    return new Map(cookies.map(([name, value]) => [name, value ?? '']));
  }
}

const NOTHING = -1;

/** So that the head of the response to a client with many cookies stays small; what remains goes with the next ones. */
const MOST_REPLACED = 16;

/** Work whose bookmark is kept in the store, and under which key. */
interface StoredWork {
  readonly key: string;
  /** How much of what is seen was given to the store, and how much it has taken. */
  saving: number;
  saved: number;
}

const NO_COOKIES: ReadonlyMap<string, string> = new Map();

/** A header that is there several times, or holds several values. */
function headerValues(value: string | number | readonly string[] | undefined): string[] {
  const texts = Array.isArray(value)
    ? (value as string[])
    : value === undefined || value === ''
      ? []
      : [String(value)];
  return texts.flatMap((text) => text.split(',')).map((text) => text.trim());
}
