import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CallHandler, ExecutionContext } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { lastValueFrom, of } from 'rxjs';
import type { Context } from '../../../src/context/context.js';
import { currentContext, runInContext } from '../../../src/context/context-storage.js';
import { ANYWHERE } from '../../../src/context/seen.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { DeclaredWriters } from '../../../src/nest/declared-writers.js';
import { RequestContexts } from '../../../src/nest/request-contexts.js';
import { RoutingInterceptor } from '../../../src/nest/routing.interceptor.js';

const SET = 'graphql operations';

class PostsResolver {
  field() {}
}

/** As @nestjs/graphql calls interceptors: the operation is in the fourth argument. */
function resolving(operation: string): ExecutionContext {
  const args = [undefined, {}, {}, { operation: { operation } }];
  return {
    getType: () => 'graphql',
    getClass: () => PostsResolver,
    getHandler: () => PostsResolver.prototype.field,
    getArgByIndex: (index: number) => args[index],
  } as unknown as ExecutionContext;
}

let request: Context;
let interceptor: RoutingInterceptor;
let writers: DeclaredWriters;

beforeEach(() => {
  const options = { exposeDecisions: false, rules: {} };
  const routing = { name: SET, carrier: undefined, options } as DatabaseRouting;
  writers = new DeclaredWriters(SET, { unsafeMethods: true, handlers: [] });
  const contexts = new RequestContexts(routing, writers);
  interceptor = new RoutingInterceptor(routing, contexts);
  request = contexts.of(
    { method: 'POST', headers: {} } as IncomingMessage,
    new EventEmitter() as ServerResponse,
  );
});

/** The context in which a root field of such an operation runs. */
async function contextIn(operation: string): Promise<Context> {
  const handler: CallHandler = { handle: () => of(currentContext(SET)) };
  const running = runInContext(SET, request, () => ({
    work: interceptor.intercept(resolving(operation), handler),
  }));
  return (await lastValueFrom(running.work)) as Context;
}

describe('a GraphQL operation by POST', () => {
  it.each(['query', 'subscription'])(
    'reads on slaves where it is a %s, and its client is no writer',
    async (operation) => {
      const context = await contextIn(operation);
      expect(context).toMatchObject({ balanced: true, work: { wrote: false } });
      writers.end(context);
      expect(request.work.seen.unsettled).toBeUndefined();
    },
  );

  it('is still a writer where a query follows a mutation in one batch', async () => {
    const context = await contextIn('mutation');
    await contextIn('query');
    writers.end(context);
    expect(request.work.seen.unsettled).toBe(ANYWHERE);
  });

  it('reads on the master from its start where it is a mutation', async () => {
    expect(await contextIn('mutation')).toMatchObject({ balanced: true, work: { wrote: true } });
  });
});
