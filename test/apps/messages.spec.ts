import {
  Controller,
  type ExecutionContext,
  Get,
  type INestMicroservice,
  Inject,
  Injectable,
  Module,
  type OnModuleInit,
} from '@nestjs/common';
import {
  type ClientProxy,
  ClientProxyFactory,
  type CustomTransportStrategy,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  Server,
  type TcpContext,
  Transport,
} from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import { once } from 'node:events';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { type Observable, firstValueFrom, from, lastValueFrom, map, toArray } from 'rxjs';
import { WebSocket } from 'ws';
import {
  BalancedSession,
  DatabaseRouting,
  DatabaseRoutingModule,
  InjectKnex,
  type RoutedKnex,
  UsingEngine,
  WithEngine,
} from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { answeringNode, enginesOf, startReplicatedNodes, writePost } from './replicated-nodes.js';
import { HTTP_ADAPTERS, type RunningApp, startApp } from './running-app.js';

let replication: ReplicatedPostgres;

beforeAll(async () => {
  replication = await startReplicatedNodes();
});

afterAll(() => replication.stop());

@Injectable()
class Readers {
  constructor(@InjectKnex() readonly knex: RoutedKnex) {}

  async read(): Promise<string> {
    return answeringNode(this.knex);
  }

  @UsingEngine('slave1')
  async onSlave1(): Promise<string> {
    return this.read();
  }

  async count(): Promise<number> {
    return (await this.knex('posts').select('id')).length;
  }

  async writeAndRead(): Promise<string[]> {
    const before = await this.read();
    await writePost(this.knex);
    return [before, await this.read()];
  }

  async *readThrice(): AsyncGenerator<string> {
    for (let i = 0; i < 3; i++) yield await this.read();
  }
}

@Controller()
class MessagesController {
  constructor(@Inject(Readers) private readonly readers: Readers) {}

  @MessagePattern('read')
  read() {
    return this.readers.read();
  }

  @MessagePattern('write')
  write() {
    return this.readers.writeAndRead();
  }

  @MessagePattern('forced')
  @WithEngine('slave1', ['m'])
  async forced(@Payload() payload: object) {
    return { node: await this.readers.read(), payload };
  }

  @MessagePattern('using')
  async using() {
    return [await this.readers.read(), await this.readers.onSlave1(), await this.readers.read()];
  }

  @MessagePattern('stream')
  @WithEngine('slave1')
  stream(): Observable<string> {
    return from(this.readers.readThrice());
  }
}

@Controller()
class ScopedController {
  constructor(private readonly db: BalancedSession) {}

  @MessagePattern('session')
  async session(@Ctx() _context: TcpContext) {
    return answeringNode(this.db);
  }
}

@Controller()
class EventsController {
  seen: Promise<string>;
  private see!: (node: Promise<string>) => void;

  constructor(@Inject(Readers) private readonly readers: Readers) {
    this.seen = new Promise((resolve) => (this.see = resolve));
  }

  @EventPattern('happened')
  @WithEngine('slave1')
  async happened(_data: object): Promise<void> {
    const node = this.readers.read();
    this.see(node);
    await node;
  }
}

@Module({ controllers: [MessagesController, ScopedController, EventsController], providers: [Readers] })
class MessagesModule {}

async function connect(server: TcpServer): Promise<ClientProxy> {
  const { port } = server.address() as AddressInfo;
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  await client.connect();
  return client;
}

function ask(client: ClientProxy, pattern: string, data: object = {}): Promise<unknown> {
  return firstValueFrom(client.send(pattern, data));
}

const TCP = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } } as const;

