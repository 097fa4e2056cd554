import {
  type ArgumentsHost,
  Body,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  Inject,
  Injectable,
  type LoggerService,
  Module,
  Post,
  Redirect,
  Res,
  Sse,
  StreamableFile,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import knex, { type Knex } from 'knex';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { type Observable, defer, from, map } from 'rxjs';
import {
  type BookmarkOptions,
  Consistency,
  DatabaseRouting,
  DatabaseRoutingModule,
  type DatabaseRoutingOptions,
  InjectKnex,
  type RoutedKnex,
  bounded,
} from '../../src/index.js';
import type { PostgresSlave, ReplicatedPostgres } from '../../src/testing/index.js';
import { eventually } from '../integration/testing/eventually.js';
import { Person } from './person.js';
import { answeringNode, enginesOf, startReplicatedNodes } from './replicated-nodes.js';
import { HTTP_ADAPTERS, type RunningApp, startApp } from './running-app.js';

const SECRET = 'the same secret in all processes';
const NO_FAULTS = { malformed: 0, forged: 0, expired: 0, future: 0, foreign: 0 };

/** Where a handler waits until the test lets it go on. */
const gates = new Map<string, { reached: () => void; open: Promise<void> }>();

function gate(name: string): { reached: Promise<void>; open: () => void } {
  let open = () => undefined as void;
  let reach = () => undefined as void;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  gates.set(name, { reached: reach, open: new Promise<void>((resolve) => (open = resolve)) });
  return { reached, open };
}

const titles = (db: Knex): Promise<string[]> => db('posts').orderBy('id').pluck('title');
const write = (db: Knex, title: string) => db('posts').insert({ title });

@Injectable()
class ReadingGuard implements CanActivate {
  constructor(@InjectKnex() private readonly db: Knex) {}

  async canActivate(): Promise<boolean> {
    await titles(this.db);
    return true;
  }
}

@Injectable()
class WritingGuard implements CanActivate {
  constructor(@InjectKnex() private readonly db: Knex) {}

  async canActivate(): Promise<boolean> {
    await this.db.transaction((trx) => write(trx, 'A'));
    return true;
  }
}

@Injectable()
class RefusingGuard implements CanActivate {
  constructor(@InjectKnex() private readonly db: Knex) {}

  async canActivate(): Promise<boolean> {
    await write(this.db, 'A');
    return false;
  }
}

/** Keeps a record of what went wrong, in the database. */
@Catch(HttpException)
class RecordingFilter implements ExceptionFilter<HttpException> {
  constructor(
    @InjectKnex() private readonly db: Knex,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  async catch(exception: HttpException, host: ArgumentsHost): Promise<void> {
    await write(this.db, 'A');
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), {}, exception.getStatus());
  }
}

type AnyResponse = ServerResponse & {
  raw?: ServerResponse;
  hijack?: () => void;
  send(body: string): void;
  header(name: string, value: string): void;
};

@Controller('posts')
class PostsController {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  @Get()
  async list() {
    return { titles: await titles(this.db), node: await answeringNode(this.db) };
  }

  @Post()
  async add(@Body() { title }: { title: string }) {
    await write(this.db, title);
  }

  @Get('nothing')
  nothing() {}

  @Get('guarded')
  @UseGuards(ReadingGuard)
  guarded() {
    return this.list();
  }

  @Get('eventual')
  @Consistency('eventual')
  eventual() {
    return this.list();
  }

  @Post('after-reading')
  async addAfterReading(@Body() { title }: { title: string }) {
    await titles(this.db);
    await this.db.transaction((trx) => write(trx, title));
  }

  /** Writes, and answers when the test says so. */
  @Post('slowly')
  async slowly(@Body() { title }: { title: string }) {
    await this.db.transaction((trx) => write(trx, title));
    const at = gates.get(title)!;
    at.reached();
    await at.open;
  }
}

@Controller('strong')
@Consistency('strong')
class StrongController {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  @Get()
  async list() {
    return { titles: await titles(this.db), node: await answeringNode(this.db) };
  }

  @Get('not')
  @Consistency(bounded(60_000))
  notStrong() {
    return this.list();
  }
}

