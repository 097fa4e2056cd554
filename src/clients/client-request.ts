import type { IncomingMessage } from 'node:http';

/** What is looked at of a request: Express's, Fastify's, or, where no framework is, Node's own. */
export interface ClientRequest extends Pick<IncomingMessage, 'headers'> {
  /** The client's address, as far as the app trusts its proxies to know. */
  readonly ip?: string | undefined;
  readonly socket: { readonly remoteAddress?: string | undefined };
}