describe('a TCP microservice', () => {
  let service: INestMicroservice;
  let client: ClientProxy;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [DatabaseRoutingModule.forRoot(enginesOf(replication)), MessagesModule],
    }).compile();
    service = module.createNestMicroservice({ ...TCP, logger: false });
    await service.listen();
    client = await connect(service.unwrap<TcpServer>());
  });

  afterAll(async () => {
    await client.close();
    await service.close();
  });

  it('reads on a slave', async () => {
    expect(await ask(client, 'read')).toBe('slave2');
  });

  it('reads from the master after a write in the same message, and from a slave in the next', async () => {
    expect(await ask(client, 'write')).toEqual(['slave2', 'master']);
    expect(await ask(client, 'read')).toBe('slave2');
    expect(await ask(client, 'write')).toEqual(['slave2', 'master']);
  });

  it('injects the request-scoped session', async () => {
    expect(await ask(client, 'session')).toBe('slave2');
  });

  it('takes @WithEngine, and leaves the payload alone', async () => {
    expect(await ask(client, 'forced', { m: 1 })).toEqual({ node: 'slave1', payload: { m: 1 } });
  });

  it('takes @UsingEngine', async () => {
    const anySlave = expect.stringMatching(/^slave[12]$/); // it has read on both, and goes where both are shown
    expect(await ask(client, 'using')).toEqual(['slave2', 'slave1', anySlave]);
  });

  it('keeps the force for every value of an Observable', async () => {
    const nodes = await firstValueFrom(client.send<string>('stream', {}).pipe(toArray()));
    expect(nodes).toEqual(['slave1', 'slave1', 'slave1']);
  });

  it('routes events', async () => {
    client.emit('happened', {});
    expect(await service.get(EventsController).seen).toBe('slave1');
  });

  it('keeps many messages at once apart', async () => {
    const patterns = Array.from({ length: 60 }, (_, index) => ['read', 'forced', 'write'][index % 3]!);
    const answers = await Promise.all(patterns.map((pattern) => ask(client, pattern)));
    const expected = { read: 'slave2', forced: { node: 'slave1', payload: {} }, write: ['slave2', 'master'] };
    expect(answers).toEqual(patterns.map((pattern) => expected[pattern as keyof typeof expected]));
  });
});

describe('a TCP microservice with a store', () => {
  it('shows the senders of messages what they wrote, each by the key that is told of the message', async () => {
    const kept = new Map<string, string>();
    const store = {
      get: async (key: string) => kept.get(key),
      set: async (key: string, value: string) => kept.set(key, value),
    };
    const key = (_request: object, execution: object) =>
      (execution as ExecutionContext).switchToRpc().getData<{ user?: string }>().user;
    const options = enginesOf(replication, { bookmark: { waitMs: 20, store, key } });
    const imports = [DatabaseRoutingModule.forRoot(options), MessagesModule];
    const module = await Test.createTestingModule({ imports }).compile();
    const service = module.createNestMicroservice({ ...TCP, logger: false });
    await service.listen();
    const client = await connect(service.unwrap<TcpServer>());
    const slaves = [replication.slave('slave1'), replication.slave('slave2')];
    try {
      await Promise.all(slaves.map((slave) => slave.pause()));
      await ask(client, 'write', { user: 'ann' });
      expect([...kept.keys()]).toEqual(['ann']);
      expect(await ask(client, 'read', { user: 'ann' })).toBe('master');
      expect(await ask(client, 'read', { user: 'bob' })).toBe('slave2');
      expect(await ask(client, 'read')).toBe('slave2');
    } finally {
      await Promise.all(slaves.map((slave) => slave.resume()));
      await client.close();
      await service.close();
    }
  });
});

/** Delivers a message at once, in whatever context the sender is in. */
class InProcess extends Server implements CustomTransportStrategy {
  listen(ready: () => void): void {
    ready();
  }

  async deliver(pattern: string, data: object): Promise<unknown> {
    const handler = this.getHandlerByPattern(pattern);
    return lastValueFrom(this.transformToObservable(await handler?.(data)));
  }

  close(): void {}
  on(): void {}
  unwrap(): never {
    throw new Error('there is no server');
  }
}

describe('a message delivered in the context of its sender', () => {
  it('has a context of its own, and leaves the sender with what it was', async () => {
    const strategy = new InProcess();
    const module = await Test.createTestingModule({
      imports: [DatabaseRoutingModule.forRoot(enginesOf(replication)), MessagesModule],
    }).compile();
    const service = module.createNestMicroservice({ strategy, logger: false });
    await service.listen();
    const { knex } = service.get(Readers);
    const routing = service.get(DatabaseRouting);
    const ofWriter = await routing.run(async () => {
      await writePost(knex);
      return [await strategy.deliver('read', {}), await answeringNode(knex)];
    });
    const ofReader = await routing.run(async () => [
      await strategy.deliver('write', {}),
      await answeringNode(knex),
    ]);
    await service.close();
    expect(ofWriter).toEqual(['slave2', 'master']);
    expect(ofReader).toEqual([['slave2', 'master'], 'slave2']);
  });
});

