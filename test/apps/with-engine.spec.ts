import {
  type ArgumentMetadata,
  Body,
  type CallHandler,
  ClassSerializerInterceptor,
  Controller,
  type ExecutionContext,
  Get,
  HttpCode,
  Inject,
  Injectable,
  type MessageEvent,
  Module,
  type NestInterceptor,
  type PipeTransform,
  Post,
  Query,
  Req,
  Sse,
  StreamableFile,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Expose, Transform } from 'class-transformer';
import { IsOptional, IsString } from 'class-validator';
import type { Knex } from 'knex';
import { Readable } from 'node:stream';
import { type Observable, concat, defer, from, map, mergeMap, throwError } from 'rxjs';
import {
  BalancedSession,
  DatabaseRoutingModule,
  InjectKnex,
  type RoutedKnex,
  UsingEngine,
  WithEngine,
} from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { answeringNode, enginesOf, startReplicatedNodes, writePost } from './replicated-nodes.js';
import { HTTP_ADAPTERS, type RunningApp, startApp } from './running-app.js';

class Filter {
  @IsOptional()
  @IsString()
  title?: string;
}

const STRICT = new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true });

/** Replaces what it is given by the server that it read from. */
@Injectable()
class AskingPipe implements PipeTransform {
  constructor(@InjectKnex() private readonly knex: Knex) {}

  transform(_value: unknown, _metadata: ArgumentMetadata): Promise<string> {
    return answeringNode(this.knex);
  }
}

/** Adds the server that answers a read made while the response is mapped. */
@Injectable()
class MappingInterceptor implements NestInterceptor {
  constructor(@InjectKnex() private readonly knex: Knex) {}

  intercept(_context: ExecutionContext, next: CallHandler<object>): Observable<unknown> {
    return next
      .handle()
      .pipe(mergeMap(async (body) => ({ ...body, mapped: await answeringNode(this.knex) })));
  }
}

/** The same, as a global interceptor of the app's own. */
@Injectable()
class GlobalMappingInterceptor implements NestInterceptor {
  constructor(@InjectKnex() private readonly knex: Knex) {}

  intercept(_context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    return next
      .handle()
      .pipe(
        mergeMap(async (body) =>
          body instanceof MappedGlobally
            ? { handler: body.handler, globally: await answeringNode(this.knex) }
            : body,
        ),
      );
  }
}

class MappedGlobally {
  constructor(readonly handler: string) {}
}

/** A value whose serialization starts a query, as a lazy relation does. */
class LazyPost {
  @Expose()
  @Transform(({ obj }: { obj: LazyPost }) => obj.load())
  declare readonly node: Promise<string>;

  constructor(readonly load: () => Promise<string>) {}
}

/** Serialization leaves a promise in its place; this one is outside of it. */
@Injectable()
class AwaitingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler<{ node: Promise<string> }>): Observable<unknown> {
    return next.handle().pipe(mergeMap(async ({ node }) => ({ node: await node })));
  }
}

@Controller('methods')
class MethodsController {
  constructor(
    private readonly db: BalancedSession,
    @InjectKnex() private readonly knex: RoutedKnex,
  ) {}

  @Get('free')
  async free() {
    return { node: await answeringNode(this.db) };
  }

  @Get('master')
  @WithEngine('master')
  async master() {
    return { node: await answeringNode(this.db) };
  }

  @WithEngine('slave1')
  @Get('slave1')
  async slave1() {
    return { node: await answeringNode(this.db) };
  }

  @Get('any-slave')
  @WithEngine('slave')
  async anySlave() {
    const before = await answeringNode(this.db);
    await writePost(this.db);
    return { before, after: await answeringNode(this.db) };
  }

  @Get('writes')
  @WithEngine('slave1')
  async writes() {
    await writePost(this.db);
    return { node: await answeringNode(this.db) };
  }

