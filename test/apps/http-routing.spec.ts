import {
  All,
  type ArgumentsHost,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  ForbiddenException,
  Get,
  HttpCode,
  HttpException,
  Inject,
  Injectable,
  type LoggerService,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  type OnModuleInit,
  Post,
  Redirect,
  Res,
  Scope,
  StreamableFile,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import { AsyncResource } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  BalancedSession,
  Consistency,
  DatabaseRouting,
  DatabaseRoutingModule,
  DbWrite,
  type DatabaseRoutingOptions,
  InjectKnex,
  type RoutedKnex,
  UsingEngine,
  WithEngine,
} from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { answeringNode, enginesOf, startReplicatedNodes, writePost } from './replicated-nodes.js';
import { HTTP_ADAPTERS, type AppParts, type RunningApp, startApp } from './running-app.js';

@Injectable()
class LookingGuard implements CanActivate {
  constructor(@InjectKnex() private readonly knex: Knex) {}

  async canActivate(): Promise<boolean> {
    return (await answeringNode(this.knex)) === 'master';
  }
}

@Injectable({ scope: Scope.REQUEST })
class WritingGuard implements CanActivate {
  constructor(private readonly db: BalancedSession) {}

  async canActivate(): Promise<boolean> {
    await writePost(this.db, 'last seen now');
    return true;
  }
}

class RefusingGuard implements CanActivate {
  canActivate(): never {
    throw new ForbiddenException();
  }
}

/** Answers with the server that it read from. */
@Catch(HttpException)
class AskingFilter implements ExceptionFilter<HttpException> {
  constructor(
    @InjectKnex() private readonly knex: Knex,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  async catch(exception: HttpException, host: ArgumentsHost): Promise<void> {
    const node = await answeringNode(this.knex);
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { node }, exception.getStatus());
  }
}

@Controller('posts')
class PostsController {
  constructor(
    private readonly db: BalancedSession,
    @InjectKnex() private readonly knex: Knex,
  ) {}

  @Get()
  async list() {
    return { node: await answeringNode(this.db) };
  }

  @Get('singleton')
  async singleton() {
    return { node: await answeringNode(this.knex) };
  }

  @Get('is-a-knex')
  isAKnex() {
    const { client, raw, transaction, schema, usingEngine } = this.db;
    return {
      callable: typeof this.db,
      dialect: (client as { dialect: string }).dialect,
      methods: [typeof raw, typeof transaction, typeof schema.createTable, typeof usingEngine],
      sql: this.db('posts').where({ id: 1 }).toQuery(),
    };
  }

  @Post()
  async add() {
    const [id] = await this.db('posts').insert({ title: 'a post' }).returning('id');
    return id as object;
  }

  @Post('read')
  @HttpCode(200)
  async decide() {
    return { node: await answeringNode(this.db) };
  }

  @Post('search')
  @HttpCode(200)
  @DbWrite(false)
  async search() {
    return { node: await answeringNode(this.db) };
  }

  @Get('write-then-read')
  async writeThenRead() {
    const before = await answeringNode(this.db);
    await writePost(this.db);
    return { before, after: await answeringNode(this.knex) };
  }

  @Get('four-reads')
  async fourReads() {
    const reads = [this.db, this.knex, this.db, this.knex].map((knex) => answeringNode(knex));
    return Promise.all(reads);
  }

  @Get('nothing')
  nothing() {
    return 'no query';
  }
}

@Controller('guarded')
class GuardedController {
  constructor(private readonly db: BalancedSession) {}

  @Get('looking')
  @UseGuards(LookingGuard)
  async looking() {
    return { node: await answeringNode(this.db) };
  }

  @Get('writing')
  @UseGuards(WritingGuard)
  async writing() {
    return { node: await answeringNode(this.db) };
  }

  @Post('writing')
  @UseGuards(WritingGuard)
  async writingWithBody() {
    return { node: await answeringNode(this.db) };
  }

  @Get('refused')
  @UseGuards(RefusingGuard)
  @UseFilters(AskingFilter)
  refused() {}
}