@WebSocketGateway({ path: '/socket' })
class Gateway implements OnGatewayConnection {
  @Inject(Readers) private readonly readers!: Readers;

  /** Not a message, so no handler: it tells what it read. */
  async handleConnection(@ConnectedSocket() socket: WebSocket): Promise<void> {
    socket.send(JSON.stringify({ event: 'connected', data: await this.readers.read() }));
  }

  @SubscribeMessage('read')
  async read() {
    return { event: 'read', data: await this.readers.read() };
  }

  @SubscribeMessage('write')
  async write() {
    return { event: 'write', data: await this.readers.writeAndRead() };
  }

  @SubscribeMessage('add')
  async add() {
    await writePost(this.readers.knex);
    return { event: 'add', data: await this.readers.count() };
  }

  @SubscribeMessage('count')
  async count() {
    return { event: 'count', data: await this.readers.count() };
  }

  @SubscribeMessage('forced')
  @WithEngine('slave1', ['m'])
  async forced(@MessageBody() body: object) {
    return { event: 'forced', data: { node: await this.readers.read(), body } };
  }

  @SubscribeMessage('stream')
  @WithEngine('slave1')
  stream() {
    return from(this.readers.readThrice()).pipe(map((data) => ({ event: 'stream', data })));
  }
}

@Controller('nodes')
class NodesController {
  constructor(
    private readonly db: BalancedSession,
    @Inject(Readers) private readonly readers: Readers,
  ) {}

  @Get()
  async read() {
    return [await answeringNode(this.db), await this.readers.read()];
  }
}

@Module({ providers: [Gateway, Readers], controllers: [NodesController] })
class GatewayModule {}

/** A connected socket and what came over it, message by message. */
class Client {
  private readonly messages: unknown[] = [];
  private wake: () => void = () => {};

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (message: Buffer) => {
      this.messages.push(JSON.parse(message.toString()));
      this.wake();
    });
  }

  static async connect(url: string): Promise<Client> {
    const client = new Client(new WebSocket(url));
    await once(client.socket, 'open');
    return client;
  }

  async next(): Promise<unknown> {
    while (this.messages.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.messages.shift();
  }

  ask(event: string, data: object = {}): Promise<unknown> {
    this.socket.send(JSON.stringify({ event, data }));
    return this.next();
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }
}

describe.each(HTTP_ADAPTERS)('a WebSocket gateway on %s', (_name, createAdapter) => {
  let running: RunningApp;
  let client: Client;
  let greeting: unknown;

  beforeAll(async () => {
    running = await startApp(createAdapter, {
      imports: [DatabaseRoutingModule.forRoot(enginesOf(replication)), GatewayModule],
      prepare: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
    });
    client = await Client.connect(`${running.url.replace('http', 'ws')}/socket`);
    greeting = await client.next();
  });

  afterAll(async () => {
    await client.close();
    await running.close();
  });

  it('reads from the master when a client connects, since no handler runs', () => {
    expect(greeting).toEqual({ event: 'connected', data: 'master' });
  });

  it('reads on a slave', async () => {
    expect(await client.ask('read')).toEqual({ event: 'read', data: 'slave2' });
  });

  it('reads from the master after a write in the same message, and in the next from a slave that shows it', async () => {
    const aSlave: unknown = expect.stringMatching(/^slave/);
    expect(await client.ask('write')).toEqual({ event: 'write', data: ['slave2', 'master'] });
    expect(await client.ask('read')).toEqual({ event: 'read', data: aSlave });
    expect(await client.ask('write')).toEqual({ event: 'write', data: [aSlave, 'master'] });
  });

  it('shows in each message what those before it over the socket have shown and written', async () => {
    const slaves = [replication.slave('slave1'), replication.slave('slave2')];
    for (const slave of slaves) await slave.pause();
    const { data: added } = (await client.ask('add')) as { data: number };
    expect(await client.ask('count')).toEqual({ event: 'count', data: added });
    const other = await Client.connect(`${running.url.replace('http', 'ws')}/socket`);
    await other.next();
    expect(await other.ask('count')).toEqual({ event: 'count', data: added - 1 });
    await other.close();
    for (const slave of slaves) await slave.resume();
    await replication.caughtUp();
  });

  it('takes @WithEngine, and leaves the message alone', async () => {
    expect(await client.ask('forced', { m: 1 })).toEqual({
      event: 'forced',
      data: { node: 'slave1', body: { m: 1 } },
    });
  });

  it('keeps the force for every value of an Observable', async () => {
    const nodes = [await client.ask('stream'), await client.next(), await client.next()];
    const value = { event: 'stream', data: 'slave1' };
    expect(nodes).toEqual([value, value, value]);
  });

  it('leaves the HTTP side of the app as it is', async () => {
    expect(await running.get('/nodes')).toMatchObject({
      body: ['slave2', 'slave2'],
      engines: 'slave2;reason=balanced',
    });
  });
});

