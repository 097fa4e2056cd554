import { once } from 'node:events';
import { WebSocket } from 'ws';
import type {
  ConsistencyClient,
  ConsistencyDriver,
  ListReading,
  RegisterReading,
  Written,
} from '../../../src/testing/index.js';
import type { Asked } from './socket-app.js';

/** Clients of `socketApp`, each over one socket that it keeps. */
export function socketDriver(url: string): ConsistencyDriver {
  return { client: () => new SocketClient(url.replace('http', 'ws')) };
}

class SocketClient implements ConsistencyClient {
  private socket: Promise<WebSocket> | undefined;

  constructor(private readonly url: string) {}

  write = (name: string, value: string) => this.ask<Written>({ work: 'write', name, value });
  append = (name: string, value: string) => this.ask<Written>({ work: 'append', name, value });
  read = (name: string) => this.ask<RegisterReading>({ work: 'read', name, value: '' });
  readList = (name: string) => this.ask<ListReading>({ work: 'readList', name, value: '' });

  private async ask<Answer>(data: Asked): Promise<Answer> {
    const socket = await (this.socket ??= this.connect());
    socket.send(JSON.stringify({ event: 'ask', data }));
    const [message] = (await once(socket, 'message')) as [Buffer];
    const { data: answer } = JSON.parse(message.toString()) as { data: Answer & { error?: string } };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  private async connect(): Promise<WebSocket> {
    const socket = new WebSocket(this.url);
    await once(socket, 'open');
    return socket;
  }
}