@Controller('ends')
class EndsController {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  @Get('filtered')
  @WithEngine('slave1')
  @UseFilters(AskingFilter)
  filtered() {
    throw new HttpException('teapot', 418);
  }

  @Get('written-and-filtered')
  @UseFilters(AskingFilter)
  async writtenAndFiltered() {
    await writePost(this.db);
    throw new HttpException('teapot', 418);
  }

  @Get('throws')
  async throws() {
    await answeringNode(this.db);
    throw new HttpException('teapot', 418);
  }

  @Post('redirects')
  @Redirect('/posts', 303)
  async redirects() {
    await writePost(this.db);
  }

  @Get('by-hand')
  async byHand(@Res() response: { send(body: string): void }) {
    response.send(await answeringNode(this.db));
  }

  @Get('raw')
  async raw(@Res() response: { raw?: ServerResponse; hijack?: () => void } & ServerResponse) {
    response.hijack?.();
    const node = await answeringNode(this.db);
    (response.raw ?? response).writeHead(200, { 'content-type': 'text/plain' }).end(node);
  }

  @Get('stream')
  @WithEngine('slave1')
  stream() {
    return new StreamableFile(Readable.from(this.nodesLater()));
  }

  @Get('many')
  async many() {
    for (let i = 0; i < 50; i++) await answeringNode(this.db);
    await Promise.all(Array.from({ length: 20 }, () => answeringNode(this.db.usingEngine('slave1'))));
    for (let i = 0; i < 20; i++) await writePost(this.db);
    return 'ok';
  }

  private async *nodesLater() {
    yield await answeringNode(this.db);
    await nextTurn();
    yield `,${await answeringNode(this.db)}`;
  }
}

@Controller('written-before')
class WrittenBeforeController {
  constructor(private readonly db: BalancedSession) {}

  @Get()
  async read() {
    return { node: await answeringNode(this.db) };
  }

  @Post()
  async readWithBody() {
    return { node: await answeringNode(this.db) };
  }
}

@Injectable()
class BootLooker implements OnModuleInit {
  node = '';
  reason = '';

  constructor(
    @InjectKnex() private readonly knex: Knex,
    private readonly routing: DatabaseRouting,
  ) {}

  async onModuleInit(): Promise<void> {
    this.routing.events.once('decision', ({ reason }) => (this.reason = reason));
    this.node = await answeringNode(this.knex);
  }
}

const ENGINES = ['master', 'slave1', 'slave2'] as const;
/** Routes, and who answers the three reads of each. */
const MIXED = { master: 'master', slave1: 'slave1', slave2: 'slave2', free: 'slave2', written: 'master' };

@Injectable()
class MixedService {
  constructor(@InjectKnex() private readonly knex: RoutedKnex) {}

  async scopes(): Promise<string[]> {
    const { knex } = this;
    const read = async () => (await dawdle(), answeringNode(knex));
    const nested = knex.usingEngine('slave1', async () => {
      const inner = [await read(), await knex.usingEngine('master', read), await read()];
      return [...inner, await knex.usingEngine(null, read), await read()];
    });
    const parallel = Promise.all(ENGINES.map((engine) => knex.usingEngine(engine, read)));
    const failed = knex.usingEngine('slave1', () => Promise.reject(new Error('no'))).catch(read);
    return [await read(), ...(await nested), ...(await parallel), await failed, await read()];
  }

  async write(): Promise<void> {
    await dawdle();
    await writePost(this.knex);
  }

  async free(): Promise<string[]> {
    return [await this.read(), await this.read(), await this.read()];
  }

  @UsingEngine('slave1')
  async onSlave1(): Promise<string[]> {
    return this.free();
  }

  private async read(): Promise<string> {
    await dawdle();
    return answeringNode(this.knex);
  }
}

async function dawdle(): Promise<void> {
  for (let turns = Math.floor(Math.random() * 4); turns > 0; turns--) await nextTurn();
}

@Controller('mixed')
@DbWrite(false)
class MixedController {
  constructor(@Inject(MixedService) private readonly service: MixedService) {}

  @All('master')
  @WithEngine('master')
  master() {
    return this.service.free();
  }

  @All('slave1')
  slave1() {
    return this.service.onSlave1();
  }

