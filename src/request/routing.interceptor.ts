import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { type Context, type HandlerForce, nestContext } from '../context/context.js';
import { runInContext } from '../context/context-storage.js';
import type { DatabaseRouting } from '../database-routing.js';
import { takeMasterParams } from './master-params.js';
import type { RequestContexts } from './request-contexts.js';
import { type HandlerEngine, handlerEngineOf } from './with-engine.decorator.js';

/** Fastify wraps Node's request and response, Express extends them. */
interface MaybeWrapped<Raw> {
  readonly raw?: Raw;
}

/**
 * Runs each handler, with its pipes, its Observables and what they start later, in a context nested for it alone:
 * balanced from here on, and with what `@WithEngine` and the master params say.
 */
@Injectable()
export class RoutingInterceptor implements NestInterceptor {
  constructor(
    private readonly routing: DatabaseRouting,
    private readonly contexts: RequestContexts,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const context = this.enter(execution);
    return new Observable((subscriber) =>
      runInContext(this.routing.name, context, () => next.handle().subscribe(subscriber)),
    );
  }

  private enter(execution: ExecutionContext): Context {
    const outer = this.outerContext(execution);
    const handler = this.force(execution);
    const context = nestContext(outer, { balanced: true, scope: undefined, handler });
    if (execution.getType() === 'http') outer.entered = context;
    return context;
  }

  /** HTTP requests are found by the request itself: a middleware that calls back from elsewhere loses what is current. */
  private outerContext(execution: ExecutionContext): Context {
    const type = execution.getType<string>();
    if (type !== 'http')
      return this.contexts.currentOrNew(type === 'rpc' || type === 'ws' ? 'message' : 'request');
    const http = execution.switchToHttp();
    const request = http.getRequest<IncomingMessage & MaybeWrapped<IncomingMessage>>();
    const response = http.getResponse<ServerResponse & MaybeWrapped<ServerResponse>>();
    return this.contexts.of(request.raw ?? request, response.raw ?? response);
  }

  private force(execution: ExecutionContext): HandlerForce | undefined {
    const method = handlerEngineOf(this.routing.name, execution.getHandler());
    const controller = handlerEngineOf(this.routing.name, execution.getClass());
    if (!method && !controller) return undefined;
    if (this.hasMasterParam(execution, method, controller))
      return { engine: 'master', reason: 'master-param' };
    const engine = method?.engine ?? controller?.engine;
    return engine === undefined ? undefined : { engine, reason: 'handler' };
  }

  private hasMasterParam(execution: ExecutionContext, ...said: (HandlerEngine | undefined)[]): boolean {
    if (execution.getType() !== 'http') return false;
    const [method, controller] = said;
    const params = new Map([...(controller?.masterParams ?? []), ...(method?.masterParams ?? [])]);
    return takeMasterParams(execution.switchToHttp().getRequest(), params);
  }
}