/** Ways in which a request writes, or reads from the master, and ends. */
@Controller('ways')
class WaysController {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  @Post('plain')
  async plain() {
    await write(this.db, 'A');
  }

  @Post('in-a-transaction')
  async transaction() {
    await this.db.transaction((trx) => write(trx, 'A'));
  }

  @Post('throwing')
  async throws() {
    await write(this.db, 'A');
    throw new HttpException('teapot', 418);
  }

  @Post('failing')
  async fails() {
    await write(this.db, 'A');
    throw new Error('not foreseen');
  }

  @Post('redirecting')
  @Redirect('/posts', 303)
  async redirects() {
    await write(this.db, 'A');
  }

  @Post('by-hand')
  async byHand(@Res() response: AnyResponse) {
    await write(this.db, 'A');
    response.send('done');
  }

  @Post('past-the-framework')
  async raw(@Res() response: AnyResponse) {
    response.hijack?.();
    await write(this.db, 'A');
    (response.raw ?? response).writeHead(200, { 'set-cookie': 'own=1; Path=/' }).end('done');
  }

  @Post('with-a-cookie-of-its-own')
  async ownCookie(@Res({ passthrough: true }) response: AnyResponse) {
    await write(this.db, 'A');
    response.header('set-cookie', 'own=1; Path=/');
  }

  @Post('streaming-what-it-wrote')
  async writesAndStreams() {
    await write(this.db, 'A');
    return new StreamableFile(Readable.from(['done']));
  }

  @Post('writing-while-it-streams')
  streams() {
    return new StreamableFile(Readable.from(this.writtenLater()));
  }

  @Post('streaming-rows')
  async rows() {
    await write(this.db, 'A');
    const rows = this.db('posts').usingEngine('master').stream();
    return new StreamableFile(Readable.from(titlesOf(rows)));
  }

  @Sse('events')
  events(): Observable<{ data: string }> {
    return from(this.writtenLater()).pipe(map((data) => ({ data })));
  }

  @Post('observable')
  observable(): Observable<string> {
    return defer(async () => {
      await write(this.db, 'A');
      return 'done';
    });
  }

  @Post('in-a-guard')
  @UseGuards(WritingGuard)
  inGuard() {}

  @Post('in-a-guard-that-refuses')
  @UseGuards(RefusingGuard)
  inRefusingGuard() {}

  @Post('in-a-filter')
  @UseFilters(RecordingFilter)
  inFilter() {
    throw new HttpException('teapot', 418);
  }

  private async *writtenLater(): AsyncGenerator<string> {
    yield 'first';
    await write(this.db, 'A');
    yield 'done';
  }
}

async function* titlesOf(rows: AsyncIterable<{ title: string }>): AsyncGenerator<string> {
  for await (const { title } of rows) yield title;
}

const WAYS = Object.entries({
  plain: 201,
  'in-a-transaction': 201,
  throwing: 418,
  failing: 500,
  redirecting: 303,
  'by-hand': 201,
  'past-the-framework': 200,
  'with-a-cookie-of-its-own': 201,
  'streaming-what-it-wrote': 201,
  'writing-while-it-streams': 201,
  'streaming-rows': 201,
  observable: 201,
  'in-a-guard': 201,
  'in-a-guard-that-refuses': 403,
  'in-a-filter': 418,
});

@Module({ controllers: [PostsController, StrongController, WaysController] })
class BoardModule {}