  @All('slave2')
  @WithEngine('slave2')
  slave2() {
    return this.service.free();
  }

  @All('written')
  async written() {
    await this.service.write();
    return this.service.free();
  }

  @All('free')
  free() {
    return this.service.free();
  }

  /** Freely, so that the slaves of the forced reads beside them don't keep the others. */
  @All('scopes')
  @Consistency('eventual')
  scopes() {
    return this.service.scopes();
  }
}

@Module({
  controllers: [PostsController, GuardedController, EndsController, WrittenBeforeController, MixedController],
  providers: [BootLooker, MixedService],
})
class BoardModule implements NestModule {
  constructor(@InjectKnex() private readonly knex: Knex) {}

  configure(consumer: MiddlewareConsumer): void {
    const write = (_request: unknown, _response: unknown, next: (error?: unknown) => void) =>
      void writePost(this.knex, 'seen').then(() => next(), next);
    consumer.apply(write).forRoutes('written-before');
  }
}

let replication: ReplicatedPostgres;

beforeAll(async () => {
  replication = await startReplicatedNodes();
});

afterAll(() => replication.stop());

function board(options: Partial<DatabaseRoutingOptions> = {}): {
  readonly imports: NonNullable<AppParts['imports']>;
} {
  return { imports: [DatabaseRoutingModule.forRoot(enginesOf(replication, options)), BoardModule] };
}

