import {
  type CanActivate,
  Controller,
  type DynamicModule,
  Get,
  Inject,
  Injectable,
  Module,
  Post,
  RequestMethod,
  Scope,
  type Type,
  UseGuards,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import {
  BalancedSession,
  DatabaseRouting,
  DatabaseRoutingModule,
  type DatabaseRoutingOptions,
  InjectBalancedSession,
  InjectDatabaseRouting,
  InjectKnex,
  InvalidOptionsError,
  type RoutedKnex,
  UnknownEngineError,
  UsingEngine,
  WithEngine,
} from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { answeringNode, enginesOf, startReplicatedNodes, writePost } from './replicated-nodes.js';
import { HTTP_ADAPTERS, bootWith, startApp } from './running-app.js';

let replication: ReplicatedPostgres;

beforeAll(async () => {
  replication = await startReplicatedNodes();
});

afterAll(() => replication.stop());

/** Nowhere to connect to, for apps that don't come that far. */
const OFFLINE: DatabaseRoutingOptions = {
  client: 'pg',
  master: { connection: 'postgres://127.0.0.1:1/none' },
  slaves: {
    slave1: { connection: 'postgres://127.0.0.1:1/none' },
    slave2: { connection: 'postgres://127.0.0.1:1/none' },
  },
};

@Controller('node')
class NodeController {
  constructor(private readonly db: BalancedSession) {}

  @Get()
  async read() {
    return { node: await answeringNode(this.db) };
  }
}

@Module({ controllers: [NodeController] })
class NodeModule {}

describe('options', () => {
  @Injectable()
  class EnginesService {
    createDatabaseRoutingOptions(): DatabaseRoutingOptions {
      return enginesOf(replication);
    }
  }

  @Module({ providers: [EnginesService], exports: [EnginesService] })
  class EnginesModule {}

  const imports = [EnginesModule];

  it.each<[string, () => DynamicModule]>([
    ['forRoot', () => DatabaseRoutingModule.forRoot(enginesOf(replication))],
    [
      'forRootAsync with useFactory',
      () =>
        DatabaseRoutingModule.forRootAsync({
          imports,
          inject: [EnginesService],
          useFactory: async (service: EnginesService) => service.createDatabaseRoutingOptions(),
        }),
    ],
    ['forRootAsync with useClass', () => DatabaseRoutingModule.forRootAsync({ useClass: EnginesService })],
    [
      'forRootAsync with useExisting',
      () => DatabaseRoutingModule.forRootAsync({ imports, useExisting: EnginesService }),
    ],
  ])('of %s route, for modules that only the app connects with it', async (_way, routing) => {
    const running = await startApp(() => new ExpressAdapter(), { imports: [NodeModule, routing()] });
    const answer = await running.get('/node');
    await running.close();
    expect(answer).toMatchObject({ body: { node: 'slave2' }, engines: 'slave2;reason=balanced' });
  });

  it('reach only the modules that import it with isGlobal: false', async () => {
    const routing = DatabaseRoutingModule.forRoot({ ...OFFLINE, isGlobal: false });
    await expect(bootWith({ imports: [routing, NodeModule] })).rejects.toThrow(
      /resolve dependencies of the NodeController/,
    );

    @Module({ imports: [routing], controllers: [NodeController] })
    class ImportingModule {}
    await expect(bootWith({ imports: [ImportingModule] })).resolves.toBeUndefined();
  });

  it.each<[string, Partial<DatabaseRoutingOptions>, string]>([
    [
      'with a wrong weight',
      {
        slaves: {
          slave1: { connection: 'postgres://a' },
          slave2: { connection: 'postgres://b', weight: -1 },
        },
      },
      'slaves.slave2.weight must be a number, 0 or more, got -1',
    ],
    [
      'without a connection',
      { slaves: { slave1: { connection: 'postgres://a' }, slave2: {} } },
      'slaves.slave2.connection must be',
    ],
    ['named master', { slaves: { master: { connection: 'postgres://a' } } }, 'slaves.master'],
  ])('that hold a slave %s fail at boot by its name', async (_what, wrong, message) => {
    const options = { ...OFFLINE, ...wrong };
    for (const module of [
      DatabaseRoutingModule.forRoot(options),
      DatabaseRoutingModule.forRootAsync({ useFactory: () => options }),
    ]) {
      const booting = bootWith({ imports: [module] });
      await expect(booting).rejects.toBeInstanceOf(InvalidOptionsError);
      await expect(booting).rejects.toThrow(message);
    }
  });

  it.each<[string, DynamicModule[]]>([
    ['default', [DatabaseRoutingModule.forRoot(OFFLINE), DatabaseRoutingModule.forRoot(OFFLINE)]],
    [
      'reports',
      [
        DatabaseRoutingModule.forRoot({ ...OFFLINE, name: 'reports' }),
        DatabaseRoutingModule.forRootAsync({ name: 'reports', useFactory: () => OFFLINE }),
      ],
    ],
  ])('are refused when two sets have the name %s', async (name, [first, second]) => {
    @Module({ imports: [second!] })
    class FeatureModule {}
    const booting = bootWith({ imports: [first!, FeatureModule] });
    await expect(booting).rejects.toBeInstanceOf(InvalidOptionsError);
    await expect(booting).rejects.toThrow(`imported 2 times with the name '${name}'`);
  });
});

describe.each(HTTP_ADAPTERS)('two sets of engines on %s', (_name, createAdapter) => {
  @Controller('sets')
  class SetsController {
    constructor(
      private readonly db: BalancedSession,
      @InjectBalancedSession('reports') private readonly reports: BalancedSession,
      @InjectKnex('reports') private readonly knex: RoutedKnex,
    ) {}

    @Get('free')
    free() {
      return this.nodes();
    }

    @Get('default-forced')
    @WithEngine('master')
    defaultForced() {
      return this.nodes();
    }

    @Get('reports-forced')
    @WithEngine('archive', ['m'], { set: 'reports' })
    reportsForced() {
      return this.nodes();
    }

    @Get('method')
    @UsingEngine('archive', { set: 'reports' })
    method() {
      return this.nodes();
    }

    @Get('written')
    async written() {
      await writePost(this.reports);
      return this.nodes();
    }

    private async nodes() {
      const nodes = await Promise.all([this.db, this.reports, this.knex].map((knex) => answeringNode(knex)));
      return nodes.join(' ');
    }
  }

  @Module({ controllers: [SetsController] })
  class SetsModule {}

  /** Its slave `archive` is the server slave1, and its master the same as the default set's. */
  function reportsOptions(): DatabaseRoutingOptions {
    const { balancer: _default, ...engines } = enginesOf(replication);
    return {
      ...engines,
      slaves: {
        fresh: { connection: replication.slave('slave2').connection },
        archive: { connection: replication.slave('slave1').connection },
      },
      balancer: { choose: (all) => all[1]! },
    };
  }

  it.each<[string, () => DynamicModule]>([
    ['forRoot', () => DatabaseRoutingModule.forRoot({ ...reportsOptions(), name: 'reports' })],
    [
      'forRootAsync',
      () => DatabaseRoutingModule.forRootAsync({ name: 'reports', useFactory: () => reportsOptions() }),
    ],
  ])('route each by its own name, rules and context, the second by %s', async (_way, second) => {
    const running = await startApp(createAdapter, {
      imports: [DatabaseRoutingModule.forRoot(enginesOf(replication)), second(), SetsModule],
    });
    const answers = {
      free: await running.get('/sets/free'),
      defaultForced: await running.get('/sets/default-forced'),
      reportsForced: await running.get('/sets/reports-forced'),
      param: await running.get('/sets/reports-forced?m'),
      method: await running.get('/sets/method'),
      written: await running.get('/sets/written'),
    };
    await running.close();
    expect(answers).toMatchObject({
      free: {
        body: 'slave2 slave1 slave1',
        engines: 'slave2;reason=balanced, archive;reason=balanced;set=reports',
      },
      defaultForced: {
        body: 'master slave1 slave1',
        engines: 'master;reason=handler, archive;reason=balanced;set=reports',
      },
      reportsForced: {
        body: 'slave2 slave1 slave1',
        engines: 'slave2;reason=balanced, archive;reason=handler;set=reports',
      },
      param: { body: 'slave2 master master' },
      method: {
        body: 'slave2 slave1 slave1',
        engines: 'slave2;reason=balanced, archive;reason=scope;set=reports',
      },
      written: { body: 'slave2 master master' },
    });
  });

  it('give each set its own service and logs under its own name', async () => {
    @Injectable()
    class Both {
      constructor(
        readonly routing: DatabaseRouting,
        @InjectDatabaseRouting('reports') readonly other: DatabaseRouting,
      ) {}
    }
    const contexts: unknown[] = [];
    const running = await startApp(createAdapter, {
      imports: [
        DatabaseRoutingModule.forRoot(enginesOf(replication)),
        DatabaseRoutingModule.forRoot({ ...reportsOptions(), name: 'reports' }),
      ],
      providers: [Both],
      logger: { log() {}, warn() {}, error() {}, debug: (_line, context) => contexts.push(context) },
    });
    const { routing, other } = running.app.get(Both);
    contexts.length = 0;
    await answeringNode(routing.knex);
    await answeringNode(other.knex);
    await running.close();
    expect(contexts).toEqual(['DatabaseRouting', 'DatabaseRouting:reports']);
    expect([routing.engines.names(), other.engines.names()]).toEqual([
      ['master', 'slave1', 'slave2'],
      ['master', 'fresh', 'archive'],
    ]);
  });
});

describe('an engine that is not configured', () => {
  @Controller('method')
  class MethodController {
    @Get()
    @WithEngine('slave3')
    get() {}
  }

  @Controller('class')
  @WithEngine('slave3')
  class ClassController {
    @Get()
    get() {}
  }

  @Controller({ path: 'scoped', scope: Scope.REQUEST })
  class ScopedController {
    @Get()
    @WithEngine('slave3')
    get() {}
  }

  @Controller('injects-a-session')
  class SessionController {
    constructor(readonly db: BalancedSession) {}

    @Get()
    @UsingEngine('slave3')
    get() {}
  }

  @Injectable()
  class Service {
    @UsingEngine('slave3')
    read() {}
  }

  @Injectable()
  class InheritingService extends Service {}

  @Injectable({ scope: Scope.REQUEST })
  class ScopedService {
    @UsingEngine('slave3')
    read() {}
  }

  const TOKEN = Symbol('service');

  it.each([
    ['@WithEngine on MethodController.get', { controllers: [MethodController] }],
    ['@WithEngine on ClassController', { controllers: [ClassController] }],
    ['@WithEngine on ScopedController.get', { controllers: [ScopedController] }],
    ['@UsingEngine on SessionController.get', { controllers: [SessionController] }],
    ['@UsingEngine on Service.read', { providers: [Service] }],
    ['@UsingEngine on InheritingService.read', { providers: [InheritingService] }],
    ['@UsingEngine on ScopedService.read', { providers: [ScopedService] }],
    ['@UsingEngine on Service.read', { providers: [{ provide: TOKEN, useClass: Service }] }],
    ['@UsingEngine on Service.read', { providers: [{ provide: TOKEN, useValue: new Service() }] }],
    ['@UsingEngine on Service.read', { providers: [{ provide: TOKEN, useFactory: () => new Service() }] }],
  ])('is refused at boot, with those there are: %s', async (where, metadata) => {
    const booting = bootWith({ imports: [DatabaseRoutingModule.forRoot(OFFLINE)], ...metadata });
    await expect(booting).rejects.toBeInstanceOf(UnknownEngineError);
    await expect(booting).rejects.toThrow(
      `${where} names the engine 'slave3', which is not configured. ` +
        `Use one of: master, slave1, slave2; or 'slave' for any slave.`,
    );
  });

  it.each([
    ['@WithEngine', WithEngine('archive', [], { set: 'reports' })],
    ['@UsingEngine', UsingEngine('archive', { set: 'reports' })],
  ])('of another set is refused by that set: %s', async (_name, decorate) => {
    class Reports {
      @decorate
      read() {}
    }
    const imports = [
      DatabaseRoutingModule.forRoot(OFFLINE),
      DatabaseRoutingModule.forRoot({ ...OFFLINE, name: 'reports' }),
    ];
    await expect(bootWith({ imports, providers: [Reports] })).rejects.toThrow(/names the engine 'archive'/);
  });

  it.each([
    ['@WithEngine', WithEngine('master', [], { set: 'report' })],
    ['@UsingEngine', UsingEngine(null, { set: 'report' })],
  ])('is not looked for in a set that the app does not have: %s', async (name, decorate) => {
    class Reports {
      @decorate
      read() {}
    }
    const imports = [
      DatabaseRoutingModule.forRoot(OFFLINE),
      DatabaseRoutingModule.forRoot({ ...OFFLINE, name: 'reports' }),
    ];
    await expect(bootWith({ imports, providers: [Reports] })).rejects.toThrow(
      `${name} on Reports.read speaks of the set 'report', which is not imported. Use one of: default, reports`,
    );
  });

  it('is fine under any name while no slaves are configured, and means the one there is', async () => {
    @Controller('any')
    class AnyController {
      constructor(@InjectKnex() private readonly knex: RoutedKnex) {}

      @Get()
      @WithEngine('slave3', ['m'])
      @UsingEngine('slave4')
      async read() {
        const { knex } = this;
        return [await answeringNode(knex), await answeringNode(knex.usingEngine('slave5'))].join();
      }
    }
    const running = await startApp(() => new ExpressAdapter(), {
      imports: [DatabaseRoutingModule.forRoot(enginesOf(replication, { slaves: {} }))],
      controllers: [AnyController],
    });
    const { body } = await running.get('/any?m');
    await running.close();
    expect(body).toBe('master,master');
  });
});

describe.each(HTTP_ADAPTERS)('an app on %s', (_name, createAdapter) => {
  @Injectable()
  class WritingGuard implements CanActivate {
    constructor(@InjectKnex() private readonly knex: Knex) {}

    async canActivate(): Promise<boolean> {
      await writePost(this.knex);
      return true;
    }
  }

  @Injectable()
  class Guarded {
    constructor(readonly db: BalancedSession) {}

    @Get()
    @UseGuards(WritingGuard)
    async read() {
      return { node: await answeringNode(this.db) };
    }

    @Post()
    @UseGuards(WritingGuard)
    async readWithBody() {
      return { node: await answeringNode(this.db) };
    }
  }

  function guardedAt(path: string, version?: string): Type<Guarded> {
    @Controller({ path, version: version ?? VERSION_NEUTRAL })
    class GuardedController extends Guarded {}
    return GuardedController;
  }

  it.each(['get', 'post'] as const)(
    'opens contexts before guards whatever the prefix, the version and its exclusions: %s',
    async (verb) => {
      const running = await startApp(createAdapter, {
        imports: [DatabaseRoutingModule.forRoot(enginesOf(replication))],
        controllers: [guardedAt(''), guardedAt('items'), guardedAt('items', '2'), guardedAt('health/deep')],
        prepare: (app) =>
          app
            .setGlobalPrefix('api', {
              exclude: [{ path: 'health/deep', method: RequestMethod.GET }, 'health/{*rest}', '/'],
            })
            .enableVersioning({ type: VersioningType.URI }),
      });
      const paths = ['/', '/api/items', '/api/v2/items', '/health/deep', '/api/items?a=1'];
      const answers = await Promise.all(paths.map((path) => running[verb](path)));
      await running.close();
      const expected = paths.map(() => 'master;reason=write, master;reason=wrote');
      expect(answers.map(({ engines }) => engines)).toEqual(expected);
    },
  );

  it('opens contexts with header versioning', async () => {
    const running = await startApp(createAdapter, {
      imports: [DatabaseRoutingModule.forRoot(enginesOf(replication))],
      controllers: [guardedAt('items', '3')],
      prepare: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    });
    const answer = await running.get('/items', { headers: { 'x-version': '3' } });
    await running.close();
    expect(answer).toMatchObject({ body: { node: 'master' } });
  });

  it('boots while slaves are down, and reads from those that are not', async () => {
    const options = enginesOf(replication);
    const down = { connection: { ...replication.master.connection, port: 1 } };
    const running = await startApp(createAdapter, {
      imports: [
        DatabaseRoutingModule.forRoot({
          ...options,
          slaves: { ...options.slaves, slave1: down, slave0: down },
        }),
        NodeModule,
      ],
    });
    const answer = await running.get('/node');
    await running.close();
    expect(answer).toMatchObject({ body: { node: 'slave2' } });
  });

  it('lets a request in flight end before it closes the connections, and may be closed twice', async () => {
    let start: () => void;
    const started = new Promise<void>((resolve) => (start = resolve));

    @Controller('slow')
    class SlowController {
      constructor(private readonly db: BalancedSession) {}

      @Get()
      async read() {
        const sleep = this.db.usingEngine('master').raw('SELECT pg_sleep(0.2)').then();
        start();
        await sleep;
        return { node: await answeringNode(this.db.usingEngine('slave1')) };
      }
    }
    const running = await startApp(createAdapter, {
      imports: [DatabaseRoutingModule.forRoot(enginesOf(replication))],
      controllers: [SlowController],
    });
    const { knex } = running.app.get(DatabaseRouting);
    const asking = running.get('/slow', { headers: { connection: 'close' } });
    await started;
    await Promise.all([running.close(), running.close()]);
    expect(await asking).toMatchObject({ status: 200, body: { node: 'slave1' } });
    for (const engine of ['master', 'slave1', 'slave2']) {
      await expect(answeringNode(knex.usingEngine(engine))).rejects.toThrow('Unable to acquire a connection');
    }
    await expect(running.close()).resolves.toBeUndefined();
  });
});

it('opens contexts on a Fastify that was told to skip middie', async () => {
  const running = await startApp(() => new FastifyAdapter({ skipMiddie: true }), {
    imports: [DatabaseRoutingModule.forRoot(enginesOf(replication)), NodeModule],
  });
  const answer = await running.get('/node');
  await running.close();
  expect(answer).toMatchObject({ body: { node: 'slave2' }, engines: 'slave2;reason=balanced' });
});

it('takes a stand-in for the session by overrideProvider(BalancedSession)', async () => {
  const standIn = () => ({ first: async () => ({ name: 'stand-in' }) });
  const module = await Test.createTestingModule({
    imports: [DatabaseRoutingModule.forRoot(OFFLINE), NodeModule],
  })
    .overrideProvider(BalancedSession)
    .useValue(standIn)
    .compile();
  const app = module.createNestApplication(new ExpressAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  const answer: unknown = await fetch(`${await app.getUrl()}/node`).then((response) => response.json());
  await app.close();
  expect(answer).toEqual({ node: 'stand-in' });
});

it('injects into classes that have no metadata for it', async () => {
  class Bare {
    constructor(readonly routing: DatabaseRouting) {}
  }
  Inject(DatabaseRouting)(Bare, undefined, 0);
  const module = await Test.createTestingModule({
    imports: [DatabaseRoutingModule.forRoot(OFFLINE)],
    providers: [Bare],
  }).compile();
  expect(module.get(Bare).routing).toBeInstanceOf(DatabaseRouting);
  await module.close();
});