  @Get('lifted')
  @WithEngine('master')
  async lifted() {
    return { node: await this.knex.usingEngine(null, () => answeringNode(this.db)) };
  }

  @Get('builder')
  @WithEngine('slave1')
  builder() {
    return this.db('node').first();
  }

  @Get('direct')
  async direct() {
    return { called: (await this.master()).node, after: await answeringNode(this.db) };
  }

  @Get('piped')
  @WithEngine('slave1')
  async piped(@Query('anything', AskingPipe) pipe: string) {
    return { pipe, handler: await answeringNode(this.db) };
  }

  @Get('mapped-globally')
  @WithEngine('slave1')
  async mappedGlobally() {
    return new MappedGlobally(await answeringNode(this.db));
  }

  @Get('serialized')
  @WithEngine('slave1')
  @UseInterceptors(AwaitingInterceptor, ClassSerializerInterceptor)
  serialized() {
    return new LazyPost(() => answeringNode(this.db));
  }

  @Get('observable')
  @WithEngine('slave1')
  observable() {
    return defer(() => answeringNode(this.knex)).pipe(
      mergeMap(async (first) => [first, await answeringNode(this.knex)]),
    );
  }

  @Get('stream')
  @WithEngine('slave1')
  stream() {
    return new StreamableFile(Readable.from(this.nodes()));
  }

  @Sse('events')
  @WithEngine('slave1')
  events(): Observable<MessageEvent> {
    return from(this.nodes()).pipe(map((data) => ({ data })));
  }

  private async *nodes() {
    for (let i = 0; i < 3; i++) yield `${await answeringNode(this.knex)} `;
  }
}

@Controller('mapped')
@WithEngine('slave1')
@UseInterceptors(MappingInterceptor)
class MappedController {
  constructor(private readonly db: BalancedSession) {}

  @Get()
  async mapped() {
    return { handler: await answeringNode(this.db) };
  }
}

interface Request {
  readonly query: object;
  readonly originalUrl: string;
}

/** What the handler got, and who answered it. */
async function received(db: Knex, { query, originalUrl }: Request, seen: unknown) {
  return { node: await answeringNode(db), seen, query, originalUrl };
}

@Controller('params')
class ParamsController {
  constructor(private readonly db: BalancedSession) {}

  @Get('list')
  @WithEngine(null, ['m', 'n'])
  list(@Req() request: Request, @Query() seen: object) {
    return received(this.db, request, seen);
  }

  @Get('kept')
  @WithEngine(null, { m: false, n: true })
  kept(@Req() request: Request, @Query() seen: object) {
    return received(this.db, request, seen);
  }

  @Get('forced')
  @WithEngine('slave1', ['m'])
  forced(@Req() request: Request, @Query() seen: object) {
    return received(this.db, request, seen);
  }

  @Post('body')
  @HttpCode(200)
  @WithEngine(null, ['m', 'n'])
  body(@Req() request: Request, @Body() seen: unknown) {
    return received(this.db, request, seen);
  }

  @Get('validated')
  @WithEngine(null, ['m'])
  @UsePipes(STRICT)
  validated(@Req() request: Request, @Query() seen: Filter) {
    return received(this.db, request, seen);
  }

  @Post('validated')
  @HttpCode(200)
  @WithEngine(null, ['m'])
  @UsePipes(STRICT)
  validatedBody(@Req() request: Request, @Body() seen: Filter) {
    return received(this.db, request, seen);
  }

  @Get('inherited')
  @WithEngine(null, ['__proto__', 'constructor', 'hasOwnProperty', 'toString'])
  inherited(@Req() request: Request, @Query() seen: object) {
    return received(this.db, request, Object.entries(seen));
  }
}

@Controller('classes')
@WithEngine('slave1', ['c'])
class ClassController {
  constructor(private readonly db: BalancedSession) {}

  @Get()
  async plain() {
    return { node: await answeringNode(this.db) };
  }

