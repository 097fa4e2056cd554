import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { DatabaseRouting } from '../database-routing.js';
import { type GatewayClient, connectionOfClient } from './handled-by.js';
import { RequestContexts } from './request-contexts.js';
import { ROUTING } from './tokens.js';

/** As much of Nest's adapter for sockets as is looked at. */
interface SocketAdapter {
  bindClientConnect(server: SocketServer, connected: Connected): void;
}

type Connected = (client: GatewayClient, handshake?: IncomingMessage, ...more: unknown[]) => void;

/** A server of ws', or of socket.io, or a namespace of that. */
interface SocketServer {
  readonly engine?: Emitter;
  readonly server?: { readonly engine?: Emitter };
  on?(event: 'headers', listener: (lines: string[]) => void): unknown;
}

interface Emitter {
  on(event: 'initial_headers', listener: (headers: Record<string, string | string[]>) => void): unknown;
}

/**
 * Hears of the sockets of gateways: their handshakes bring what a client has seen before, and leave a mark with it, since what messages
 * show is told by no response.
 */
@Injectable()
export class Sockets {
  private readonly adapters = new WeakSet<SocketAdapter>();
  private readonly servers = new WeakSet<object>();

  constructor(
    @Inject(ApplicationConfig) config: ApplicationConfig,
    @Inject(ROUTING) private readonly routing: DatabaseRouting,
    @Inject(RequestContexts) private readonly contexts: RequestContexts,
  ) {
    const getIoAdapter = config.getIoAdapter.bind(config);
    config.getIoAdapter = () => {
      const adapter = getIoAdapter();
      if (adapter) this.watch(adapter as SocketAdapter);
      return adapter;
    };
  }

  private watch(adapter: SocketAdapter): void {
    if (this.adapters.has(adapter)) return;
    this.adapters.add(adapter);
    const bindClientConnect = adapter.bindClientConnect.bind(adapter);
    adapter.bindClientConnect = (server, connected) => {
      this.markHandshakes(server);
      bindClientConnect(server, (...args) => {
        const [client, handshake = client.request] = args;
        this.contexts.messages.connections.opened(connectionOfClient(client), handshake);
        connected(...args);
      });
    };
  }

  /** Several gateways may share a server. */
  private markHandshakes(server: SocketServer): void {
    const engine = server.engine ?? server.server?.engine;
    const key = engine ?? server;
    const { carrier, options } = this.routing;
    if (!carrier || !options.bookmark.sockets || this.servers.has(key)) return;
    this.servers.add(key);
    engine?.on('initial_headers', (headers) => {
      const cookie = carrier.handshakeCookie();
      if (cookie !== undefined) headers['set-cookie'] = [...[headers['set-cookie'] ?? []].flat(), cookie];
    });
    if (engine) return;
    server.on?.('headers', (lines) => {
      const cookie = carrier.handshakeCookie();
      if (cookie !== undefined) lines.push(`Set-Cookie: ${cookie}`);
    });
  }
}
