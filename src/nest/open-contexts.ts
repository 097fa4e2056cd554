import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { ClientRequest } from '../clients/client-request.js';
import type { RequestContexts } from './request-contexts.js';

type FastifyHook = (
  request: ClientRequest & { raw: IncomingMessage },
  reply: { raw: ServerResponse },
  done: () => void,
) => void;

interface FastifyHooks {
  addHook(name: 'onRequest' | 'preValidation', hook: FastifyHook): void;
}

/**
 * As soon as it is known whether there is an HTTP adapter. On Fastify a hook opens each request's context: it is there
 * before the adapter's own, in which other modules' middleware runs, and costs a request far less than a middleware does.
 */
export function openContextsFirst(contexts: RequestContexts, adapter: AbstractHttpAdapter | undefined): void {
  fastifyOf(adapter)?.addHook('onRequest', (request, reply, done) =>
    contexts.run(request.raw, reply.raw, done, request),
  );
}

/**
 * When modules register their middleware. On Fastify again right before guards, since hooks of plugins may call back from
 * where the context is lost, as from a session store's socket. Elsewhere here, for all that comes after the body parser,
 * which loses it too; and not through Nest's consumer, whose middleware of this module might come after another's. On both
 * the body is there by then, so that `pin.when` may look at it.
 */
export function openContexts(contexts: RequestContexts, adapter: AbstractHttpAdapter): void {
  const fastify = fastifyOf(adapter);
  if (fastify) {
    fastify.addHook('preValidation', (request, reply, done) =>
      contexts.runComplete(request.raw, reply.raw, done, request),
    );
  } else {
    adapter.use((request: IncomingMessage, response: ServerResponse, next: () => void) =>
      contexts.runComplete(request, response, next),
    );
  }
}

function fastifyOf(adapter: AbstractHttpAdapter | undefined): FastifyHooks | undefined {
  return adapter?.getType() === 'fastify' ? adapter.getInstance<FastifyHooks>() : undefined;
}
