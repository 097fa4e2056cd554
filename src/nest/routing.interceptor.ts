import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import { Observable, type Observer, type Subscriber, from, mergeMap } from 'rxjs';
import { type Context, type Work, nestContext } from '../context/context.js';
import { runInContext } from '../context/context-storage.js';
import type { DatabaseRouting } from '../database-routing.js';
import { type RequestWithParams, isUnparsedForm, takeMasterParams } from './master-params.js';
import { type HandlerRules, readRules } from './handler-rules.js';
import type { RequestContexts } from './request-contexts.js';
import { connectionOf, handledBy, isMutation, operationOf, socketOf } from './handled-by.js';

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
  private readonly rules = new WeakMap<Function, WeakMap<Function, HandlerRules>>();
  private readonly warnedOf = new WeakSet<HandlerRules>();
  private readonly entered = new WeakSet<ExecutionContext>();

  constructor(
    private readonly routing: DatabaseRouting,
    private readonly contexts: RequestContexts,
  ) {}

  /** Whether this is around the handler already; of requests it always is, as Nest runs global interceptors there. */
  hasEntered(execution: ExecutionContext): boolean {
    return execution.getType() === 'http' || this.entered.has(execution);
  }

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { contexts, routing } = this;
    const rules = this.rulesOf(execution);
    const context = this.enter(execution, rules);
    const type = execution.getType<string>();
    const isRequest = type === 'http' && contexts.carries;
    if (isRequest && rules.isEventStream) contexts.streams(context, 'goesOn'); // its head is sent before its events
    const loading = contexts.carries ? contexts.load(context, handledBy(execution)) : undefined;
    const hasFields = type === 'graphql'; // which are resolved when this one has ended
    const tells = isRequest || loading !== undefined || (type === 'rpc' && contexts.messages.tell);
    const isHeldBack = tells && !rules.isEventStream;
    const handled = new Observable((subscriber) => {
      if (type !== 'http') subscriber.add(() => this.messageEnds(context));
      const observer = isHeldBack ? this.finishing(context, subscriber, hasFields) : subscriber;
      return runInContext(routing.name, context, () => next.handle().subscribe(observer));
    });
    return loading ? from(loading).pipe(mergeMap(() => handled)) : handled;
  }

  /** Holds the handler's answer, or its error, back until what its client is to carry is known. */
  private finishing(
    context: Context,
    subscriber: Subscriber<unknown>,
    hasFields: boolean,
  ): Observer<unknown> {
    let before: Promise<unknown> | undefined;
    const inTurn = (emit: () => void) => {
      const finishing = this.contexts.finish(context);
      if (!before && !finishing) return emit();
      before = Promise.all([before, finishing]).then(emit);
    };
    return {
      next: (value) => {
        if (value instanceof StreamableFile) this.contexts.streams(context, 'lingers');
        inTurn(() => subscriber.next(value));
      },
      error: (error) => {
        if (!hasFields) hasEnded(context.work);
        inTurn(() => subscriber.error(error));
      },
      complete: () => {
        if (!hasFields) hasEnded(context.work);
        inTurn(() => subscriber.complete());
      },
    };
  }

  private messageEnds(context: Context): void {
    if (context.kind === 'message') context.work.progress = 'over';
    this.contexts.messages.connections.ended(context);
  }

  private enter(execution: ExecutionContext, rules: HandlerRules): Context {
    const outer = this.outerContext(execution);
    const handler = this.hasMasterParam(execution, rules) ? rules.masterParam : rules.force;
    const { name, consistency } = rules;
    const context = nestContext(outer, { name, balanced: true, scope: undefined, handler, consistency });
    this.declare(execution, rules, context);
    if (execution.getType() !== 'http') {
      this.entered.add(execution);
      return context;
    }
    outer.entered = context;
    if (context.work.progress === 'open') context.work.progress = 'handling';
    return context;
  }

  private hasMasterParam(execution: ExecutionContext, rules: HandlerRules): boolean {
    if (rules.masterParams.size === 0 || execution.getType() !== 'http') return false;
    const request = execution.switchToHttp().getRequest<RequestWithParams>();
    const found = takeMasterParams(request, rules.masterParams);
    if (!found && isUnparsedForm(request)) this.warnOfForm(execution, rules);
    return found;
  }

  /** Once for each handler: its params would be ignored without a word. */
  private warnOfForm(execution: ExecutionContext, rules: HandlerRules): void {
    if (this.warnedOf.has(rules)) return;
    this.warnedOf.add(rules);
    this.routing.options.logger.warn(
      `${execution.getClass().name}.${execution.getHandler().name} has master params, and its multipart form is parsed ` +
        'after they are looked for: there they count in the query string only. Send them there, or let a middleware ' +
        'parse the form.',
    );
  }

  /** What is said of the handler, else what its request is: a mutation, or of a method that is not safe. */
  private declare(execution: ExecutionContext, { writes }: HandlerRules, context: Context): void {
    const { writers } = this.contexts;
    if (writes ?? this.isUnsafe(execution)) writers.begin(context);
    else writers.acquit(context);
  }

  private isUnsafe(execution: ExecutionContext): boolean {
    const { writers } = this.contexts;
    const type = execution.getType<string>();
    if (type === 'http')
      return writers.isUnsafe(execution.switchToHttp().getRequest<{ method?: string }>().method);
    return type === 'graphql' && isMutation(execution) && writers.isUnsafe('POST');
  }

  /** HTTP requests are found by the request itself: a middleware that calls back from elsewhere loses what is current. */
  private outerContext(execution: ExecutionContext): Context {
    const type = execution.getType<string>();
    const { messages } = this.contexts;
    if (type === 'rpc') return messages.ofMessage(undefined);
    if (type === 'ws') return messages.ofMessage(connectionOf(execution));
    if (type !== 'http')
      return messages.ofOperation(operationOf(execution), socketOf(execution.getArgByIndex(2)));
    const http = execution.switchToHttp();
    const request = http.getRequest<IncomingMessage & MaybeWrapped<IncomingMessage>>();
    const response = http.getResponse<ServerResponse & MaybeWrapped<ServerResponse>>();
    const context = this.contexts.of(request.raw ?? request, response.raw ?? response, request);
    this.contexts.writers.ask(context, request);
    return context;
  }

  /** Looked up once, since decorators are applied once. */
  private rulesOf(execution: ExecutionContext): HandlerRules {
    const [type, handler] = [execution.getClass(), execution.getHandler()];
    let ofClass = this.rules.get(type);
    if (!ofClass) this.rules.set(type, (ofClass = new WeakMap()));
    let rules = ofClass.get(handler);
    const { writers } = this.contexts;
    if (!rules) ofClass.set(handler, (rules = readRules(this.routing.name, writers, type, handler)));
    return rules;
  }
}

/** Its handler has ended; where the head was sent before, nothing more can be told. */
function hasEnded(work: Work): void {
  work.progress = work.progress === 'handling' ? 'open' : 'over';
}
