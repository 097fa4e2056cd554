import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, type Work, openContext } from '../context/context.js';
import { currentContext, runInContext } from '../context/context-storage.js';
import { ANYWHERE } from '../context/seen.js';
import type { DatabaseRouting } from '../database-routing.js';
import { BookmarkCarrier } from './bookmark-carrier.js';
import { BookmarkStoreCarrier } from './bookmark-store.carrier.js';
import { writeDecisionsHeader } from './decisions-header.js';

/** The contexts of one set's HTTP requests; each lives as long as its request does. */
export class RequestContexts {
  private readonly byRequest = new WeakMap<IncomingMessage, Context>();
  private readonly stored = new WeakMap<Work, StoredWork>();
  private readonly carrier: BookmarkCarrier | undefined;
  private readonly store: BookmarkStoreCarrier | undefined;

  constructor(
    private readonly routing: DatabaseRouting,
    storeFailed: (error: unknown) => void,
  ) {
    const { bookmarks, bookmarkOptions: options } = routing;
    this.carrier = bookmarks && new BookmarkCarrier(bookmarks, options);
    this.store =
      bookmarks && options.store && options.key
        ? new BookmarkStoreCarrier(bookmarks, options.store, options.maxAgeSeconds, storeFailed)
        : undefined;
  }

  /** Runs the rest of a request's way in its context, which the first call opens. */
  run(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    runInContext(this.routing.name, this.of(request, response), next);
  }

  /** A request's context; not balanced yet, since no handler has started. */
  of(request: IncomingMessage, response: ServerResponse): Context {
    let context = this.byRequest.get(request);
    if (!context) {
      const { name, exposeDecisions } = this.routing;
      context = openContext('request', { balanced: false, recordDecisions: exposeDecisions });
      if (context.work.decisions) writeDecisionsHeader(response, context.work.decisions, name);
      const { work } = context;
      this.carrier?.attach(context, request, response, () => !this.isStored(work));
      this.byRequest.set(request, context);
    }
    return context;
  }

  /** What is current, or a context of its own where no middleware ran. */
  currentOrNew(kind: 'request' | 'message'): Context {
    const current = currentContext(this.routing.name);
    return kind === 'request' && current.kind === 'request'
      ? current
      : openContext(kind, { balanced: false });
  }

  /** What must be done before a request's handler may read: guards have run by now, so the app knows its client. */
  load(request: object, context: Context): Promise<void> | undefined {
    const key = this.store && this.routing.bookmarkOptions.key?.(request);
    if (key === undefined) return undefined;
    const { seen } = context.work;
    const isKnown = seen.marks === 0 && seen.position === 0n;
    return this.store?.load(key, context).then(() => {
      const saved = isKnown ? seen.marks : NOTHING;
      this.stored.set(context.work, { key, saving: saved, saved });
    });
  }

  /** A response that streams is sent while it reads: its client's next request is to show what was seen until then. */
  streams(context: Context): void {
    const { seen } = context.work;
    seen.goesOn = true;
    seen.marks++;
  }

  /** What must be done before a handler's response may go, so that it carries how far its client has seen. */
  finish(context: Context): Promise<unknown> | undefined {
    const stored = this.stored.get(context.work);
    if (stored) return this.save(stored, context);
    return context.work.seen.unsettled === ANYWHERE ? this.routing.bookmarks?.issue(context) : undefined;
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
}

const NOTHING = -1;

/** Work whose bookmark is kept in the store, and under which key. */
interface StoredWork {
  readonly key: string;
  /** How much of what is seen was given to the store, and how much it has taken. */
  saving: number;
  saved: number;
}
