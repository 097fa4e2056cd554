import { type Context, openContext } from '../context/context.js';
import { currentContext, runInContext } from '../context/context-storage.js';
import { Connections } from '../clients/connections.js';
import type { DatabaseRouting } from '../database-routing.js';
import type { Operation, Socket } from './handled-by.js';

/** The contexts of what comes by no HTTP request: messages, and GraphQL operations over a socket. */
export class MessageContexts {
  readonly connections: Connections;
  private readonly operations = new WeakMap<object, Context>();
  /** Those opened when their messages came in, before any handler was found. */
  private readonly received = new WeakSet<Context>();

  constructor(private readonly routing: DatabaseRouting) {
    this.connections = new Connections(routing.carrier);
  }

  /** Whether answers to messages bear bookmarks. */
  get tell(): boolean {
    return this.routing.carrier !== undefined && this.routing.options.bookmark.messages;
  }

  /** A message's own, whatever is current; on a socket it begins with what the socket's other messages have seen. */
  ofMessage(socket: object | undefined): Context {
    if (socket) return this.connections.open(socket, 'message');
    const current = currentContext(this.routing.name);
    return this.received.has(current) ? current : openContext('message', { balanced: false });
  }

  /** The request's that is current, or else one for all fields of the operation. */
  ofOperation(operation: Operation | undefined, socket: Socket | undefined): Context {
    const current = currentContext(this.routing.name);
    if (current.kind === 'request') return current;
    const key = operation?.variableValues;
    const known = key && this.operations.get(key);
    const context = known ?? this.openOperation(socket);
    if (key) this.operations.set(key, context);
    return context;
  }

  /** Runs what takes in a message, in a context that its handler's will be. */
  receive<Result>(work: () => Result): Result {
    const context = openContext('message', { balanced: false });
    this.received.add(context);
    return runInContext(this.routing.name, context, work) as Result;
  }

  private openOperation(socket: Socket | undefined): Context {
    if (!socket) return openContext('request', { balanced: false });
    this.connections.opened(socket.key, socket.handshake);
    return this.connections.open(socket.key, 'request');
  }
}