describe.each(HTTP_ADAPTERS)('an app on %s', (_name, createAdapter) => {
  let running: RunningApp;

  beforeAll(async () => {
    running = await startApp(createAdapter, board());
  });

  afterAll(() => running.close());

  describe('the session', () => {
    it('is a Knex that can be called, injected by its class', async () => {
      expect((await running.get('/posts/is-a-knex')).body).toEqual({
        callable: 'function',
        dialect: 'postgresql',
        methods: ['function', 'function', 'function', 'function'],
        sql: 'select * from "posts" where "id" = 1',
      });
    });

    it('is request-scoped, and the routed Knex a singleton', async () => {
      expect(() => running.app.get(BalancedSession)).toThrow(/scoped/);
      expect(running.app.get(DatabaseRouting).knex).toBe(await running.app.resolve(BalancedSession));
    });

    it('reads on a slave', async () => {
      expect(await running.get('/posts')).toMatchObject({
        body: { node: 'slave2' },
        engines: 'slave2;reason=balanced',
      });
    });

    it('reads as @InjectKnex() does', async () => {
      expect(await running.get('/posts/singleton')).toMatchObject({
        body: { node: 'slave2' },
        engines: 'slave2;reason=balanced',
      });
    });

    it('writes on the master', async () => {
      expect(await running.post('/posts')).toMatchObject({ status: 201, engines: 'master;reason=write' });
    });

    it('reads on the master in a POST from its start: what it decides by must not be old', async () => {
      expect(await running.post('/posts/read', { q: 1 })).toMatchObject({
        body: { node: 'master' },
        engines: 'master;reason=wrote',
      });
    });

    it('reads on a slave in a POST that is said to only read', async () => {
      expect(await running.post('/posts/search', { q: 1 })).toMatchObject({
        body: { node: 'slave2' },
        engines: 'slave2;reason=balanced',
      });
    });

    it('reads from the master after a write in the same request', async () => {
      expect(await running.get('/posts/write-then-read')).toMatchObject({
        body: { before: 'slave2', after: 'master' },
        engines: 'slave2;reason=balanced, master;reason=write, master;reason=wrote',
      });
    });

    it('reads from a slave again in the request after one that wrote', async () => {
      await running.get('/posts/write-then-read');
      expect((await running.get('/posts')).body).toEqual({ node: 'slave2' });
    });
  });

  describe('queries outside of a handler', () => {
    it('go to the master in guards, and the handler still reads on a slave', async () => {
      expect(await running.get('/guarded/looking')).toMatchObject({
        body: { node: 'slave2' },
        engines: 'master;reason=no-context, slave2;reason=balanced',
      });
    });

    it('go to the master at boot', () => {
      const { node, reason } = running.app.get(BootLooker);
      expect({ node, reason }).toEqual({ node: 'master', reason: 'no-context' });
    });

    it.each(['get', 'post'] as const)(
      'keep the reads of a %s handler on the master when a guard wrote',
      async (verb) => {
        expect(await running[verb]('/guarded/writing')).toMatchObject({
          body: { node: 'master' },
          engines: 'master;reason=write, master;reason=wrote',
        });
      },
    );

    it.each(['get', 'post'] as const)(
      'keep the reads of a %s handler on the master when a middleware wrote',
      async (verb) => {
        expect(await running[verb]('/written-before')).toMatchObject({
          body: { node: 'master' },
          engines: 'master;reason=write, master;reason=wrote',
        });
      },
    );

    it('stay known when a body comes in many pieces', async () => {
      const piecemeal = { text: 'x'.repeat(90_000) };
      expect(await running.post('/guarded/writing', piecemeal)).toMatchObject({
        body: { node: 'master' },
        engines: 'master;reason=write, master;reason=wrote',
      });
    });

    it('go where the handler was forced to in an exception filter', async () => {
      expect(await running.get('/ends/filtered')).toMatchObject({
        status: 418,
        body: { node: 'slave1' },
        engines: 'slave1;reason=handler',
      });
    });

    it('show what the handler wrote in its exception filter, where the position of that is known', async () => {
      const { status, engines } = await running.get('/ends/written-and-filtered');
      expect(status).toBe(418);
      expect(engines).toMatch(/^master;reason=write, slave[12];reason=bookmark$/);
    });

    it('go to the master in the exception filter of a request that a guard refused', async () => {
      expect(await running.get('/guarded/refused')).toMatchObject({
        status: 403,
        body: { node: 'master' },
        engines: 'master;reason=no-context',
      });
    });
  });

  describe('the header of the decisions', () => {
    it('is missing when nothing was queried', async () => {
      expect(await running.get('/posts/nothing')).toMatchObject({ status: 200, engines: null });
    });

    it('is there when the handler throws', async () => {
      expect(await running.get('/ends/throws')).toMatchObject({
        status: 418,
        engines: 'slave2;reason=balanced',
      });
    });

    it('is there when the handler redirects', async () => {
      const answer = await running.post('/ends/redirects');
      expect(answer).toMatchObject({ status: 303, engines: 'master;reason=write' });
      expect(answer.headers.get('location')).toBe('/posts');
    });

    it('is there when the handler sends the response itself', async () => {
      expect(await running.get('/ends/by-hand')).toMatchObject({
        body: 'slave2',
        engines: 'slave2;reason=balanced',
      });
    });

    it('is there when the handler writes to the socket past the framework', async () => {
      const answer = await running.get('/ends/raw');
      expect(answer).toMatchObject({ body: 'slave2', engines: 'slave2;reason=balanced' });
      expect(answer.headers.get('content-type')).toBe('text/plain');
    });

    it('is there when the handler streams, with what was decided before the first byte', async () => {
      expect(await running.get('/ends/stream')).toMatchObject({
        body: 'slave1,slave1',
        engines: 'slave1;reason=handler',
      });
    });

    it('names each decision once, however many queries there were', async () => {
      expect((await running.get('/ends/many')).engines).toBe(
        'slave2;reason=balanced, slave1;reason=query, master;reason=write',
      );
    });

    it('is there on HEAD', async () => {
      expect(await running.get('/posts', { method: 'HEAD' })).toMatchObject({
        engines: 'slave2;reason=balanced',
      });
    });
  });

  describe('many requests at once', () => {
    it('never see the engine of another', async () => {
      const routes = Object.keys(MIXED) as (keyof typeof MIXED)[];
      const asked = Array.from({ length: 200 }, (_, index) => routes[index % routes.length]!);
      const answers = await Promise.all(
        asked.map((route, index) => running[index % 2 ? 'post' : 'get'](`/mixed/${route}`)),
      );
      const expected = asked.map((route) => Array(3).fill(MIXED[route]));
      expect(answers.map(({ body }) => body)).toEqual(expected);
    });

    it('restore what was in force after nested, parallel and failed usingEngine scopes', async () => {
      const answers = await Promise.all(Array.from({ length: 30 }, () => running.get('/mixed/scopes')));
      const [free, forced] = ['slave2', 'slave1'];
      const nested = [forced, 'master', forced, free, forced];
      const parallel = ['master', 'slave1', 'slave2'];
      for (const { body } of answers) expect(body).toEqual([free, ...nested, ...parallel, free, free]);
    });
  });
});

