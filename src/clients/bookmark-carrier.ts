import type { ServerResponse } from 'node:http';
import type { Bookmarks } from './bookmarks.js';
import type { Context, Work } from '../context/context.js';
import { ANYWHERE } from '../context/seen.js';
import type { ResolvedBookmarkOptions } from '../options/resolve-bookmark-options.js';
import type { BookmarkStoreCarrier } from './bookmark-store.carrier.js';
import type { CarriedFaults } from './carried-faults.js';
import type { ClientRequest } from './client-request.js';
import type { BookmarkCookies, Brought } from './bookmark-cookies.js';
import type { Carrier, Handled } from './carrier.js';
import { exposeHeader, mayBeShared } from './shared-caches.js';

/** Carries bookmarks with the client, in a cookie and a header; or, of clients that have a key, in a store. */
export class BookmarkCarrier implements Carrier {
  readonly isByTime = false;
  private readonly stored = new WeakMap<Work, StoredWork>();

  constructor(
    private readonly bookmarks: Bookmarks,
    private readonly options: Pick<ResolvedBookmarkOptions, 'header' | 'key'>,
    private readonly store: BookmarkStoreCarrier | undefined,
    /** Undefined where none are set. */
    private readonly cookies: BookmarkCookies | undefined,
  ) {}

  get faults(): CarriedFaults {
    return this.bookmarks.faults;
  }

  attach(context: Context, request: ClientRequest, response: ServerResponse): () => void {
    const { cookies } = this;
    const brought = cookies?.broughtBy(request);
    this.take(context, [...(brought?.cookies.values() ?? []), ...this.headersOf(request)]);
    const standing = this.bookmarks.standing(context);
    return () => {
      if (this.isStored(context.work)) {
        if (brought) cookies?.end(brought, response);
      } else if (this.bookmarks.hasNews(context, standing) || (brought && cookies?.areMany(brought))) {
        const isForAll = mayBeShared(response) && this.bookmarks.hasOnlyRead(context, standing);
        if (!isForAll) this.write(context, brought, response);
      }
      if (brought) cookies?.isAnswered(brought);
    };
  }

  load(context: Context, { request, execution }: Handled): Promise<void> | undefined {
    const { work } = context;
    const loading = this.stored.get(work)?.loading; // GraphQL's root fields share their request's work
    if (loading) return loading;
    const key = this.store && this.options.key?.(request, execution);
    if (this.store === undefined || key === undefined) return undefined;
    const isKnown = work.seen.marks === 0 && work.seen.position === 0n;
    const stored: StoredWork = {
      key,
      loading: this.store.load(key, context),
      saving: NOTHING,
      saved: NOTHING,
    };
    this.stored.set(work, stored);
    return stored.loading.then(() => {
      if (isKnown) stored.saving = stored.saved = work.seen.marks;
    });
  }

  finish(context: Context): Promise<unknown> | undefined {
    const stored = this.stored.get(context.work);
    if (stored) return this.save(stored, context);
    return context.work.seen.unsettled === ANYWHERE ? this.bookmarks.issue(context) : undefined;
  }

  broughtBy(request: Pick<ClientRequest, 'headers'>): string[] {
    return [...(this.cookies?.of(request).values() ?? []), ...this.headersOf(request)];
  }

  take(context: Context, bookmarks: readonly string[]): void {
    this.bookmarks.restore(context, bookmarks);
  }

  tell(context: Context): string | undefined {
    return this.bookmarks.current(context);
  }

  handshakeCookie(): string | undefined {
    return this.cookies?.ofHandshake();
  }

  private headersOf({ headers }: Pick<ClientRequest, 'headers'>): string[] {
    const { header } = this.options;
    return headerValues(header && headers[header.toLowerCase()]);
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

  private write(context: Context, brought: Brought | undefined, response: ServerResponse): void {
    const text = this.bookmarks.current(context);
    if (text === undefined) return;
    const { header } = this.options;
    if (header) {
      response.setHeader(header, [...headerValues(response.getHeader(header)), text].join(', '));
      exposeHeader(response, header);
    }
    if (!brought) return;
    const [server, says] = [this.bookmarks.serverOf(context), this.bookmarks.content(context)];
    this.cookies?.set({ text, server, says }, brought, response);
  }
}

const NOTHING = -1;

/** Work whose bookmark is kept in the store, and under which key. */
interface StoredWork {
  readonly key: string;
  readonly loading: Promise<void>;
  /** How much of what is seen was given to the store, and how much it has taken. */
  saving: number;
  saved: number;
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
