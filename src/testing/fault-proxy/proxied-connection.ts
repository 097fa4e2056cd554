import type { Socket } from 'node:net';
import { DelayedPipe } from './delayed-pipe.js';

/** A client's connection and the one to the server that the proxy made for it; they live and die together. */
export class ProxiedConnection {
  private readonly pipes: readonly DelayedPipe[];

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    latencyMs: () => number,
    onClosed: (connection: ProxiedConnection) => void,
  ) {
    this.pipes = [new DelayedPipe(client, server, () => 0), new DelayedPipe(server, client, latencyMs)];
    // 'close' follows
    client.on('error', () => undefined).on('close', (isBroken) => isBroken && reset(server));
    server.on('error', () => undefined).on('close', (isBroken) => isBroken && reset(client));
    for (const socket of [client, server])
      socket.on('close', () => client.destroyed && server.destroyed && onClosed(this));
  }

  hold(): void {
    for (const pipe of this.pipes) pipe.hold();
  }

  release(): void {
    for (const pipe of this.pipes) pipe.release();
  }

  cut(): void {
    reset(this.client);
    reset(this.server);
  }
}

/** By RST, as a server's host does that knows nothing of the connection. */
function reset(socket: Socket): void {
  if (socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
