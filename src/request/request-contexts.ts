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
      this.carrier?.attach(context, request, response, () => !this.stored.has(work));
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
    this.stored.set(context.work, { key, marks: 0 });
    return this.store?.load(key, context);
  }

  /** What must be done before a handler's response may go, so that it carries how far its client has seen. */
  finish(context: Context): Promise<unknown> | undefined {
    const stored = this.stored.get(context.work);
    if (stored) return this.save(stored, context);
    return context.work.seen.unsettled === ANYWHERE ? this.routing.bookmarks?.issue(context) : undefined;
  }

  private save(stored: StoredWork, context: Context): Promise<void> | undefined {
    const { marks } = context.work.seen;
    if (stored.marks === marks) return undefined;
    stored.marks = marks;
    return this.store?.save(stored.key, context);
  }
}

/** Work whose bookmark is kept in the store: under which key, and how much of it is there already. */
interface StoredWork {
  readonly key: string;
  marks: number;
}