/** PostgreSQL, as a database of which nothing is known. */
class OtherDatabase extends (knex({ client: 'pg' }).client.constructor as typeof Knex.Client) {
  static {
    Object.assign(this.prototype, { driverName: 'other' });
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
const resumeBoth = () => Promise.all([slave1.resume(), slave2.resume()]);
const writtenElsewhere = (title: string) =>
  replication.master.query('INSERT INTO posts (title) VALUES ($1)', [title]);

beforeEach(async () => {
  await replication.master.query('DELETE FROM posts');
  await replication.caughtUp();
});

afterEach(async () => {
  gates.clear();
  await resumeBoth();
  await replication.caughtUp();
});

const apps: RunningApp[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

function options(bookmark: BookmarkOptions, more: Partial<DatabaseRoutingOptions> = {}) {
  return enginesOf(replication, { bookmark: { waitMs: 20, secret: SECRET, ...bookmark }, ...more });
}

describe.each(HTTP_ADAPTERS)('an app on %s', (_name, createAdapter) => {
  let app: RunningApp;
  let person: Person;

  beforeAll(async () => {
    app = await startApp(createAdapter, {
      imports: [DatabaseRoutingModule.forRoot(options({})), BoardModule],
    });
  });

  afterAll(() => app.close());

  beforeEach(() => {
    person = new Person(app);
  });

  /** Another process, or the same app with other options; closed after the test. */
  async function another(
    bookmark: BookmarkOptions = {},
    more: Partial<DatabaseRoutingOptions> = {},
    logger?: LoggerService,
  ): Promise<RunningApp> {
    const imports = [DatabaseRoutingModule.forRoot(options(bookmark, more)), BoardModule];
    const one = await startApp(createAdapter, { imports, ...(logger && { logger }) });
    apps.push(one);
    return one;
  }

  describe('shows a person what they wrote', () => {
    it('from the master while no slave has it, and from a slave once one has', async () => {
      await pauseBoth();
      await person.post('/posts', { title: 'A' });
      expect(await person.get('/posts')).toMatchObject({
        body: { titles: ['A'], node: 'master' },
        engines: 'master;reason=bookmark',
      });
      expect((await new Person(app).get('/posts')).body).toMatchObject({ titles: [] }); // without a cookie
      await resumeBoth();
      await eventually(async () => {
        const { body, engines } = await person.get('/posts');
        expect(body).toMatchObject({ titles: ['A'], node: expect.stringMatching(/^slave/) });
        expect(engines).toMatch(/^slave[12];reason=bookmark$/);
      });
    });

    it.each(WAYS)('when they wrote %s', async (way, status) => {
      await pauseBoth();
      expect(await person.post(`/ways/${way}`)).toMatchObject({ status });
      expect((await person.get('/posts')).body).toMatchObject({ titles: ['A'] });
      expect((await person.get('/posts')).body).toMatchObject({ titles: ['A'] });
    });

    it('when they saw it in an event stream', async () => {
      await pauseBoth();
      expect((await person.get('/ways/events')).body).toContain('data: done');
      expect((await person.get('/posts')).body).toMatchObject({ titles: ['A'] });
    });

    it('when they saw it on a slave while the answer to their write was on its way', async () => {
      let preferred = 'slave2';
      const balancer: DatabaseRoutingOptions['balancer'] = {
        choose: (slaves) => slaves.find(({ name }) => name === preferred) ?? slaves[0]!,
      };
      person = new Person(await another({}, { balancer }));
      await person.get('/posts');
      const { reached, open } = gate('A');
      const writing = person.post('/posts/slowly', { title: 'A' });
      await reached;
      await replication.caughtUp();
      await slave1.pause();
      await writtenElsewhere('B');
      await replication.caughtUp([slave2]);
      expect((await person.get('/posts')).body).toEqual({ titles: ['A', 'B'], node: 'slave2' });
      open();
      await writing; // its answer comes last, and knows nothing of B
      preferred = 'slave1';
      expect((await person.get('/posts')).body).toEqual({ titles: ['A', 'B'], node: 'slave2' });
    });

    it('when the answers to two writes come in reverse order', async () => {
      await app.post('/posts', { title: 'first' }); // COMMIT tells positions from here on
      const [first, second] = [gate('A'), gate('B')];
      const writingA = person.post('/posts/slowly', { title: 'A' });
      await first.reached;
      await replication.caughtUp();
      await pauseBoth(); // where they have A, which is all that the last answer knows of
      const writingB = person.post('/posts/slowly', { title: 'B' });
      await second.reached;
      second.open();
      await writingB;
      first.open();
      await writingA;
      for (let times = 0; times < 2; times++)
        expect((await person.get('/posts')).body).toMatchObject({ titles: ['first', 'A', 'B'] });
    });

    it('at another process that knows the secret', async () => {
      const other = await another();
      await pauseBoth();
      await person.post('/posts', { title: 'A' });
      expect((await person.at(other).get('/posts')).body).toMatchObject({ titles: ['A'], node: 'master' });
      await person.at(other).post('/posts', { title: 'B' });
      expect((await person.get('/posts')).body).toMatchObject({ titles: ['A', 'B'], node: 'master' });
      expect(other.app.get(DatabaseRouting).status().faults).toEqual(NO_FAULTS);
    });

    it('at another process that does not know it', async () => {
      const other = await another({ secret: 'another secret of some length' });
      await pauseBoth();
      await person.post('/posts', { title: 'A' });
      expect((await person.at(other).get('/posts')).body).toMatchObject({ titles: ['A'], node: 'master' });
      await resumeBoth();
      await eventually(async () =>
        expect((await person.at(other).get('/posts')).engines).toMatch(/^slave[12];reason=bookmark$/),
      );
    });
  });

  describe('the cookie', () => {
    it('is for this site only, not for scripts, and lives as long as it counts', async () => {
      const { headers } = await person.post('/posts', { title: 'A' });
      expect(headers.getSetCookie()).toEqual([
        expect.stringMatching(
          /^db_seen\.[0-9a-z]{1,4}=[A-Za-z0-9._-]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/,
        ),
      ]);
    });

    it('has the attributes that it is given', async () => {
      const cookie = {
        name: 'mine',
        path: '/posts',
        domain: 'example.org',
        sameSite: 'none',
        secure: true,
      } as const;
      const other = await another({ maxAgeSeconds: 60, cookie: { ...cookie, httpOnly: false } });
      const { headers } = await other.post('/posts', { title: 'A' });
      const [line] = headers.getSetCookie();
      expect(line).toMatch(
        /^mine\.[0-9a-z]+=[^;]+; Max-Age=60; Domain=example\.org; Path=\/posts; Secure; SameSite=None$/,
      );
    });

    it('is not set where nothing was seen, nor again where nothing is new', async () => {
      expect((await person.get('/posts/nothing')).headers.getSetCookie()).toEqual([]);
      await person.get('/posts');
      await person.get('/posts');
      const before = await person.cookies();
      for (const path of ['/posts/nothing', '/posts', '/posts/eventual'])
        expect((await person.get(path)).headers.getSetCookie()).toEqual([]);
      expect(await person.cookies()).toEqual(before);
    });

    it('goes beside the cookies of the app', async () => {
      for (const way of ['with-a-cookie-of-its-own', 'past-the-framework']) await person.post(`/ways/${way}`);
      expect(Object.keys(await person.cookies()).toSorted()).toEqual([
        expect.stringMatching(/^db_seen\./),
        'own',
      ]);
    });

    it('takes the place of those that its request came with', async () => {
      for (const title of ['A', 'B', 'C']) await person.post('/posts', { title });
      expect(Object.keys(await person.cookies())).toHaveLength(1);
    });

    it('is one again, beside a mark, after many answers at the same time, which leave few', async () => {
      await Promise.all(Array.from({ length: 40 }, (_, at) => person.post('/posts', { title: `${at}` })));
      const cookies = Object.entries(await person.cookies());
      expect(cookies).toHaveLength(9);
      expect(cookies.reduce((sum, [name, value]) => sum + name.length + value.length + 3, 0)).toBeLessThan(
        1024,
      );
      await pauseBoth();
      expect((await person.get('/posts')).body).toMatchObject({ titles: { length: 40 } });
      expect(Object.keys(await person.cookies())).toEqual(
        expect.arrayContaining(['db_seen.beyond', expect.stringMatching(/^db_seen\.[0-9a-z]{1,4}$/)]),
      );
      for (let times = 0; times < 3; times++)
        expect((await person.get('/posts')).body).toMatchObject({ titles: { length: 40 } });
      expect(Object.keys(await person.cookies())).toHaveLength(2);
    });

    it('leaves few after many reads at the same time', async () => {
      await Promise.all(Array.from({ length: 100 }, () => person.get('/posts')));
      expect(Object.keys(await person.cookies()).length).toBeLessThanOrEqual(3);
    });

    it('is not sent where it is turned off', async () => {
      const other = await another({ cookie: false });
      const { headers } = await other.post('/posts', { title: 'A' });
      expect(headers.getSetCookie()).toEqual([]);
      expect(headers.get('database-bookmark')).toEqual(expect.any(String));
    });
  });

  describe('the header, for clients without cookies', () => {
    const bookmarkOf = ({ headers }: { headers: Headers }) => headers.get('database-bookmark') ?? '';

    it('carries what was seen', async () => {
      await pauseBoth();
      const bookmark = bookmarkOf(await app.post('/posts', { title: 'A' }));
      const read = await app.get('/posts', { headers: { 'database-bookmark': bookmark } });
      expect(read.body).toMatchObject({ titles: ['A'], node: 'master' });
    });

    it('carries several, in any order', async () => {
      const near = bookmarkOf(await app.post('/posts', { title: 'A' }));
      await replication.caughtUp();
      await pauseBoth();
      const far = bookmarkOf(await app.post('/posts', { title: 'B' }));
      for (const bookmarks of [`${near}, ${far}`, `${far},${near}`]) {
        const { body } = await app.get('/posts', { headers: { 'database-bookmark': bookmarks } });
        expect(body).toMatchObject({ titles: ['A', 'B'] });
      }
    });

    it('goes by another name, or not at all', async () => {
      const named = await another({ header: 'X-Seen' });
      expect((await named.post('/posts', { title: 'A' })).headers.get('x-seen')).toEqual(expect.any(String));
      const none = await another({ header: false });
      expect(bookmarkOf(await none.post('/posts', { title: 'A' }))).toBe('');
    });
  });

  describe('a person with a cookie that says nothing', () => {
    const garbage = (length: number) => 'A'.repeat(length);
    const hostile: [string, (good: string) => string][] = [
      ['garbage', () => 'garbage'],
      ['nothing in it', () => ''],
      ['another signature', (good) => `${good.slice(0, -3)}AAA`],
      ['its end cut off', (good) => good.slice(0, -10)],
      ['as much as a cookie may have', () => garbage(4000)],
      [
        'a signature as long as a cookie may be',
        (good) => `${good.split('.', 2).join('.')}.${garbage(3500)}`,
      ],
      ['the letters of another world', () => encodeURIComponent('☃\u0000"; HttpOnly')],
      ['a half-written letter', () => '%E0%A4%A'],
    ];

    it.each(hostile)('(%s) reads nothing stale, and is not kept on the master', async (_what, make) => {
      await person.post('/posts', { title: 'A' });
      const [[name, good]] = Object.entries(await person.cookies()) as [[string, string]];
      await pauseBoth();
      await writtenElsewhere('B');
      await person.bring(name, make(good));
      const { status, body } = await person.get('/posts');
      expect([status, body]).toEqual([200, { titles: ['A', 'B'], node: 'master' }]);
      await resumeBoth();
      await replication.caughtUp();
      await eventually(async () =>
        expect((await person.get('/posts')).body).toMatchObject({ node: expect.stringMatching(/^slave/) }),
      );
      expect(Object.values(await person.cookies())).toEqual([expect.stringMatching(/^1\./)]);
    });

    it('is counted', async () => {
      const other = await another();
      await person.at(other).bring('db_seen.x', 'garbage');
      await person.at(other).get('/posts');
      expect(other.app.get(DatabaseRouting).status().faults).toEqual({ ...NO_FAULTS, malformed: 1 });
    });

    it('(hundreds of them) gets an answer', async () => {
      const cookie = Array.from({ length: 300 }, (_, at) => `db_seen.${at}=1.AAAA.${garbage(22)}`).join('; ');
      const { status, headers } = await app.get('/posts', { headers: { cookie } });
      expect(status).toBe(200);
      expect(headers.getSetCookie()).toHaveLength(101);
    });

    it('(the same name twice) reads nothing stale', async () => {
      await person.post('/posts', { title: 'A' });
      const [[name, good]] = Object.entries(await person.cookies()) as [[string, string]];
      await pauseBoth();
      await writtenElsewhere('B');
      for (const cookie of [`${name}=${good}; ${name}=x`, `${name}=x; ${name}=${good}`]) {
        const { body } = await app.get('/posts', { headers: { cookie } });
        expect((body as { titles: string[] }).titles).toContain('A');
      }
    });
  });

  describe('what a guard reads on the master', () => {
    it('counts as seen by nobody, so that the handler need not wait', async () => {
      await pauseBoth();
      await writtenElsewhere('A');
      expect(await person.get('/posts/guarded')).toMatchObject({
        body: { titles: [], node: 'slave2' },
        engines: 'master;reason=no-context, slave2;reason=balanced',
      });
      expect((await person.get('/posts')).body).toMatchObject({ titles: [] });
    });

    it('costs no question beside it, also of a person who has seen slaves', async () => {
      await person.get('/posts');
      await person.get('/posts');
      const asked: string[] = [];
      const { probes } = app.app.get(DatabaseRouting).engines.master;
      const isOfMonitor = (sql: string) => /current_database\(\)|pg_stat_get_tuples/.test(sql);
      probes.on('query', ({ sql }: { sql: string }) => void (isOfMonitor(sql) || asked.push(sql)));
      for (let times = 0; times < 20; times++) await person.get('/posts/guarded');
      expect(asked).toEqual([]);
    });
  });

  describe('@Consistency', () => {
    it('of a handler goes before that of its class', async () => {
      expect((await app.get('/strong')).engines).toBe('master;reason=consistency');
      expect((await app.get('/strong/not')).engines).toMatch(/^slave[12];reason=balanced$/);
    });

    it("'eventual' reads what a slave happens to have", async () => {
      await pauseBoth();
      await person.post('/posts', { title: 'A' });
      expect((await person.get('/posts/eventual')).body).toMatchObject({ titles: [] });
      expect((await person.get('/posts')).body).toMatchObject({ titles: ['A'] });
    });
  });

  describe('a store', () => {
    /** As Keyv is, as far as it is needed. */
    class MapStore {
      readonly kept = new Map<string, string>();
      failing = false;

      async get(key: string): Promise<string | undefined> {
        if (this.failing) throw new Error('the store is away');
        return this.kept.get(key);
      }

      async set(key: string, value: string): Promise<void> {
        if (this.failing) throw new Error('the store is away');
        this.kept.set(key, value);
      }
    }

    let store: MapStore;
    const key = (request: object) => (request as IncomingMessage).headers['x-user'] as string | undefined;
    const ann = { 'x-user': 'ann' };

    beforeEach(() => {
      store = new MapStore();
    });

    it('carries what a user has seen, from device to device and from process to process', async () => {
      const [one, other] = [await another({ store, key }), await another({ store, key })];
      await pauseBoth();
      const { headers } = await new Person(one).post('/posts', { title: 'A' }, ann);
      expect([headers.getSetCookie(), headers.get('database-bookmark')]).toEqual([[], null]);
      expect([...store.kept.keys()]).toEqual(['ann']);
      expect((await new Person(other).get('/posts', ann)).body).toMatchObject({ titles: ['A'] });
      expect((await new Person(other).get('/posts', { 'x-user': 'bob' })).body).toMatchObject({
        titles: [],
      });
    });

    it('is told by one answer after the other, so that the furthest stays', async () => {
      const one = await another({ store, key });
      await one.post('/posts', { title: 'first' });
      const [first, second] = [gate('A'), gate('B')];
      const writingA = new Person(one).post('/posts/slowly', { title: 'A' }, ann);
      await first.reached;
      await replication.caughtUp();
      await pauseBoth();
      const writingB = new Person(one).post('/posts/slowly', { title: 'B' }, ann);
      await second.reached;
      second.open();
      await writingB;
      first.open();
      await writingA;
      expect((await new Person(one).get('/posts', ann)).body).toMatchObject({ titles: ['first', 'A', 'B'] });
    });

    it('knows what a user wrote, in whatever way, or their browser does', async () => {
      const one = await another({ store, key });
      await pauseBoth();
      for (const [way, status] of WAYS) {
        const user = { 'x-user': way };
        const browser = new Person(one);
        const before = await replication.master.query('SELECT FROM posts');
        expect(await browser.post(`/ways/${way}`, {}, user)).toMatchObject({ status });
        const { titles: shown } = (await browser.get('/posts', user)).body as { titles: string[] };
        expect([way, shown.length]).toEqual([way, before.length + 1]);
      }
    });

    it('takes over what the browser carried before the user was known', async () => {
      const one = await another({ store, key });
      const browser = new Person(one);
      await pauseBoth();
      await browser.post('/posts', { title: 'A' });
      expect(Object.keys(await browser.cookies())).toHaveLength(1);
      expect((await browser.get('/posts', ann)).body).toMatchObject({ titles: ['A'] });
      expect(Object.keys(await browser.cookies())).toHaveLength(0);
      expect((await new Person(one).get('/posts', ann)).body).toMatchObject({ titles: ['A'] });
    });

    it('that fails leaves it to the browser, and reads nothing stale', async () => {
      const one = await another({ store, key });
      const browser = new Person(one);
      store.failing = true;
      await pauseBoth();
      await browser.post('/posts', { title: 'A' }, ann);
      store.failing = false;
      expect((await browser.get('/posts', ann)).body).toMatchObject({ titles: ['A'] });
      await writtenElsewhere('B');
      store.failing = true;
      const { status, body } = await new Person(one).get('/posts', ann);
      expect([status, body]).toEqual([200, { titles: ['A', 'B'], node: 'master' }]);
    });

    const never = () => new Promise<never>(() => undefined);
    const throws = (): never => {
      throw new Error('bad');
    };
    const bad: [string, object][] = [
      ['never answers', { get: never, set: never }],
      ['throws', { get: throws, set: throws }],
      ['has null for nothing', { get: async () => null, set: async () => undefined }],
      ['has something else than texts', { get: async () => ({ a: 1 }), set: async () => undefined }],
    ];

    it.each(bad)('that %s does not keep a request from its answer', async (_what, broken) => {
      const one = await another({ store: broken as never, key });
      expect(await new Person(one).post('/posts', { title: 'A' }, ann)).toMatchObject({ status: 201 });
    });
  });

  describe('a set without bookmarks', () => {
    it('has no slaves, and sends no cookie', async () => {
      const other = await another({}, { slaves: {} });
      const { status, headers } = await other.post('/posts', { title: 'A' });
      expect([status, headers.getSetCookie(), headers.get('database-bookmark')]).toEqual([201, [], null]);
      expect((await other.get('/posts')).body).toMatchObject({ titles: ['A'], node: 'master' });
    });

    it('is of another database, whose positions nobody knows', async () => {
      const other = await another({}, { client: OtherDatabase, health: undefined, hedge: undefined });
      const { status, headers } = await other.post('/posts', { title: 'A' });
      expect([status, headers.get('database-bookmark')]).toEqual([201, null]);
      expect(headers.getSetCookie().filter((line) => line.startsWith('db_seen'))).toEqual([]);
      expect((await other.get('/posts')).body).toMatchObject({ node: 'slave2' });
    });
  });

  describe('without a secret', () => {
    it('warns once that each process has its own, when the first bookmark is issued', async () => {
      const warned: string[] = [];
      const logger = { log() {}, error() {}, warn: (line: string) => warned.push(line) };
      const secrets = () => warned.filter((line) => line.includes('secret'));
      const other = await another({ secret: [] }, {}, logger);
      await other.get('/posts/nothing');
      expect(secrets()).toEqual([]);
      await other.post('/posts', { title: 'A' });
      await other.post('/posts', { title: 'B' });
      expect(secrets()).toEqual([expect.stringContaining('Set `bookmark: { secret }`')]);
    });

    it('knows its own bookmarks', async () => {
      const other = await another({ secret: [] });
      const browser = new Person(other);
      await pauseBoth();
      await browser.post('/posts', { title: 'A' });
      expect((await browser.get('/posts')).body).toMatchObject({ titles: ['A'], node: 'master' });
      expect(other.app.get(DatabaseRouting).status().faults).toEqual(NO_FAULTS);
    });
  });
});