describe('a hybrid app', () => {
  async function startHybrid(inheritAppConfig: boolean): Promise<[RunningApp, ClientProxy]> {
    let servers: INestMicroservice | undefined;
    const running = await startApp(() => new ExpressAdapter(), {
      imports: [DatabaseRoutingModule.forRoot(enginesOf(replication)), MessagesModule],
      controllers: [NodesController],
      providers: [Readers],
      prepare: async (app) => {
        servers = app.connectMicroservice(TCP, { inheritAppConfig });
        await app.startAllMicroservices();
      },
    });
    return [running, await connect(servers!.unwrap<TcpServer>())];
  }

  it.each([true, false])(
    'routes its messages and its requests, with inheritAppConfig: %s',
    async (inheritAppConfig) => {
      const [running, client] = await startHybrid(inheritAppConfig);
      const answers = [await ask(client, 'write'), await ask(client, 'read'), await ask(client, 'forced')];
      const { body } = await running.get('/nodes');
      await client.close();
      await running.close();
      expect(answers).toEqual([['slave2', 'master'], 'slave2', { node: 'slave1', payload: {} }]);
      expect(body).toEqual(['slave2', 'slave2']);
    },
  );
});

describe('work that no request started', () => {
  /** As Passport strategies and cron jobs are: one for the whole app, and called by others. */
  @Injectable()
  class Job implements OnModuleInit {
    atBoot = '';

    constructor(@InjectKnex() private readonly knex: Knex) {}

    async onModuleInit(): Promise<void> {
      this.atBoot = await this.work();
    }

    async work(): Promise<string> {
      return answeringNode(this.knex);
    }

    async writeAndWork(): Promise<string[]> {
      await writePost(this.knex);
      return [await this.work(), await this.work()];
    }
  }

  /** An app without HTTP, as scripts and workers have it. */
  async function withJob(work: (job: Job, routing: DatabaseRouting) => Promise<void>): Promise<void> {
    const module = await Test.createTestingModule({
      imports: [DatabaseRoutingModule.forRoot(enginesOf(replication))],
      providers: [Job],
    }).compile();
    await module.init();
    try {
      await work(module.get(Job), module.get(DatabaseRouting));
    } finally {
      await module.close();
    }
  }

  it('reads from the master, having no context', () =>
    withJob(async (job, routing) => {
      const reasons: string[] = [];
      routing.events.on('decision', ({ reason }) => reasons.push(reason));
      expect([job.atBoot, await job.work()]).toEqual(['master', 'master']);
      expect(reasons).toEqual(['no-context']);
    }));

  it('is not pinned by an earlier write of its own, there being nothing to pin', () =>
    withJob(async (job, routing) => {
      expect(await job.writeAndWork()).toEqual(['master', 'master']);
      expect(await routing.run(() => job.work())).toBe('slave2');
    }));

  it('is balanced inside DatabaseRouting.run()', () =>
    withJob(async (job, routing) => {
      expect(await routing.run(() => job.work())).toBe('slave2');
      expect(await routing.run({ engine: 'slave1' }, () => job.work())).toBe('slave1');
      expect(await routing.run(() => job.writeAndWork())).toEqual(['master', 'master']);
      expect(await routing.run(() => job.work())).toBe('slave2');
      expect(await job.work()).toBe('master');
    }));
});
