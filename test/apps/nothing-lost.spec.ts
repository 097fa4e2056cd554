import {
  Controller,
  Get,
  Header,
  type INestApplication,
  Inject,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  Post,
  Query,
  Res,
  Sse,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import knexPackage, { type Knex } from 'knex';
import type { ServerResponse } from 'node:http';
import { type Observable, concat, defer, of } from 'rxjs';
import {
  type BookmarkOptions,
  DatabaseRouting,
  DatabaseRoutingModule,
  type DatabaseRoutingOptions,
  InjectKnex,
  type RoutedKnex,
} from '../../src/index.js';
import type { PostgresSlave, ReplicatedPostgres } from '../../src/testing/index.js';
import { eventually } from '../integration/testing/eventually.js';
import { Person } from './person.js';
import { answeringNode, enginesOf, startReplicatedNodes } from './replicated-nodes.js';
import { type Answer, HTTP_ADAPTERS, RunningApp, startApp } from './running-app.js';

/** Where a handler waits until the test lets it go on. */
const gates = new Map<string, { reached: () => void; open: Promise<void> }>();

function gate(name: string): { reached: Promise<void>; open: () => void } {
  let open = () => undefined as void;
  let reach = () => undefined as void;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  gates.set(name, { reached: reach, open: new Promise<void>((resolve) => (open = resolve)) });
  return { reached, open };
}

async function passing(name: string | undefined): Promise<void> {
  const at = name === undefined ? undefined : gates.get(name);
  at?.reached();
  await at?.open;
}

const titles = (db: Knex): Promise<string[]> => db('posts').orderBy('id').pluck('title');
const write = (db: Knex, title: string) => db('posts').insert({ title });

type AnyResponse = ServerResponse & { raw?: ServerResponse; hijack?: () => void; send(body: string): void };

@Controller('posts')
class PostsController {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  @Get()
  async list(@Query('gate') name?: string) {
    await passing(name);
    return { titles: await titles(this.db), node: await answeringNode(this.db) };
  }

  /** Sends its response itself: what it has written is in no position. */
  @Post('by-hand')
  async byHand(@Res() response: AnyResponse, @Query('title') title: string, @Query('gate') name?: string) {
    await passing(name);
    await write(this.db, title);
    response.send('done');
  }
}

/** Answers for others: for pages of another origin, or for shared caches. */
@Controller('shared')
class SharedController {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  @Get('cached')
  @Header('Cache-Control', 'public, max-age=60')
  cached() {
    return titles(this.db);
  }

  @Get('written')
  @Header('Cache-Control', 'max-age=60')
  async written() {
    await write(this.db, 'A');
  }

  @Get('private')
  @Header('Cache-Control', 'private, max-age=60')
  ofOne() {
    return titles(this.db);
  }
}

/** Ways in which a request writes that its handler, or its response, does not wait for. By GET: nothing is declared. */
@Controller('ways')
class WaysController {
  constructor(
    @InjectKnex() private readonly db: RoutedKnex,
    @Inject(DatabaseRouting) private readonly routing: DatabaseRouting,
  ) {}

  @Get('in-a-run')
  async inRun() {
    await this.routing.run(async () => write(this.db, 'A'));
    return { titles: await titles(this.db) };
  }

  @Get('before-a-run')
  async beforeRun() {
    await write(this.db, 'A');
    return { titles: await this.routing.run(() => titles(this.db)) };
  }

  @Get('unawaited')
  unawaited() {
    void write(this.db, 'A').then(() => undefined);
  }

  @Get('unawaited-in-a-run')
  unawaitedInRun() {
    this.routing.run(() => void write(this.db, 'A').then(() => undefined));
  }

  @Get('in-a-transaction-that-stays-open')
  async openTransaction() {
    const trx = await this.db.transaction();
    void write(trx, 'A').then(() => trx.commit());
  }

  @Get('after-its-head')
  async afterHead(@Res() response: AnyResponse) {
    response.hijack?.();
    const raw = response.raw ?? response;
    raw.write(' ');
    await passing('head');
    raw.end(JSON.stringify({ titles: await titles(this.db) }));
  }

  @Sse('events')
  events(): Observable<{ data: object }> {
    const event = async () => {
      await passing('event');
      return { data: { titles: await titles(this.db) } };
    };
    return concat(of({ data: {} }), defer(event));
  }

  @Get('in-middleware')
  inMiddleware() {}
}

@Module({ controllers: [PostsController, SharedController, WaysController] })
class BoardModule implements NestModule {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  configure(consumer: MiddlewareConsumer): void {
    const writes = (_request: unknown, _response: unknown, next: () => void) =>
      void write(this.db, 'A').then(() => next(), next);
    consumer.apply(writes).forRoutes('ways/in-middleware');
  }
}

let replication: ReplicatedPostgres;
let slave1: PostgresSlave;
let slave2: PostgresSlave;

beforeAll(async () => {
  replication = await startReplicatedNodes();
  [slave1, slave2] = [replication.slave('slave1'), replication.slave('slave2')];
});

afterAll(() => replication.stop());

const pauseBoth = () => Promise.all([slave1.pause(), slave2.pause()]);
const writtenElsewhere = (title: string) =>
  replication.master.query('INSERT INTO posts (title) VALUES ($1)', [title]);
const titlesIn = ({ body }: Answer) => (body as { titles: string[] }).titles;
const nodeOf = ({ body }: Answer) => (body as { node: string }).node;

beforeEach(async () => {
  await replication.master.query('DELETE FROM posts');
  await replication.caughtUp();
});

afterEach(async () => {
  gates.clear();
  await Promise.all([slave1.resume(), slave2.resume()]);
  await replication.caughtUp();
});

describe.each(HTTP_ADAPTERS)('an app on %s', (_name, createAdapter) => {
  let app: RunningApp;
  let person: Person;
  let preferred: string;
  const bookmark: BookmarkOptions = { waitMs: 20, secret: 'the same secret in all processes' };
  const balancer: DatabaseRoutingOptions['balancer'] = {
    choose: (slaves) => slaves.find(({ name }) => name === preferred) ?? slaves[0]!,
  };

  beforeAll(async () => {
    app = await startApp(createAdapter, {
      imports: [DatabaseRoutingModule.forRoot(enginesOf(replication, { bookmark, balancer })), BoardModule],
    });
    await app.app.get(DatabaseRouting).ready();
  });

  afterAll(() => app.close());

  beforeEach(() => {
    preferred = 'slave2';
    person = new Person(app);
  });

  describe('with parallel requests', () => {
    it('shows what a response had to say that says no more than the bookmark it came with', async () => {
      await person.post('/posts/by-hand?title=A');
      await replication.caughtUp();
      const { reached, open } = gate('beside');
      const writing = person.post('/posts/by-hand?title=B&gate=beside');
      await reached;
      await person.get('/posts'); // settles, and replaces the bookmark
      await pauseBoth();
      open();
      await writing;
      expect(titlesIn(await person.get('/posts'))).toEqual(['A', 'B']);
    });

    it('shows what a slow one has seen on a slave that quick ones have left, and twice replaced', async () => {
      await person.get('/posts');
      const { reached, open } = gate('slow');
      const slow = person.get('/posts?gate=slow');
      await reached;
      await slave2.pause();
      await person.post('/posts/by-hand?title=A');
      preferred = 'slave1';
      await replication.caughtUp([slave1]);
      await person.get('/posts');
      expect(nodeOf(await person.get('/posts'))).toBe('slave1');
      await slave1.pause();
      await writtenElsewhere('B');
      await slave2.resume();
      await replication.caughtUp([slave2]);
      open();
      expect(await slow).toMatchObject({ body: { titles: ['A', 'B'], node: 'slave2' } });
      expect(titlesIn(await person.get('/posts'))).toEqual(['A', 'B']);
    });
  });

  describe('shows a person what their request wrote', () => {
    it.each(['in-a-run', 'before-a-run'])('%s, in the same request and in the next', async (way) => {
      await pauseBoth();
      expect(titlesIn(await person.get(`/ways/${way}`))).toEqual(['A']);
      expect(titlesIn(await person.get('/posts'))).toEqual(['A']);
    });

    const later = ['unawaited', 'unawaited-in-a-run', 'in-a-transaction-that-stays-open'];

    it.each(later)('%s, once it is there, however often they have asked before', async (way) => {
      const other = knexPackage({ client: 'pg', connection: replication.master.connection });
      try {
        const lock = await other.transaction();
        await lock.raw('LOCK TABLE posts IN SHARE MODE');
        await person.get(`/ways/${way}`);
        expect(titlesIn(await person.get('/posts'))).toEqual([]);
        await replication.caughtUp();
        await person.get('/posts');
        await pauseBoth();
        await lock.rollback();
        await eventually(async () =>
          expect(await replication.master.query('SELECT FROM posts')).toHaveLength(1),
        );
        expect(titlesIn(await person.get('/posts'))).toEqual(['A']);
      } finally {
        await other.destroy();
      }
    });

    it('in middleware that main.ts adds, and in middleware of modules', async () => {
      const routing = DatabaseRoutingModule.forRoot(enginesOf(replication, { bookmark }));
      class AppModule {}
      Module({ imports: [routing, BoardModule] })(AppModule);
      const main = await NestFactory.create(AppModule, createAdapter(), { logger: false });
      const db = main.get(DatabaseRouting).knex;
      main.use((request: { url?: string }, _response: unknown, next: () => void) =>
        request.url === '/posts/none' ? void write(db, 'B').then(() => next(), next) : next(),
      );
      await main.listen(0, '127.0.0.1');
      const running = new RunningApp(main, await main.getUrl());
      try {
        await main.get(DatabaseRouting).ready();
        await pauseBoth();
        person = new Person(running);
        await person.get('/ways/in-middleware');
        expect(titlesIn(await person.get('/posts'))).toEqual(['A']);
        person = new Person(running);
        await person.get('/posts/none');
        expect(titlesIn(await person.get('/posts'))).toEqual(['A', 'B']);
      } finally {
        await running.close();
      }
    });
  });

  it('shows a person what they have read in a response whose head was sent first', async () => {
    const { reached, open } = gate('head');
    const reading = person.get('/ways/after-its-head');
    await reached;
    await slave1.pause();
    await writtenElsewhere('A');
    await replication.caughtUp([slave2]);
    open();
    expect(titlesIn(await reading)).toEqual(['A']);
    preferred = 'slave1';
    for (let times = 0; times < 3; times++) expect(titlesIn(await person.get('/posts'))).toEqual(['A']);
  });

  it('shows a person what an event has shown, however often they have asked since the stream was opened', async () => {
    const { reached, open } = gate('event');
    const stream = await fetch(`${app.url}/ways/events`);
    for (const line of stream.headers.getSetCookie()) await person.jar.setCookie(line, app.url);
    await reached;
    preferred = 'slave1';
    for (let times = 0; times < 2; times++) await person.get('/posts');
    await slave1.pause();
    await writtenElsewhere('A');
    await replication.caughtUp([slave2]);
    preferred = 'slave2';
    open();
    expect(await stream.text()).toContain('data: {"titles":["A"]}');
    for (let times = 0; times < 3; times++) expect(titlesIn(await person.get('/posts'))).toEqual(['A']);
  });

  it('lets shared caches store what was only read, and tells a writer all the same', async () => {
    const told = async (path: string) => {
      const { headers } = await new Person(app).get(path);
      return [headers.getSetCookie().length, headers.get('database-bookmark') !== null];
    };
    expect(await told('/shared/cached')).toEqual([0, false]);
    expect(await told('/shared/written')).toEqual([1, true]);
    expect(await told('/shared/private')).toEqual([1, true]);
  });

  it('exposes the header to pages of other origins, beside what the app exposes', async () => {
    const imports = [DatabaseRoutingModule.forRoot(enginesOf(replication, { bookmark })), BoardModule];
    const prepare = (main: INestApplication) => main.enableCors({ origin: true, exposedHeaders: 'X-Own' });
    const other = await startApp(createAdapter, { imports, prepare });
    try {
      const { headers } = await other.get('/posts', { headers: { origin: 'http://other.example' } });
      expect(headers.get('access-control-expose-headers')).toBe('X-Own, Database-Bookmark');
    } finally {
      await other.close();
    }
  });
});
