import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../free-port.js';
import type { PostgresConnection } from '../postgres-server.js';
import { ProxiedConnection } from './proxied-connection.js';
import { SilentPort } from './silent-port.js';

const HOST = '127.0.0.1';
const PORT_ATTEMPTS = 10;

/**
 * Stands between a client and a server and does to their connections what networks do. Give `connection` to the client
 * instead of the server's. Each fault stays until `heal()`, or until another of `blackHole` and `refuse` replaces it.
 */
export class FaultProxy {
  /** How much longer an answer takes, in ms; what is on its way keeps the delay that it had. */
  latencyMs = 0;
  private readonly connections = new Set<ProxiedConnection>();
  private listener: Server | undefined;
  private silent: SilentPort | undefined;
  private held = false;
  private port = 0;

  /** @internal Use `startFaultProxy`. */
  constructor(private readonly target: PostgresConnection) {}

  /** The server's login, at the proxy's port. A new object each time: Knex hides the password in the one that it gets. */
  get connection(): PostgresConnection {
    return { ...this.target, host: HOST, port: this.port };
  }

  /** How many connections clients hold through it now. */
  get openConnections(): number {
    return this.connections.size;
  }

  /** @internal */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.port = await freePort();
      try {
        return await this.listen();
      } catch (cause) {
        if (attempt === PORT_ATTEMPTS) throw cause;
      }
    }
  }

  /**
   * Nothing passes in either direction, and nobody is told. New connections are accepted and as mute; with `accepts: false`
   * they aren't accepted and connecting hangs. As after lost packets, what was sent meanwhile arrives once it is healed.
   */
  async blackHole({ accepts = true }: { accepts?: boolean } = {}): Promise<void> {
    this.held = true;
    for (const connection of this.connections) connection.hold();
    if (accepts) return this.listen();
    await this.unlisten();
    this.silent = await SilentPort.open(this.port);
  }

  /** New connections are refused; those that are open stay as they are, unless `cut()` ends them. */
  async refuse(): Promise<void> {
    await this.unlisten();
  }

  /** Resets the connections that are open, once. */
  cut(): void {
    for (const connection of this.connections) connection.cut();
  }

  /** As at the start: no latency, everything passes, connections are accepted. */
  async heal(): Promise<void> {
    this.latencyMs = 0;
    this.held = false;
    for (const connection of this.connections) connection.release();
    await this.listen();
  }

  /** Ends all connections and gives the port back. May be called again. */
  async stop(): Promise<void> {
    await this.unlisten();
    this.cut();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private async listen(): Promise<void> {
    if (this.listener) return;
    await this.silent?.close();
    this.silent = undefined;
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.accept(client));
    listener.listen({ port: this.port, host: HOST });
    await once(listener, 'listening');
    // A proxy that nobody stopped must not keep its owner alive.
    this.listener = listener.unref();
  }

  private async unlisten(): Promise<void> {
    await this.silent?.close();
    this.silent = undefined;
    this.listener?.close();
    this.listener = undefined;
  }

  private accept(client: Socket): void {
    const { host, port } = this.target;
    const server = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const onClosed = (closed: ProxiedConnection) => this.connections.delete(closed);
    const connection = new ProxiedConnection(client, server, () => this.latencyMs, onClosed);
    this.connections.add(connection);
    if (this.held) connection.hold();
  }
}
