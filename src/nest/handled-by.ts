import type { ExecutionContext } from '@nestjs/common';
import type { Handled } from '../clients/carrier.js';

/** What carriers are told of a handler's call, by whichever transport. */
export function handledBy(execution: ExecutionContext): Handled {
  return { request: requestOf(execution), execution };
}

/** What a handler was called for, as its transport gives it: a request, a socket, or the context of a message. */
function requestOf(execution: ExecutionContext): object {
  switch (execution.getType<string>()) {
    case 'http':
      return execution.switchToHttp().getRequest<object>();
    case 'ws':
      return execution.switchToWs().getClient<object>();
    case 'rpc':
      return execution.switchToRpc().getContext<object | undefined>() ?? execution;
    default:
      return requestOfOperation(execution);
  }
}

/** The third argument of a GraphQL resolver is the operation's context; Apollo's and Mercurius' have the request as `req`. */
function requestOfOperation(execution: ExecutionContext): object {
  const context = execution.getArgByIndex<{ readonly req?: object } | undefined>(2);
  return context?.req ?? context ?? execution;
}

/** What GraphQL's executor says of an operation. */
export interface Operation {
  /** An object of its own for each, which all of its resolvers are given. */
  readonly variableValues?: object;
  readonly operation?: { readonly operation?: unknown };
}

/** The operation that a GraphQL resolver is part of: its fourth argument. */
export function operationOf(execution: ExecutionContext): Operation | undefined {
  return execution.getArgByIndex(3);
}

/** Queries come by POST too. */
export function isMutation(execution: ExecutionContext): boolean {
  return operationOf(execution)?.operation?.operation === 'mutation';
}