  @Get('params-only')
  @WithEngine(null, ['m'])
  async paramsOnly(@Query() seen: object) {
    return { node: await answeringNode(this.db), seen };
  }

  @Get('own')
  @WithEngine('master')
  async own() {
    return { node: await answeringNode(this.db) };
  }
}

@Controller('extended-classes')
class ExtendedController extends ClassController {}

class Failed extends Error {}

/** Its methods stay with the class, whatever decorates them. */
@Injectable()
class PostsService {
  readonly name = 'posts';

  constructor(@InjectKnex() private readonly knex: RoutedKnex) {}

  read(): Promise<string> {
    return answeringNode(this.knex);
  }

  @UsingEngine('master')
  async onMaster(): Promise<string> {
    return this.read();
  }

  @UsingEngine('slave1')
  async onSlave1(...args: string[]): Promise<unknown> {
    return { name: this.name, args, node: await this.read() };
  }

  @UsingEngine('slave')
  async onAnySlave(): Promise<string> {
    return this.read();
  }

  @UsingEngine(null)
  async unforced(): Promise<string> {
    return this.read();
  }

  @UsingEngine('slave1')
  promised(): Promise<string> {
    return this.read();
  }

  @UsingEngine('slave1')
  builder(): PromiseLike<unknown> {
    return this.knex('node').first();
  }

  @UsingEngine('slave1')
  plain(): string {
    return this.knex.explain(this.knex('node')).engine;
  }

  @UsingEngine('slave1')
  observed(): Observable<string> {
    return concat(
      defer(() => this.read()),
      defer(() => this.onMaster()),
      defer(() => this.read()),
    );
  }

  @UsingEngine('slave1')
  async nested(): Promise<string[]> {
    const parallel = await Promise.all([this.onMaster(), this.read(), this.unforced()]);
    return [await this.read(), await this.onMaster(), ...parallel, await this.read()];
  }

  @UsingEngine('slave1')
  throwing(): never {
    throw new Failed('thrown');
  }

  @UsingEngine('slave1')
  async rejecting(): Promise<never> {
    await this.read();
    throw new Failed('rejected');
  }

  @UsingEngine('slave1')
  erring(): Observable<never> {
    return throwError(() => new Failed('emitted'));
  }
}

@Controller('services')
class ServicesController {
  constructor(
    @Inject(PostsService) private readonly posts: PostsService,
    @InjectKnex() private readonly knex: RoutedKnex,
  ) {}

  @Get('one-by-one')
  async oneByOne() {
    const { posts } = this;
    const answers = [
      await posts.onMaster(),
      await posts.promised(),
      await posts.onAnySlave(),
      await posts.unforced(),
      posts.plain(),
    ];
    return [...answers, await posts.read()];
  }

  @Get('this-and-arguments')
  thisAndArguments() {
    return this.posts.onSlave1('a', 'b');
  }

  @Get('builder')
  async builder() {
    return await this.posts.builder();
  }

  @Get('nested')
  nested() {
    return this.posts.nested();
  }

  @Get('observed')
  observed() {
    const seen: string[] = [];
    return this.posts.observed().pipe(
      map((node) => {
        seen.push(node);
        return seen;
      }),
    );
  }

  @Get('errors')
  async errors() {
    const { posts } = this;
    const thrown = await attempt(() => posts.throwing());
    const rejected = await attempt(() => posts.rejecting());
    const emitted = await attempt(
      () => new Promise((_, reject) => posts.erring().subscribe({ error: reject })),
    );
    return [thrown, rejected, emitted, await posts.read()];
  }

  @Get('within')
  @WithEngine('slave1')
  async within() {
    const { posts } = this;
    return [await posts.read(), await posts.onMaster(), await posts.unforced(), await posts.read()];
  }

  @UsingEngine('slave1')
  @Get('outside-get')
  async outsideGet(@Query('q') q: string) {
    return { q, node: await answeringNode(this.knex) };
  }

