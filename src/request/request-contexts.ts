import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, openContext } from '../context/context.js';
import { currentContext, runInContext } from '../context/context-storage.js';
import type { DatabaseRouting } from '../database-routing.js';
import { writeDecisionsHeader } from './decisions-header.js';

/** The contexts of one set's HTTP requests; each lives as long as its request does. */
export class RequestContexts {
  private readonly byRequest = new WeakMap<IncomingMessage, Context>();

  constructor(private readonly routing: DatabaseRouting) {}

  /** Runs the rest of a request's way in its context, which the first call opens. */
  run(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    runInContext(this.routing.name, this.of(request, response), next);
  }

  /** A request's context; not balanced yet, since no handler has started. */
  of(request: IncomingMessage, response: ServerResponse): Context {
    let context = this.byRequest.get(request);
    if (!context) {
      const { name, exposeDecisions } = this.routing;
      context = openContext('request', { balanced: false, recordDecisions: exposeDecisions });
      if (context.work.decisions) writeDecisionsHeader(response, context.work.decisions, name);
      this.byRequest.set(request, context);
    }
    return context;
  }

  /** What is current, or a context of its own where no middleware ran. */
  currentOrNew(kind: 'request' | 'message'): Context {
    const current = currentContext(this.routing.name);
    return kind === 'request' && current.kind === 'request'
      ? current
      : openContext(kind, { balanced: false });
  }
}
