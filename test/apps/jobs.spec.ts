import {
  BullModule,
  InjectFlowProducer,
  InjectQueue,
  OnWorkerEvent,
  Processor,
  WorkerHost,
} from '@nestjs/bullmq';
import { Controller, Inject, Injectable, Post, type INestApplicationContext } from '@nestjs/common';
import {
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
  QueryBus,
  QueryHandler,
} from '@nestjs/cqrs';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { FlowProducer, Job, Queue } from 'bullmq';
import { RedisServer } from '../../scripts/check-consistency/redis-server.js';
import {
  DatabaseRouting,
  DatabaseRoutingModule,
  type DatabaseRoutingOptions,
  InjectKnex,
  NoContextError,
  type RoutedKnex,
  RunAsJob,
} from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { answeringNode, enginesOf, startReplicatedNodes, writePost } from './replicated-nodes.js';
import { type RunningApp, startApp } from './running-app.js';

let replication: ReplicatedPostgres;

beforeAll(async () => {
  replication = await startReplicatedNodes();
});

afterAll(() => replication.stop());

/** What has run where, by name; each can be awaited. */
@Injectable()
class Log {
  private readonly heard = new Map<string, (value: unknown) => void>();
  private readonly values = new Map<string, Promise<unknown>>();

  constructor(@InjectKnex() readonly knex: RoutedKnex) {}

  /** Writes down what a read right here has found. */
  async read(name: string, read: () => Promise<unknown> = () => answeringNode(this.knex)): Promise<unknown> {
    const value = await read().catch((error: unknown) => error);
    void this.of(name);
    this.heard.get(name)!(value);
    return value;
  }

  of(name: string): Promise<unknown> {
    if (!this.values.has(name))
      this.values.set(name, new Promise((resolve) => this.heard.set(name, resolve)));
    return this.values.get(name)!;
  }

  async count(): Promise<number> {
    return (await this.knex('posts').select()).length;
  }
}

@Injectable()
class Scheduled {
  constructor(
    @Inject(Log) private readonly log: Log,
    @Inject(SchedulerRegistry) private readonly schedulers: SchedulerRegistry,
  ) {}

  @Cron('* * * * * *', { name: 'cron' })
  async cron(): Promise<void> {
    this.schedulers.deleteCronJob('cron');
    await this.log.read('cron');
  }

  @Interval('interval', 100)
  async interval(): Promise<void> {
    this.schedulers.deleteInterval('interval');
    await this.log.read('interval');
  }

  @Timeout(5)
  async timeout(): Promise<void> {
    await this.log.read('timeout');
  }

  @RunAsJob()
  async decorated(): Promise<unknown> {
    return this.log.read('decorated');
  }

  async bare(): Promise<unknown> {
    return this.log.read('bare');
  }
}

@Injectable()
class Listeners {
  constructor(@Inject(Log) private readonly log: Log) {}

  @OnEvent('happened', { suppressErrors: false })
  async happened(): Promise<void> {
    await this.log.read('listener');
  }

  @OnEvent('counted')
  async counted(): Promise<void> {
    await this.log.read('counted', () => this.log.count());
  }
}

class ReadCommand {}
class ReadQuery {}
class ReadEvent {}

@CommandHandler(ReadCommand)
class Commands {
  constructor(@Inject(Log) private readonly log: Log) {}
  execute() {
    return this.log.read('command');
  }
}

@QueryHandler(ReadQuery)
class Queries {
  constructor(@Inject(Log) private readonly log: Log) {}
  execute() {
    return this.log.read('query');
  }
}

@EventsHandler(ReadEvent)
class Events {
  constructor(@Inject(Log) private readonly log: Log) {}
  handle() {
    return this.log.read('event');
  }
}

const PARTS = {
  imports: [ScheduleModule.forRoot(), EventEmitterModule.forRoot(), CqrsModule.forRoot()],
  providers: [Log, Scheduled, Listeners, Commands, Queries, Events],
};

async function startWorker(more: Partial<DatabaseRoutingOptions> = {}): Promise<INestApplicationContext> {
  const module = await Test.createTestingModule({
    ...PARTS,
    imports: [...PARTS.imports, DatabaseRoutingModule.forRoot(enginesOf(replication, more))],
  }).compile();
  await module.init();
  await module.get(DatabaseRouting).ready();
  await module.get(Log).of('timeout'); // it would else run while the app closes
  return module;
}

