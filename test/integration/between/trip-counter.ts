import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import type { PostgresServer } from '../../../src/testing/index.js';

type Connection = PostgresServer['connection'];

/** Stands before a server, and counts how often a client has waited for an answer. */
export interface TripCounter {
  readonly connection: Connection;
  readonly trips: number;
  stop(): Promise<void>;
}

export async function startTripCounter(target: Connection): Promise<TripCounter> {
  let trips = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: target.host, port: target.port, noDelay: true });
    let isAsking = false;
    client.on('data', (data) => {
      isAsking = true;
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (isAsking) trips++;
      isAsking = false;
      client.write(data);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('close', () => other.destroy()).on('error', () => other.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    connection: { ...target, host: '127.0.0.1', port },
    get trips() {
      return trips;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
