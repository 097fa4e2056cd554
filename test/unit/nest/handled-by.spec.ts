import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { handledBy } from '../../../src/nest/handled-by.js';

const [request, client, transport, graphql] = [
  { url: '/' },
  { id: 1 },
  { pattern: 'a' },
  { req: { url: '/graphql' } },
];

function execution(type: string, args: readonly unknown[] = []): ExecutionContext {
  return {
    getType: () => type,
    switchToHttp: () => ({ getRequest: () => request }),
    switchToWs: () => ({ getClient: () => client }),
    switchToRpc: () => ({ getContext: () => args[1] }),
    getArgByIndex: (index: number) => args[index],
  } as unknown as ExecutionContext;
}

describe('a store is asked for the client of', () => {
  it.each([
    ['an HTTP request', execution('http'), request],
    ['a socket', execution('ws'), client],
    ['a message', execution('rpc', [{}, transport]), transport],
    ['a GraphQL operation by HTTP', execution('graphql', [{}, {}, graphql]), graphql.req],
    ['a GraphQL operation by a socket', execution('graphql', [{}, {}, client]), client],
  ])('%s, and is given all that Nest knows of it', (_what, given, expected) => {
    expect(handledBy(given)).toEqual({ request: expected, execution: given });
  });

  it.each(['rpc', 'graphql', 'necord'])('what has no request, of the type %s', (type) => {
    const given = execution(type);
    expect(handledBy(given).request).toBe(given);
  });
});