describe('work that Nest calls from no request', () => {
  let worker: INestApplicationContext;
  let log: Log;

  beforeAll(async () => {
    worker = await startWorker();
    log = worker.get(Log);
  });

  afterAll(() => worker.close());

  it.each(['cron', 'interval', 'timeout'])('reads on a slave in a scheduled method: @%s', async (name) => {
    expect(await log.of(name)).toBe('slave2');
  });

  it('reads on a slave in a listener', async () => {
    worker.get(EventEmitter2).emit('happened');
    expect(await log.of('listener')).toBe('slave2');
  });

  it('reads on a slave in handlers of commands, queries and events', async () => {
    const answers = [
      await worker.get(CommandBus).execute(new ReadCommand()),
      await worker.get(QueryBus).execute(new ReadQuery()),
    ];
    await worker.get(EventBus).publish(new ReadEvent());
    expect([...answers, await log.of('event')]).toEqual(['slave2', 'slave2', 'slave2']);
  });

  it('reads on a slave in what is decorated, and on the master elsewhere', async () => {
    const scheduled = worker.get(Scheduled);
    expect([await scheduled.decorated(), await scheduled.bare()]).toEqual(['slave2', 'master']);
  });

  it('belongs to the job that it is called in', async () => {
    await replication.slave('slave1').pause();
    await replication.slave('slave2').pause();
    try {
      const counted = await worker.get(DatabaseRouting).run(async () => {
        const before = await log.count();
        await writePost(log.knex);
        await worker.get(EventEmitter2).emitAsync('counted');
        return before + 1;
      });
      expect(await log.of('counted')).toBe(counted);
    } finally {
      await replication.slave('slave1').resume();
      await replication.slave('slave2').resume();
    }
  });
});

describe('noContext: refuse', () => {
  it('refuses work that nothing frames, and no other', async () => {
    const worker = await startWorker({ noContext: 'refuse' });
    const scheduled = worker.get(Scheduled);
    const { knex } = worker.get(Log);
    const explained = knex.explain(knex('posts').select()).error;
    const answers = [
      await scheduled.bare(),
      await scheduled.decorated(),
      await worker.get(Log).of('interval'),
    ];
    const named = await answeringNode(knex.usingEngine('slave1'));
    await writePost(knex);
    await worker.close();
    expect(answers).toEqual([expect.any(NoContextError), 'slave2', 'slave2']);
    expect([explained, named]).toEqual([expect.any(NoContextError), 'slave1']);
  });
});

describe('an app that was closed', () => {
  it('leaves its classes to the next one', async () => {
    const first = await startWorker();
    await first.close();
    const second = await startWorker();
    const node = await second.get(Scheduled).decorated();
    await second.close();
    expect(node).toBe('slave2');
  });
});

@Processor('posts')
class PostsProcessor extends WorkerHost {
  constructor(@Inject(Log) private readonly log: Log) {
    super();
  }

  async process(job: Job): Promise<unknown> {
    return this.log.read(job.name, async () => [await this.log.count(), await answeringNode(this.log.knex)]);
  }

  @OnWorkerEvent('completed')
  async completed({ name }: Job): Promise<void> {
    await this.log.read(`${name} completed`);
  }
}

@Controller('posts')
class PostsController {
  constructor(
    @Inject(Log) private readonly log: Log,
    @InjectQueue('posts') private readonly queue: Queue,
    @InjectFlowProducer('flows') private readonly flows: FlowProducer,
  ) {}

  @Post('one')
  async addOne(): Promise<void> {
    await writePost(this.log.knex);
    await this.queue.add('one', {});
  }

  @Post('several')
  async addSeveral(): Promise<void> {
    await writePost(this.log.knex);
    await this.queue.addBulk([{ name: 'several', data: {} }]);
  }

  @Post('flow')
  async addFlow(): Promise<void> {
    await writePost(this.log.knex);
    const children = [{ name: 'child', queueName: 'posts', data: {} }];
    await this.flows.add({ name: 'parent', queueName: 'posts', data: {}, children });
  }
}

const { isInstalled } = RedisServer;
if (!isInstalled) process.stderr.write('skipped: queues on a real Redis, because there is no redis-server\n');

(isInstalled ? describe : describe.skip)('a queue of @nestjs/bullmq', () => {
  let redis: RedisServer;
  let app: RunningApp;
  let log: Log;

  beforeAll(async () => {
    redis = await RedisServer.start();
    app = await startApp(() => new ExpressAdapter(), {
      imports: [
        DatabaseRoutingModule.forRoot(enginesOf(replication, { bookmark: { waitMs: 20 } })),
        BullModule.forRoot({ connection: { host: '127.0.0.1', port: redis.port } }),
        BullModule.registerQueue({ name: 'posts' }),
        BullModule.registerFlowProducer({ name: 'flows' }),
      ],
      controllers: [PostsController],
      providers: [Log, PostsProcessor],
    });
    log = app.app.get(Log);
  });

  afterAll(async () => {
    await app.close();
    await redis.stop();
  });

  beforeEach(async () => {
    await replication.master.query('TRUNCATE posts');
    await replication.caughtUp();
    await Promise.all([replication.slave('slave1').pause(), replication.slave('slave2').pause()]);
  });

  afterEach(() => Promise.all([replication.slave('slave1').resume(), replication.slave('slave2').resume()]));

  it.each([
    ['one', 'one'],
    ['several', 'several'],
    ['flow', 'parent'],
    ['flow', 'child'],
  ])('shows its worker what whoever added a job had written: %s, %s', async (path, name) => {
    const { status } = await app.post(`/posts/${path}`);
    expect([status, ((await log.of(name)) as unknown[])[0]]).toEqual([201, expect.any(Number)]);
    expect(((await log.of(name)) as [number])[0]).toBeGreaterThan(0);
  });

  it('reads on a slave in jobs that nobody added, and in events of its worker', async () => {
    await app.app.get<Queue>('BullQueue_posts').add('nobody', {});
    expect([await log.of('nobody'), await log.of('nobody completed')]).toEqual([[0, 'slave2'], 'slave2']);
  });
});
