import { Controller, Get, type INestMicroservice, Inject, Injectable, Post } from '@nestjs/common';
import {
  type ClientProxy,
  ClientsModule,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { RedisServer } from '../../scripts/check-consistency/redis-server.js';
import { DatabaseRouting, DatabaseRoutingModule, InjectKnex, type RoutedKnex } from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { enginesOf, startReplicatedNodes, writePost } from './replicated-nodes.js';
import { type RunningApp, startApp } from './running-app.js';

const SECRET = 'a secret of sixteen letters';

let replication: ReplicatedPostgres;

beforeAll(async () => {
  replication = await startReplicatedNodes();
});

afterAll(() => replication.stop());

@Injectable()
class Posts {
  /** What the events have found. */
  found = Promise.resolve(-1);

  constructor(@InjectKnex() readonly knex: RoutedKnex) {}

  async count(): Promise<number> {
    return (await this.knex('posts').select()).length;
  }
}

@Controller()
class PostsService {
  private heard!: (count: Promise<number>) => void;

  constructor(@Inject(Posts) private readonly posts: Posts) {
    posts.found = new Promise((resolve) => (this.heard = resolve));
  }

  @MessagePattern('count')
  count(@Payload() _by: unknown) {
    return this.posts.count();
  }

  @MessagePattern('add')
  async add() {
    await writePost(this.posts.knex);
    return { isAdded: true };
  }

  @EventPattern('added')
  async added(_data: object): Promise<void> {
    const count = this.posts.count();
    this.heard(count);
    await count;
  }
}

@Controller('posts')
class PostsController {
  constructor(
    @Inject(Posts) private readonly posts: Posts,
    @Inject('SERVICE') private readonly service: ClientProxy,
    @Inject(DatabaseRouting) private readonly routing: DatabaseRouting,
  ) {}

  @Get()
  async count() {
    return { count: await this.posts.count() };
  }

  @Get('by-service')
  countByService() {
    return this.service.send('count', {});
  }

  @Post('here-and-count-there')
  async addHere() {
    await writePost(this.posts.knex);
    const [one, another] = [this.service.send('count', {}), this.service.send('count', 'a text')];
    return [await firstValueFrom(one), await firstValueFrom(another)];
  }

  @Post('here-and-tell')
  async addAndTell() {
    await writePost(this.posts.knex);
    this.service.emit('added', {});
  }

  @Get('there-and-count-here')
  async addThere() {
    await firstValueFrom(this.service.send('add', {}));
    return { count: await this.posts.count() };
  }

  @Get('there-in-a-job')
  async addInJob() {
    await this.routing.run(() => firstValueFrom(this.service.send('add', {})));
    return { count: await this.posts.count() };
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

type Options = Extract<MicroserviceOptions, { transport?: Transport.TCP | Transport.REDIS }>;

async function startService(options: Options, messages: boolean): Promise<INestMicroservice> {
  const bookmark = { waitMs: 20, secret: SECRET, messages };
  const module = await Test.createTestingModule({
    imports: [DatabaseRoutingModule.forRoot(enginesOf(replication, { bookmark }))],
    controllers: [PostsService],
    providers: [Posts],
  }).compile();
  const service = module.createNestMicroservice<MicroserviceOptions>({ ...options, logger: false });
  await service.listen();
  return service;
}

async function startGateway(options: Options, messages: boolean): Promise<RunningApp> {
  const bookmark = { waitMs: 20, secret: SECRET, messages };
  return startApp(() => new ExpressAdapter(), {
    imports: [
      DatabaseRoutingModule.forRoot(enginesOf(replication, { bookmark, pin: { unsafeMethods: false } })),
      ClientsModule.register([{ name: 'SERVICE', ...options } as never]),
    ],
    controllers: [PostsController],
    providers: [Posts],
  });
}

const { isInstalled } = RedisServer;
if (!isInstalled)
  process.stderr.write('skipped: messages by a real Redis, because there is no redis-server\n');

let redis: RedisServer | undefined;

beforeAll(async () => {
  if (isInstalled) redis = await RedisServer.start();
});

afterAll(() => redis?.stop());

const TCP = async (): Promise<Options> => ({
  transport: Transport.TCP,
  options: { host: '127.0.0.1', port: await freePort() },
});

const REDIS = async (): Promise<Options> => ({
  transport: Transport.REDIS,
  options: { host: '127.0.0.1', port: redis!.port },
});

const ROWS: readonly [string, () => Promise<Options>][] = [
  ['TCP', TCP],
  ...(isInstalled ? [['Redis', REDIS] as [string, () => Promise<Options>]] : []),
];

describe.each(ROWS)('services that send messages by %s', (_name, optionsOf) => {
  let service: INestMicroservice;
  let gateway: RunningApp;

  beforeAll(async () => {
    const options = await optionsOf();
    service = await startService(options, true);
    gateway = await startGateway(options, true);
  });

  afterAll(async () => {
    await gateway.close();
    await service.close();
  });

  beforeEach(async () => {
    await replication.master.query('TRUNCATE posts');
    await replication.caughtUp();
    await Promise.all([replication.slave('slave1').pause(), replication.slave('slave2').pause()]);
  });

  afterEach(() => Promise.all([replication.slave('slave1').resume(), replication.slave('slave2').resume()]));

  it('shows in the service what the sender wrote', async () => {
    const { body } = await gateway.post('/posts/here-and-count-there');
    expect(body).toEqual([1, 1]);
  });

  it('shows it to events as well', async () => {
    await gateway.post('/posts/here-and-tell');
    expect(await service.get(Posts).found).toBe(1);
  });

  it.each(['there-and-count-here', 'there-in-a-job'])(
    'shows the sender and its client what the service wrote: %s',
    async (path) => {
      const { body, headers } = await gateway.get(`/posts/${path}`);
      const cookie = headers.getSetCookie().map((line) => line.split(';')[0]).join('; '); // prettier-ignore
      const next = await gateway.get('/posts', { headers: { cookie } });
      expect([body, next.body]).toEqual([{ count: 1 }, { count: 1 }]);
    },
  );

  it('tells other clients nothing', async () => {
    await gateway.get('/posts/there-and-count-here');
    const [here, there] = [await gateway.get('/posts'), await gateway.get('/posts/by-service')];
    expect([here.body, there.body]).toEqual([{ count: 0 }, 0]);
  });
});

describe('services of which one has the option', () => {
  it.each(['sender', 'service'])(
    'understand each other, and send no bookmarks: the %s has it',
    async (one) => {
      const options = await TCP();
      const service = await startService(options, one === 'service');
      const gateway = await startGateway(options, one === 'sender');
      try {
        await replication.master.query('TRUNCATE posts');
        await replication.caughtUp();
        await Promise.all([replication.slave('slave1').pause(), replication.slave('slave2').pause()]);
        const { body } = await gateway.post('/posts/here-and-count-there');
        expect(body).toEqual([0, 0]);
      } finally {
        await Promise.all([replication.slave('slave1').resume(), replication.slave('slave2').resume()]);
        await gateway.close();
        await service.close();
      }
    },
  );
});
