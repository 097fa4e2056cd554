import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AbstractHttpAdapter } from '@nestjs/core';
import type { MiddlewareConsumer } from '@nestjs/common';
import type { RequestContexts } from './request-contexts.js';

interface FastifyHooks {
  addHook(
    name: 'onRequest' | 'preValidation',
    hook: (request: { raw: IncomingMessage }, reply: { raw: ServerResponse }, done: () => void) => void,
  ): void;
}

/** Opens each HTTP request's context before guards run. */
export function openContexts(
  contexts: RequestContexts,
  adapter: AbstractHttpAdapter,
  consumer: MiddlewareConsumer,
): void {
  if (adapter.getType() === 'fastify') return openInFastify(contexts, adapter.getInstance<FastifyHooks>());
  consumer
    .apply((request: IncomingMessage, response: ServerResponse, next: () => void) =>
      contexts.run(request, response, next),
    )
    .forRoutes('{*path}');
}

/** Twice on Fastify: its body parsing, in between, goes on in the socket's context instead of the hook's. */
function openInFastify(contexts: RequestContexts, fastify: FastifyHooks): void {
  for (const hook of ['onRequest', 'preValidation'] as const) {
    fastify.addHook(hook, (request, reply, done) => contexts.run(request.raw, reply.raw, done));
  }
}
