import type { IncomingMessage, ServerResponse } from 'node:http';
import onHeaders from 'on-headers';
import { type Context, openContext } from '../context/context.js';
import { isCurrent, runInContext } from '../context/context-storage.js';
import type { DatabaseRouting } from '../database-routing.js';
import type { ClientRequest } from '../clients/client-request.js';
import type { DeclaredWriters } from './declared-writers.js';
import { writeDecisionsHeader } from './decisions-header.js';
import { MessageContexts } from './message-contexts.js';
import type { Carrier, Handled } from '../clients/carrier.js';

/** The contexts of one set's HTTP requests; each lives as long as its request does. */
export class RequestContexts {
  /** Where a request keeps its context, of each set one. */
  private readonly key = Symbol('context');
  /** Those of what comes by no request. */
  readonly messages: MessageContexts;
  private readonly carrier: Carrier | undefined;

  constructor(
    private readonly routing: DatabaseRouting,
    readonly writers: DeclaredWriters,
  ) {
    this.carrier = routing.carrier;
    this.messages = new MessageContexts(routing);
  }

  /** Whether what clients have seen or written is carried from request to request. */
  get carries(): boolean {
    return this.carrier !== undefined;
  }

  /** Runs the rest of a request's way in its context, which the first call opens. */
  run(request: IncomingMessage, response: ServerResponse, next: () => void, client?: ClientRequest): void {
    const context = this.of(request, response, client);
    if (isCurrent(this.routing.name, context)) next();
    else runInContext(this.routing.name, context, next);
  }

  /** The same where the request is complete, its body too: the app may now say that it writes. */
  runComplete(
    request: IncomingMessage,
    response: ServerResponse,
    next: () => void,
    client: ClientRequest = request,
  ): void {
    this.writers.ask(this.of(request, response, client), client);
    this.run(request, response, next, client);
  }

  /**
   * A request's context; not balanced yet, since no handler has started. `client` is the framework's own request, where
   * Node's doesn't know the client's address behind proxies.
   */
  of(request: IncomingMessage, response: ServerResponse, client: ClientRequest = request): Context {
    const own = request as IncomingMessage & { [key: symbol]: Context | undefined };
    return (own[this.key] ??= this.open(request, response, client));
  }

  /** What must be done before a handler may read. */
  load(context: Context, handled: Handled): Promise<void> | undefined {
    return this.carrier?.load(context, handled);
  }

  /** A response that streams is sent while it reads: its client's next requests are to show what was seen until then. */
  streams({ work: { seen } }: Context, how: 'goesOn' | 'lingers'): void {
    seen[how] = true;
    seen.marks++;
  }

  /** What must be done before what a handler's context has seen may be shown. */
  tell(context: Context): Promise<unknown> | undefined {
    return this.carrier?.finish(context);
  }

  /** What must be done before a handler's response may go, so that its client's next request shows what this one did. */
  finish(context: Context): Promise<unknown> | undefined {
    this.writers.end(context);
    return this.tell(context);
  }

  /** The head goes, with all that its client is told: what is still under way, it has to ask for. */
  private answer(context: Context, request: IncomingMessage, response: ServerResponse): void {
    const { work } = context;
    this.writers.end(context);
    const goesOn = work.progress === 'handling' && !isComplete(request, response);
    if (goesOn || work.writing > 0) this.streams(context, 'lingers');
    work.progress = work.progress === 'handling' ? 'answering' : 'over';
  }

  private open(request: IncomingMessage, response: ServerResponse, client: ClientRequest): Context {
    const { name, options } = this.routing;
    const context = openContext('request', { balanced: false, recordDecisions: options.exposeDecisions });
    if (options.rules.router) context.work.request = client;
    response.once('close', () => close(context));
    if (context.work.decisions) writeDecisionsHeader(response, context.work.decisions, name);
    const writeHead = this.carrier?.attach(context, client, response);
    if (writeHead) {
      onHeaders(response, () => {
        this.answer(context, request, response);
        writeHead();
      });
    }
    if (this.writers.isUnsafe(request.method)) this.writers.expect(context);
    return context;
  }
}

/** Whether nothing follows a head but a body of a length that is known, and so nothing that is read later. */
function isComplete({ method }: IncomingMessage, response: ServerResponse): boolean {
  return method === 'HEAD' || BODILESS.has(response.statusCode) || response.hasHeader('content-length');
}

const BODILESS: ReadonlySet<number> = new Set([204, 304]);

/** The request is not kept longer than until it is answered: connections opened meanwhile, and timers, keep their context. */
function close({ work }: Context): void {
  work.request = undefined;
  work.progress = 'over';
}
