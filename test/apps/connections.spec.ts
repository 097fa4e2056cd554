import { Controller, Get, Inject, Injectable, Post } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { DatabaseRoutingModule, InjectKnex, type RoutedKnex } from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { answeringNode, enginesOf, startReplicatedNodes, writePost } from './replicated-nodes.js';
import { type RunningApp, startApp } from './running-app.js';

let replication: ReplicatedPostgres;

beforeAll(async () => {
  replication = await startReplicatedNodes();
});

afterAll(() => replication.stop());

@Injectable()
class Posts {
  constructor(@InjectKnex() readonly knex: RoutedKnex) {}

  async add(): Promise<string> {
    await writePost(this.knex);
    return 'added';
  }

  async count(): Promise<number> {
    return (await this.knex('posts').select()).length;
  }
}

@Controller('posts')
class PostsController {
  constructor(@Inject(Posts) private readonly posts: Posts) {}

  @Get()
  async count() {
    return { count: await this.posts.count() };
  }

  @Post()
  add() {
    return this.posts.add();
  }
}

@WebSocketGateway()
class PostsGateway {
  constructor(@Inject(Posts) private readonly posts: Posts) {}

  @SubscribeMessage('add')
  async add() {
    return { event: 'add', data: await this.posts.add() };
  }

  @SubscribeMessage('count')
  async count() {
    return { event: 'count', data: await this.posts.count() };
  }

  @SubscribeMessage('node')
  async node() {
    return { event: 'node', data: await answeringNode(this.posts.knex) };
  }
}

/** A socket of a client. */
interface Socket {
  ask(event: string): Promise<unknown>;
  close(): void;
}

/** What is used to connect, and the cookies that a handshake is answered with. */
interface Transport {
  readonly name: string;
  readonly adapter: (app: RunningApp['app']) => WsAdapter | IoAdapter;
  readonly connect: (url: string, cookie?: string) => Promise<Socket>;
  readonly handshakeCookies: (url: string) => Promise<string[]>;
}

async function connectWs(url: string, cookie = ''): Promise<Socket> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers: { cookie } });
  await once(socket, 'open');
  return {
    ask: (event) =>
      new Promise((resolve) => {
        const heard = (message: Buffer) => {
          const answer = JSON.parse(message.toString()) as { event: string; data: unknown };
          if (answer.event !== event) return;
          socket.off('message', heard);
          resolve(answer.data);
        };
        socket.on('message', heard);
        socket.send(JSON.stringify({ event, data: {} }));
      }),
    close: () => socket.close(),
  };
}

async function connectIo(url: string, cookie = ''): Promise<Socket> {
  const socket = io(url, { extraHeaders: { cookie }, transports: ['websocket'], forceNew: true });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return {
    ask: (event) =>
      new Promise((resolve) => {
        socket.once(event, resolve);
        socket.emit(event, {});
      }),
    close: () => void socket.disconnect(),
  };
}

const TRANSPORTS: readonly Transport[] = [
  {
    name: 'ws',
    adapter: (app) => new WsAdapter(app),
    connect: connectWs,
    handshakeCookies: async (url) => {
      const socket = new WebSocket(url.replace('http', 'ws'));
      const [{ headers }] = (await once(socket, 'upgrade')) as [{ headers: { 'set-cookie'?: string[] } }];
      socket.close();
      return headers['set-cookie'] ?? [];
    },
  },
  {
    name: 'socket.io',
    adapter: (app) => new IoAdapter(app),
    connect: connectIo,
    handshakeCookies: async (url) => {
      const { headers } = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
      return headers.getSetCookie();
    },
  },
];

const cookiesOf = (lines: readonly string[]) => lines.map((line) => line.split(';')[0]).join('; ');

const ROWS = TRANSPORTS.flatMap((transport) => [
  { name: `${transport.name} on Express`, transport, createAdapter: () => new ExpressAdapter() },
  { name: `${transport.name} on Fastify`, transport, createAdapter: () => new FastifyAdapter() },
]);

describe.each(ROWS)('a socket by $name', ({ transport, createAdapter }) => {
  let app: RunningApp;
  let socket: Socket;

  beforeAll(async () => {
    app = await start();
  });

  afterAll(() => app.close());

  async function start(
    bookmark = {},
    create: () => AbstractHttpAdapter = createAdapter,
  ): Promise<RunningApp> {
    return startApp(create, {
      imports: [
        DatabaseRoutingModule.forRoot(enginesOf(replication, { bookmark: { waitMs: 20, ...bookmark } })),
      ],
      controllers: [PostsController],
      providers: [Posts, PostsGateway],
      prepare: (nest) => nest.useWebSocketAdapter(transport.adapter(nest)),
    });
  }

  beforeEach(async () => {
    await replication.master.query('TRUNCATE posts');
    await replication.caughtUp();
    await Promise.all([replication.slave('slave1').pause(), replication.slave('slave2').pause()]);
    socket = await transport.connect(app.url);
  });

  afterEach(async () => {
    socket.close();
    await Promise.all([replication.slave('slave1').resume(), replication.slave('slave2').resume()]);
  });

  it('shows a message what earlier ones wrote, and not what those of other sockets did', async () => {
    const other = await transport.connect(app.url);
    await socket.ask('add');
    const counts = [await socket.ask('count'), await other.ask('count'), await other.ask('node')];
    other.close();
    expect(counts).toEqual([1, 0, 'slave2']);
  });

  it('does so while messages run side by side', async () => {
    const all = await Promise.all([socket.ask('add'), socket.ask('node')]);
    expect([...all, await socket.ask('count')]).toEqual([
      'added',
      expect.stringMatching(/^slave2|master$/),
      1,
    ]);
  });

  it('begins with what the client brings in its handshake', async () => {
    const { headers } = await app.post('/posts');
    const after = await transport.connect(app.url, cookiesOf(headers.getSetCookie()));
    const counts = [await after.ask('count'), await socket.ask('count')];
    after.close();
    expect(counts).toEqual([1, 0]);
  });

  it('leaves a mark with its client, by which requests see what its messages wrote', async () => {
    const cookies = await transport.handshakeCookies(app.url);
    await socket.ask('add');
    const [after, without] = [
      await app.get('/posts', { headers: { cookie: cookiesOf(cookies) } }),
      await app.get('/posts'),
    ];
    const next = await app.get('/posts', { headers: { cookie: cookiesOf(after.headers.getSetCookie()) } });
    expect([after.body, next.body, without.body]).toEqual([{ count: 1 }, { count: 1 }, { count: 0 }]);
  });

  it('leaves none where the options say so', async () => {
    const without = await start({ sockets: false });
    const cookies = await transport.handshakeCookies(without.url);
    await without.close();
    expect(cookies).toEqual([]);
  });
});
