import type { ServerResponse } from 'node:http';
import type { Context } from '../context/context.js';
import type { CarriedFaults } from './carried-faults.js';
import type { ClientRequest } from './client-request.js';

/** What a handler was called for. */
export interface Handled {
  /** The request, socket or message, as its transport gives it. */
  readonly request: object;
  /** All that the framework knows of the call. */
  readonly execution: object;
}

/** Carries what a client has seen from one HTTP request to the next: by bookmarks or by pins. */
export interface Carrier {
  /** What was wrong with what clients brought, since the start. */
  readonly faults: CarriedFaults;
  /** Takes up what the request brought; gives what is to be done right before the response's head is sent. */
  attach(context: Context, request: ClientRequest, response: ServerResponse): () => void;
  /**
   * What must be done before the handler of a request, or of a message, may read: guards have run by now, so the app knows its
   * client. Undefined for a message: nobody carries what it sees.
   */
  load(context: Context, handled: Handled): Promise<void> | undefined;
  /** What must be done before the handler's response may go. Never rejects. */
  finish(context: Context): Promise<unknown> | undefined;
  /** Whether what clients have seen is kept by time, as nothing tells positions. */
  readonly isByTime: boolean;
  /** What a request brought, to be taken up by others than the request's own context. */
  broughtBy(request: Pick<ClientRequest, 'headers'>): readonly string[];
  /** Lets a context continue where what was brought, or told, stands. */
  take(context: Context, texts: readonly string[]): void;
  /** What tells how far a context has seen, for `take`; asks nobody, and is undefined where nothing was seen. */
  tell(context: Context): string | undefined;
  /** The cookie of a handshake, by which requests after it show what the socket's messages do; undefined: there is none. */
  handshakeCookie(): string | undefined;
}
