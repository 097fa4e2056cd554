import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import { Observable, from, mergeMap } from 'rxjs';
import { type Context, type HandlerForce, nestContext } from '../context/context.js';
import { runInContext } from '../context/context-storage.js';
import type { DatabaseRouting } from '../database-routing.js';
import { consistencyOf } from './consistency.decorator.js';
import { takeMasterParams } from './master-params.js';
import type { RequestContexts } from './request-contexts.js';
import { type HandlerEngine, handlerEngineOf } from './with-engine.decorator.js';

/** Nest's own mark of an `@Sse()` handler. */
const SSE_METADATA = '__sse__';

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
    const handled = new Observable((subscriber) =>
      runInContext(this.routing.name, context, () => next.handle().subscribe(subscriber)),
    );
    return execution.getType() === 'http' && this.contexts.carriesSessions
      ? this.carried(execution, context, handled)
      : handled;
  }

  /** Between what a request brings and what its response takes along. An event stream's head is sent before its events. */
  private carried(
    execution: ExecutionContext,
    context: Context,
    handled: Observable<unknown>,
  ): Observable<unknown> {
    const loading = this.contexts.load(context, execution.switchToHttp().getRequest<object>());
    const loaded = loading ? from(loading).pipe(mergeMap(() => handled)) : handled;
    if (!Reflect.hasMetadata(SSE_METADATA, execution.getHandler())) return this.finished(context, loaded);
    this.contexts.streams(context);
    return loaded;
  }

  /** Holds the handler's answer, or its error, back until what its client is to carry is known. */
  private finished(context: Context, handled: Observable<unknown>): Observable<unknown> {
    return new Observable((subscriber) => {
      let before: Promise<unknown> | undefined;
      const inTurn = (emit: () => void) => {
        const finishing = this.contexts.finish(context);
        if (!before && !finishing) return emit();
        before = Promise.all([before, finishing]).then(emit);
      };
      return handled.subscribe({
        next: (value) => {
          if (value instanceof StreamableFile) this.contexts.streams(context);
          inTurn(() => subscriber.next(value));
        },
        error: (error) => inTurn(() => subscriber.error(error)),
        complete: () => inTurn(() => subscriber.complete()),
      });
    });
  }

  private enter(execution: ExecutionContext): Context {
    const outer = this.outerContext(execution);
    const handler = this.force(execution);
    const consistency =
      consistencyOf(this.routing.name, execution.getHandler()) ??
      consistencyOf(this.routing.name, execution.getClass());
    const context = nestContext(outer, { balanced: true, scope: undefined, handler, consistency });
    if (this.contexts.writers.includes(execution.getClass(), execution.getHandler()))
      this.contexts.writers.begin(context);
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
    return this.contexts.of(request.raw ?? request, response.raw ?? response, request);
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
