import type { IncomingMessage } from 'node:http';

/** A request as handlers see it, Express's or Fastify's: what both have. Declare your own parameter type for the rest. */
export interface HttpRequest extends Pick<IncomingMessage, 'method' | 'url' | 'headers'> {}
