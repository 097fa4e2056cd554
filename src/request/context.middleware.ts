import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { MiddlewareConsumer } from '@nestjs/common';
import type { RequestContexts } from './request-contexts.js';

interface FastifyHooks {
  addHook(
    name: 'onRequest' | 'preValidation',
    hook: (request: { raw: IncomingMessage }, reply: { raw: ServerResponse }, done: () => void) => void,
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
  if (fastify) openInHooks(contexts, fastify);
  if (fastify && !fastify.use) return;
  consumer
    .apply((request: IncomingMessage, response: ServerResponse, next: () => void) =>
      contexts.run(request, response, next),
    )
    .forRoutes('{*path}');
}

/**
 * Again on Fastify: its body parsing goes on in the socket's context instead of the middleware's. Before it too, for the
 * apps whose adapter was told to `skipMiddie`, and so takes no middleware.
 */
function openInHooks(contexts: RequestContexts, fastify: FastifyHooks): void {
  for (const hook of ['onRequest', 'preValidation'] as const) {
    fastify.addHook(hook, (request, reply, done) => contexts.run(request.raw, reply.raw, done));
  }
}
