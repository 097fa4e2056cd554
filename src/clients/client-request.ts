import type { HttpRequest } from '../context/http-request.js';

/** What is looked at of a request: Express's, Fastify's, or, where no framework is, Node's own. */
export interface ClientRequest extends HttpRequest {
  /** The client's address, as far as the app trusts its proxies to know. */
  readonly ip?: string | undefined;
  readonly socket: { readonly remoteAddress?: string | undefined };
}