describe.each(HTTP_ADAPTERS)('an app on %s with other options', (_name, createAdapter) => {
  it('keeps one slave for a request, and takes the next for the next', async () => {
    const running = await startApp(createAdapter, board({ balancer: 'round-robin' }));
    const answers = [
      (await running.get('/posts/four-reads')).body as string[],
      (await running.get('/posts/four-reads')).body as string[],
    ];
    await running.close();
    expect(answers.map((reads) => new Set(reads).size)).toEqual([1, 1]);
    expect(answers.map(([first]) => first).toSorted()).toEqual(['slave1', 'slave2']);
  });

  it('sends no header of decisions unless it is asked for', async () => {
    const running = await startApp(createAdapter, board({ exposeDecisions: false }));
    const answer = await running.get('/posts');
    await running.close();
    expect(answer).toMatchObject({ body: { node: 'slave2' }, engines: null });
  });

  it("says through Nest's logger at debug where each query goes", async () => {
    const logger = new Lines();
    const running = await startApp(createAdapter, { ...board(), logger });
    logger.debugged.length = 0;
    await running.get('/posts');
    await running.get('/mixed/master');
    await running.close();
    expect(logger.debugged).toEqual([
      'Choose engine: slave2 (balanced)',
      ...Array<unknown>(3).fill(expect.stringMatching(/^Forced engine: master \((?:scope|handler)\)$/)),
    ]);
  });

  it('says that balancing is disabled when no slaves are configured, and warns of it once', async () => {
    const logger = new Lines();
    const running = await startApp(createAdapter, { ...board({ slaves: {} }), logger });
    logger.debugged.length = 0;
    const { body } = await running.get('/posts');
    await running.close();
    expect(body).toEqual({ node: 'master' });
    expect(logger.debugged).toEqual(['Balancing disabled, using master (no-slave)']);
    expect(logger.warned).toEqual([expect.stringContaining('No slaves are configured')]);
  });
});

describe('a request that loses its context on its way, as in the callback of a session store', () => {
  /** Made outside of any request. */
  const elsewhere = new AsyncResource('elsewhere');

  @Module({})
  class LosingModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      const lose = (_request: unknown, _response: unknown, next: () => void) =>
        elsewhere.runInAsyncScope(next);
      consumer.apply(lose).forRoutes('{*path}');
    }
  }

  it.each(HTTP_ADAPTERS)('has it again in its handler on %s', async (_name, createAdapter) => {
    const { imports } = board();
    const running = await startApp(createAdapter, { imports: [...imports, LosingModule] });
    const answers = [await running.get('/mixed/master'), await running.get('/posts/write-then-read')];
    await running.close();
    expect(answers.map(({ engines }) => engines)).toEqual([
      'master;reason=handler',
      'slave2;reason=balanced, master;reason=write, master;reason=wrote',
    ]);
  });

  it('has it again in its guards on Fastify', async () => {
    const adapter = new FastifyAdapter();
    adapter
      .getInstance()
      .addHook('preParsing', (_request, _reply, payload, done) =>
        elsewhere.runInAsyncScope(done, undefined, null, payload),
      );
    const running = await startApp(() => adapter, board());
    const answer = await running.post('/guarded/writing');
    await running.close();
    expect(answer).toMatchObject({
      body: { node: 'master' },
      engines: 'master;reason=write, master;reason=wrote',
    });
  });
});

/** What the routing logs, in the order it came. */
class Lines implements LoggerService {
  readonly debugged: string[] = [];
  readonly warned: string[] = [];

  log(): void {}
  error(): void {}

  debug(message: string, context?: string): void {
    if (context === 'DatabaseRouting') this.debugged.push(message);
  }

  warn(message: string, context?: string): void {
    if (context === 'DatabaseRouting') this.warned.push(message);
  }
}
