import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { ClientRequest } from '../clients/client-request.js';
import type { RequestContexts } from './request-contexts.js';

type FastifyHook = (
  request: ClientRequest & { raw: IncomingMessage },
  reply: { raw: ServerResponse },
  done: () => void,
) => unknown;

interface FastifyHooks {
  addHook(name: 'onRequest' | 'preValidation', hook: FastifyHook): void;
}

/** The adapter's one slot for a hook before all others, also before those in which Nest's middleware runs. */
interface FastifySlot {
  readonly onRequestHook?: FastifyHook;
  setOnRequestHook?(hook: FastifyHook): void;
}

type ExpressHandle = (request: IncomingMessage, response: ServerResponse, done?: () => void) => void;

/** The sets of an adapter's app, in the order in which they open their contexts. */
const setsOf = new WeakMap<AbstractHttpAdapter, RequestContexts[]>();

/**
 * As soon as it is known whether there is an HTTP adapter, in front of all middleware, wherever that is registered. An app
 * that takes Fastify's slot for itself has a hook of Fastify's for it, which may come after Nest's middleware.
 */
export function openContextsFirst(contexts: RequestContexts, adapter: AbstractHttpAdapter | undefined): void {
  const fastify = fastifyOf(adapter);
  fastify?.addHook('onRequest', (request, reply, done) =>
    contexts.run(request.raw, reply.raw, done, request),
  );
  const sets = adapter && setsOf.get(adapter);
  if (!adapter || sets) return void sets?.push(contexts);
  const all = [contexts];
  setsOf.set(adapter, all);
  if (fastify) takeSlot(all, adapter as FastifySlot);
  if (adapter.getType() === 'express') handleInContexts(all, adapter.getInstance());
}

function takeSlot(sets: readonly RequestContexts[], slot: FastifySlot): void {
  const { onRequestHook: own } = slot;
  slot.setOnRequestHook?.((request, reply, done) => {
    let answer: unknown; // a promise where that hook is asynchronous
    const next = own ? () => void (answer = own(request, reply, done)) : done;
    enter(sets, next, (contexts, inner) => contexts.run(request.raw, reply.raw, inner, request));
    return answer;
  });
}

/** What `app.use()` in main.ts adds comes before all that a module can add. */
function handleInContexts(sets: readonly RequestContexts[], app: { handle: ExpressHandle }): void {
  const handle = app.handle.bind(app);
  app.handle = (request, response, done) =>
    enter(
      sets,
      () => handle(request, response, done),
      (contexts, inner) => contexts.run(request, response, inner),
    );
}

function enter(
  sets: readonly RequestContexts[],
  next: () => void,
  run: (contexts: RequestContexts, inner: () => void) => void,
): void {
  sets.reduceRight((inner, contexts) => () => run(contexts, inner), next)();
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
