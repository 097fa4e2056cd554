import type { IncomingMessage } from 'node:http';
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

/** What stands for the connection of a gateway's message: socket.io has a client for each namespace of it. */
export function connectionOf(execution: ExecutionContext): object {
  return connectionOfClient(execution.switchToWs().getClient<GatewayClient>());
}

export function connectionOfClient(client: GatewayClient): object {
  return client.conn ?? client;
}

/** A client as gateways get it: ws' or socket.io's. */
export interface GatewayClient {
  readonly conn?: object;
  /** socket.io's handshake. */
  readonly request?: IncomingMessage;
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

/** A socket over which operations come. */
export interface Socket {
  readonly key: object;
  readonly handshake: Pick<IncomingMessage, 'headers'>;
}

/** What contexts of GraphQL operations have of the request, or of the socket's handshake. */
interface OperationContext {
  readonly req?: OperationRequest;
  readonly request?: OperationRequest;
}

type OperationRequest = Partial<Pick<IncomingMessage, 'headers' | 'socket'>> & {
  /** graphql-ws'. */
  readonly extra?: { readonly socket?: object; readonly request?: IncomingMessage };
  /** Fastify's. */
  readonly raw?: IncomingMessage;
};

/** The socket of a GraphQL operation, by the operation's context; undefined where it came by a request, or shows none. */
export function socketOf(context: unknown): Socket | undefined {
  const { req, request = req } = (context ?? {}) as OperationContext;
  const handshake = request?.extra?.request ?? request?.raw ?? request;
  const { headers, socket } = handshake ?? {};
  return headers?.upgrade !== undefined && socket ? { key: socket, handshake: { headers } } : undefined;
}
