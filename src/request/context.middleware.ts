import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { MiddlewareConsumer } from '@nestjs/common';
import type { ClientRequest } from './client-request.js';
import type { RequestContexts } from './request-contexts.js';

interface FastifyHooks {
  addHook(
    name: 'preValidation',
    hook: (
      request: ClientRequest & { raw: IncomingMessage },
      reply: { raw: ServerResponse },
      done: () => void,
    ) => void,
  ): void;
  /** Middleware, where middie is registered. */
  readonly use?: unknown;
}

/** Opens each HTTP request's context before other modules' middleware and guards run. */
export function openContexts(
  contexts: RequestContexts,
  adapter: AbstractHttpAdapter,
  consumer: MiddlewareConsumer,
): void {
  const fastify = adapter.getType() === 'fastify' ? adapter.getInstance<FastifyHooks>() : undefined;
  if (fastify) openBeforeGuards(contexts, fastify);
  if (fastify && !fastify.use) return;
  consumer
    .apply((request: IncomingMessage, response: ServerResponse, next: () => void) =>
      contexts.run(request, response, next),
    )
    .forRoutes('{*path}');
}

/**
 * On Fastify, again right before guards: its adapter takes no middleware where it was told to `skipMiddie`, and hooks of
 * plugins may call back from where the context is lost, as from a session store's socket.
 */
function openBeforeGuards(contexts: RequestContexts, fastify: FastifyHooks): void {
  fastify.addHook('preValidation', (request, reply, done) =>
    contexts.run(request.raw, reply.raw, done, request),
  );
}