  @Get('inside-get')
  @UsingEngine('slave1')
  async insideGet(@Query('q') q: string) {
    return { q, node: await answeringNode(this.knex) };
  }

  @WithEngine(null, ['m'])
  @UsingEngine('slave1')
  @WithEngine('master')
  @Get('all')
  async all(@Query() query: object) {
    return { query, node: await answeringNode(this.knex) };
  }
}

async function attempt(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'nothing was thrown';
  } catch (error) {
    return error instanceof Failed ? error.message : String(error);
  }
}

@Module({
  controllers: [
    MethodsController,
    MappedController,
    ParamsController,
    ClassController,
    ExtendedController,
    ServicesController,
  ],
  providers: [PostsService, { provide: APP_INTERCEPTOR, useClass: GlobalMappingInterceptor }],
})
class BoardModule {}

let replication: ReplicatedPostgres;

beforeAll(async () => {
  replication = await startReplicatedNodes();
});

afterAll(() => replication.stop());

describe.each(HTTP_ADAPTERS)('on %s', (_name, createAdapter) => {
  let running: RunningApp;

  beforeAll(async () => {
    running = await startApp(createAdapter, {
      // else a POST reads on the master anyway
      imports: [
        DatabaseRoutingModule.forRoot(enginesOf(replication, { pin: { unsafeMethods: false } })),
        BoardModule,
      ],
    });
  });

  afterAll(() => running.close());

  describe('@WithEngine', () => {
    it.each([
      ['methods/master', 'master'],
      ['methods/slave1', 'slave1'],
      ['methods/builder', 'slave1', 'name'],
      ['classes', 'slave1'],
      ['extended-classes', 'slave1'],
      ['classes/own', 'master'],
    ])('forces %s to %s', async (path, engine, key = 'node') => {
      expect(await running.get(`/${path}`)).toMatchObject({
        body: { [key]: engine },
        engines: `${engine};reason=handler`,
      });
    });

    it('forces one handler and leaves its neighbour free', async () => {
      expect(await running.get('/methods/free')).toMatchObject({
        body: { node: 'slave2' },
        engines: 'slave2;reason=balanced',
      });
    });

    it("takes 'slave' for any slave, also after a write", async () => {
      expect(await running.get('/methods/any-slave')).toMatchObject({
        body: { before: 'slave2', after: 'slave2' },
        engines: 'slave2;reason=handler, master;reason=write',
      });
    });

    it('never sends a write to the slave that it names', async () => {
      expect(await running.get('/methods/writes')).toMatchObject({
        body: { node: 'slave1' },
        engines: 'master;reason=write, slave1;reason=handler',
      });
    });

    it('forces nothing when the decorated method is called directly', async () => {
      expect(await running.get('/methods/direct')).toMatchObject({
        body: { called: 'slave2', after: 'slave2' },
        engines: 'slave2;reason=balanced',
      });
    });

    it('is lifted by usingEngine(null, work)', async () => {
      expect(await running.get('/methods/lifted')).toMatchObject({
        body: { node: 'slave2' },
        engines: 'slave2;reason=balanced',
      });
    });

    it("keeps the class's engine where the method gives only params", async () => {
      expect(await running.get('/classes/params-only')).toMatchObject({
        body: { node: 'slave1' },
        engines: 'slave1;reason=handler',
      });
    });

    it("takes the class's params and the method's together", async () => {
      for (const params of ['c=1', 'm=1', 'c=1&m=1']) {
        expect(await running.get(`/classes/params-only?${params}&page=2`)).toMatchObject({
          body: { node: 'master', seen: { page: '2' } },
          engines: 'master;reason=master-param',
        });
      }
    });

    it("lets the class's params win over the method's engine", async () => {
      expect(await running.get('/classes/own?c')).toMatchObject({ engines: 'master;reason=master-param' });
    });
  });

  describe('the force of @WithEngine covers', () => {
    it('pipes', async () => {
      expect(await running.get('/methods/piped?anything=1')).toMatchObject({
        body: { pipe: 'slave1', handler: 'slave1' },
        engines: 'slave1;reason=handler',
      });
    });

    it("what the controller's interceptor maps", async () => {
      expect(await running.get('/mapped')).toMatchObject({
        body: { handler: 'slave1', mapped: 'slave1' },
        engines: 'slave1;reason=handler',
      });
    });

    it("what the app's global interceptor maps", async () => {
      expect(await running.get('/methods/mapped-globally')).toMatchObject({
        body: { handler: 'slave1', globally: 'slave1' },
        engines: 'slave1;reason=handler',
      });
    });

    it('serialization', async () => {
      expect(await running.get('/methods/serialized')).toMatchObject({
        body: { node: 'slave1' },
        engines: 'slave1;reason=handler',
      });
    });

    it('Observables', async () => {
      expect(await running.get('/methods/observable')).toMatchObject({
        body: ['slave1', 'slave1'],
        engines: 'slave1;reason=handler',
      });
    });

    it('a stream that reads while it is sent', async () => {
      expect(await running.get('/methods/stream')).toMatchObject({ body: 'slave1 slave1 slave1 ' });
    });

    it('server-sent events', async () => {
      const { body } = await running.get('/methods/events');
      expect(String(body).match(/data: (\w+)/g)).toEqual(Array(3).fill('data: slave1'));
    });
  });

  describe('a master param', () => {
    it.each(['m', 'm=', 'm=0', 'm=1', 'm=no', 'm=1&m=2', 'm=1&n=2', 'n='])(
      'forces the master whatever its value, and is stripped: ?%s',
      async (params) => {
        expect(await running.get(`/params/list?${params}&page=2`)).toMatchObject({
          body: {
            node: 'master',
            seen: { page: '2' },
            query: { page: '2' },
            originalUrl: `/params/list?${params}&page=2`,
          },
          engines: 'master;reason=master-param',
        });
        const { body } = await running.get(`/params/list?${params}`);
        expect(body).toMatchObject({ seen: {}, query: {} });
        expect(Object.keys((body as { seen: object }).seen)).toEqual([]);
      },
    );

    it('stays in originalUrl where it is stripped', async () => {
      for (const url of ['/params/list?m=1', '/params/validated?m=1&title=a'])
        expect((await running.get(url)).body).toMatchObject({ node: 'master', originalUrl: url });
    });

    it('that is missing forces nothing', async () => {
      expect(await running.get('/params/list?page=2&mm=1&M=1')).toMatchObject({
        body: { node: 'slave2', seen: { page: '2', mm: '1', M: '1' } },
        engines: 'slave2;reason=balanced',
      });
    });

    it('that is none of the handler forces nothing and is kept', async () => {
      expect(await running.get('/params/kept?x=1')).toMatchObject({
        body: { node: 'slave2', seen: { x: '1' } },
      });
    });

    it('is kept when it is listed as false, and others are stripped', async () => {
      expect(await running.get('/params/kept?m=1&n=1')).toMatchObject({
        body: { node: 'master', query: { m: '1' } },
        engines: 'master;reason=master-param',
      });
      expect((await running.get('/params/kept?m=1&n=1')).body).toHaveProperty('seen', { m: '1' });
    });

    it("wins over the handler's engine, which stands without it", async () => {
      expect(await running.get('/params/forced?m=1')).toMatchObject({
        body: { node: 'master' },
        engines: 'master;reason=master-param',
      });
      expect(await running.get('/params/forced')).toMatchObject({
        body: { node: 'slave1' },
        engines: 'slave1;reason=handler',
      });
    });

    it('counts in the body too, and is stripped there', async () => {
      expect(await running.post('/params/body?n=1', { m: 0, title: 'a' })).toMatchObject({
        body: { node: 'master', query: {} },
        engines: 'master;reason=master-param',
      });
      const { body } = await running.post('/params/body', { m: null, n: [], title: 'a' });
      expect(body).toHaveProperty('seen', { title: 'a' });
    });

    it('is not looked for in a body that is no object', async () => {
      expect(await running.post('/params/body', ['m'])).toMatchObject({
        body: { node: 'slave2', seen: ['m'] },
        engines: 'slave2;reason=balanced',
      });
    });

    it('is gone before a ValidationPipe that forbids what the DTO does not list', async () => {
      expect(await running.get('/params/validated?m=1&title=a')).toMatchObject({
        status: 200,
        body: { node: 'master', seen: { title: 'a' } },
      });
      expect(await running.post('/params/validated', { m: 1, title: 'a' })).toMatchObject({
        status: 200,
        body: { node: 'master', seen: { title: 'a' } },
      });
      expect(await running.get('/params/validated?title=a&other=1')).toMatchObject({ status: 400 });
    });

    it('named like something that every object inherits is only found when it is sent', async () => {
      expect(await running.get('/params/inherited?page=2')).toMatchObject({
        body: { node: 'slave2', seen: [['page', '2']] },
      });
      expect(await running.get('/params/inherited?hasOwnProperty=1&page=2')).toMatchObject({
        body: { node: 'master', seen: [['page', '2']] },
      });
      expect(await running.get('/params/inherited?constructor=1&page=2')).toMatchObject({
        body: { node: 'master', seen: [['page', '2']] },
      });
    });
  });

  describe('@UsingEngine', () => {
    it('forces the methods of a provider, and nothing after them', async () => {
      expect((await running.get('/services/one-by-one')).body).toEqual([
        'master',
        'slave1',
        'slave2',
        'slave2',
        'slave1',
        'slave2',
      ]);
    });

    it('passes this, arguments and the result through', async () => {
      expect((await running.get('/services/this-and-arguments')).body).toEqual({
        name: 'posts',
        args: ['a', 'b'],
        node: 'slave1',
      });
    });

    it('covers a query that the method returns without awaiting it', async () => {
      expect(await running.get('/services/builder')).toMatchObject({
        body: { name: 'slave1' },
        engines: 'slave1;reason=scope',
      });
    });

    it('restores what was in force when calls nest, one after the other and in parallel', async () => {
      expect((await running.get('/services/nested')).body).toEqual([
        'slave1',
        'master',
        'master',
        'slave1',
        'slave2',
        'slave1',
      ]);
    });

    it('covers an Observable when it is subscribed to', async () => {
      expect((await running.get('/services/observed')).body).toEqual(['slave1', 'master', 'slave1']);
    });

    it('passes on what is thrown, rejected and emitted, and restores after it', async () => {
      const { body, engines } = await running.get('/services/errors');
      expect(body).toEqual(['thrown', 'rejected', 'emitted', 'slave1']); // where the request has read before
      expect(engines).toBe('slave1;reason=scope, slave1;reason=bookmark');
    });

    it('goes before @WithEngine, and null lifts it', async () => {
      expect(await running.get('/services/within')).toMatchObject({
        body: ['slave1', 'master', 'slave2', 'slave1'],
        engines: 'slave1;reason=handler, master;reason=scope, slave2;reason=bookmark',
      });
    });

    it.each(['outside-get', 'inside-get'])('stands with @Get() in either order: %s', async (path) => {
      expect(await running.get(`/services/${path}?q=1`)).toMatchObject({
        body: { q: '1', node: 'slave1' },
        engines: 'slave1;reason=scope',
      });
    });

    it('stands with @WithEngine, whose params are still stripped', async () => {
      expect(await running.get('/services/all?m=1')).toMatchObject({
        body: { query: {}, node: 'slave1' },
        engines: 'slave1;reason=scope',
      });
    });
  });
});
