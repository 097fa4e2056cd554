import { CACHE_MANAGER, CacheInterceptor, CacheKey, CacheModule, CacheTTL } from '@nestjs/cache-manager';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Post,
  Query,
  Req,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { ExpressAdapter } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Cache } from 'cache-manager';
import { ConnectSessionKnexStore } from 'connect-session-knex';
import session from 'express-session';
import helmet from 'helmet';
import type { Knex } from 'knex';
import { attachPaginate } from 'knex-paginate';
import { Strategy } from 'passport-custom';
import { AppProcesses } from '../../scripts/check-consistency/app/app-processes.js';
import { serversOf } from '../../scripts/common/servers.js';
import {
  DatabaseRouting,
  DatabaseRoutingModule,
  InjectKnex,
  type RoutedKnex,
  WithEngine,
  getKnexToken,
} from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { answeringNode, enginesOf, startReplicatedNodes, writePost } from './replicated-nodes.js';
import { type Answer, type AppParts, type RunningApp, startApp } from './running-app.js';

const MAIN = new URL('./neighbours.app.ts', import.meta.url);
const TYPESCRIPT = new URL('../run-typescript.js', import.meta.url);

let replication: ReplicatedPostgres;

beforeAll(async () => {
  replication = await startReplicatedNodes();
});

afterAll(() => replication.stop());

beforeEach(async () => {
  await replication.master.query('TRUNCATE posts');
  await replication.caughtUp();
});

afterEach(() => Promise.all([replication.slave('slave1').resume(), replication.slave('slave2').resume()]));

const pauseSlaves = () =>
  Promise.all([replication.slave('slave1').pause(), replication.slave('slave2').pause()]);
const routingModule = () =>
  DatabaseRoutingModule.forRoot(enginesOf(replication, { bookmark: { waitMs: 20 } }));

/** Runs an app on Express while `work` does. */
async function withApp(parts: AppParts, work: (app: RunningApp) => Promise<void>): Promise<void> {
  const app = await startApp(() => new ExpressAdapter(), {
    ...parts,
    imports: [routingModule(), ...(parts.imports ?? [])],
  });
  await app.app.get(DatabaseRouting).ready();
  try {
    await work(app);
  } finally {
    await app.close();
  }
}

const cookieOf = ({ headers }: Pick<Answer, 'headers'>) => headers.getSetCookie().map((line) => line.split(';')[0]).join('; '); // prettier-ignore

@Controller('posts')
class Posts {
  constructor(@InjectKnex() readonly knex: RoutedKnex) {}

  @Get('node')
  node() {
    return answeringNode(this.knex);
  }

  @Get()
  async count() {
    return { count: (await this.knex('posts').select()).length };
  }

  @Post()
  add() {
    return writePost(this.knex);
  }
}

/** What is CommonJS and requires Nest, which Jest can't do on Node 20, runs in a process of its own. */
describe('an app in a process of its own', () => {
  let apps: AppProcesses;
  let url: string;

  beforeAll(async () => {
    const settings = { servers: serversOf(replication), redisUrl: undefined };
    apps = await AppProcesses.start(1, settings, MAIN, ['--import', TYPESCRIPT.href]);
    url = apps.urls[0]!;
  });

  afterAll(() => apps.stop());

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path}`, { headers });
    const body: unknown = response.status === 200 ? await response.json() : undefined;
    return {
      status: response.status,
      engines: response.headers.get('database-engine'),
      body,
      headers: response.headers,
    };
  };

  it('refuses by the guard of @nestjs/throttler, and leaves what is let through as it is', async () => {
    const answers = [await get('/throttled'), await get('/throttled'), await get('/throttled')];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers.map(({ body }) => body)).toEqual([{ node: 'slave2' }, { node: 'slave2' }, undefined]);
  });

  it('logs by nestjs-pino each decision with the request that it was made for', async () => {
    await get('/decided?once');
    const { body } = await get('/lines');
    const lines = body as { msg: string; context: string; req?: { url: string } }[];
    const ofRequest = lines.filter(({ req }) => req?.url === '/decided?once');
    expect(ofRequest.map(({ context, msg }) => [context, msg])).toEqual([
      ['DatabaseRouting', expect.stringMatching(/slave2.*balanced/)],
    ]);
  });

  it('keeps the context of nestjs-cls, and runs @Transactional() on the master', async () => {
    await pauseSlaves();
    const names = ['ann', 'bob', 'cleo'];
    const answers = await Promise.all(names.map((name) => get('/transactions', { 'x-name': name })));
    for (const [index, { body }] of answers.entries()) {
      const titles: unknown = expect.arrayContaining([names[index]]);
      expect(body).toEqual({ before: 'slave2', inside: 'master', titles });
    }
    const next = await get('/transactions', { cookie: cookieOf(answers[0]!), 'x-name': 'ann' });
    expect(next.body).toMatchObject({ before: 'master' });
    expect((next.body as { titles: string[] }).titles.filter((title) => title === 'ann')).toHaveLength(2);
  });
});

describe('@nestjs/config', () => {
  it('gives the options, by a factory of forRootAsync', async () => {
    const { master, slaves } = replication;
    const config = { master: master.connection, slaves: { slave1: slaves['slave1']!.connection } };
    const imports = [
      ConfigModule.forRoot({ isGlobal: true, ignoreEnvFile: true, load: [() => ({ database: config })] }),
      DatabaseRoutingModule.forRootAsync({
        inject: [ConfigService],
        useFactory: (service: ConfigService) => {
          const from = service.getOrThrow<typeof config>('database');
          return {
            client: 'pg',
            master: { connection: from.master },
            slaves: { slave1: { connection: from.slaves.slave1 } },
          };
        },
      }),
    ];
    const app = await startApp(() => new ExpressAdapter(), { imports, controllers: [Posts] });
    await app.app.get(DatabaseRouting).ready();
    const { body } = await app.get('/posts/node');
    await app.close();
    expect(body).toBe('slave1');
  });
});

describe('knex-paginate', () => {
  attachPaginate();

  @Controller('pages')
  class Pages {
    constructor(@InjectKnex() private readonly knex: RoutedKnex) {}

    @Get()
    page() {
      return this.knex('posts').orderBy('id').paginate({ perPage: 2, currentPage: 1 });
    }

    @Get('on-a-slave')
    pageOnSlave() {
      const page = async (trx: Knex) => trx('posts').orderBy('id').paginate({ perPage: 2, currentPage: 1 });
      return this.knex.transaction(page, { readOnly: true });
    }
  }

  it('reads on the master, since it opens a transaction, and on a slave inside a read-only one', async () => {
    await replication.master.query(`INSERT INTO posts (title) VALUES ('a'), ('b'), ('c')`);
    await replication.caughtUp();
    await withApp({ controllers: [Pages] }, async (app) => {
      const answers = [await app.get('/pages'), await app.get('/pages/on-a-slave')];
      for (const { body } of answers)
        expect(body).toMatchObject({
          data: [{ title: 'a' }, { title: 'b' }],
          pagination: { total: 3, lastPage: 2 },
        });
      expect(answers.map(({ engines }) => engines?.split(';')[0])).toEqual(['master', 'slave2']);
    });
  });
});

describe('Passport', () => {
  const found: string[] = [];

  @Injectable()
  class ByName extends PassportStrategy(Strategy, 'by-name') {
    constructor(@InjectKnex() private readonly knex: RoutedKnex) {
      super();
    }

    async validate({ headers }: { headers: Record<string, string> }): Promise<object | false> {
      found.push(await answeringNode(this.knex));
      return headers['x-name'] ? { name: headers['x-name'] } : false;
    }
  }

  @Controller('mine')
  class Mine {
    constructor(@InjectKnex() private readonly knex: RoutedKnex) {}

    @Get()
    @UseGuards(AuthGuard('by-name'))
    async mine(@Req() { user }: { user: { name: string } }) {
      return { name: user.name, node: await answeringNode(this.knex) };
    }
  }

  it('reads on the master in a strategy, and on a slave in the handler behind it', async () => {
    await withApp({ imports: [PassportModule], controllers: [Mine], providers: [ByName] }, async (app) => {
      const [ann, nobody] = [
        await app.get('/mine', { headers: { 'x-name': 'ann' } }),
        await app.get('/mine'),
      ];
      expect([ann.body, nobody.status, found]).toEqual([
        { name: 'ann', node: 'slave2' },
        401,
        ['master', 'master'],
      ]);
    });
  });
});

describe('helmet and CORS', () => {
  it('leave cookies and the header to scripts of another origin, beside headers of the app', async () => {
    const prepare: AppParts['prepare'] = (app) => {
      app.use(helmet());
      app.enableCors({ origin: 'https://app.example', credentials: true, exposedHeaders: ['X-Own'] });
    };
    await withApp({ controllers: [Posts], prepare }, async (app) => {
      const { headers } = await app.get('/posts', {
        method: 'POST',
        headers: { origin: 'https://app.example' },
      });
      expect(headers.get('access-control-expose-headers')).toBe('X-Own, Database-Bookmark');
      expect(headers.get('access-control-allow-credentials')).toBe('true');
      expect(headers.get('content-security-policy')).not.toBeNull();
      expect([headers.getSetCookie().length, headers.get('database-bookmark')]).toEqual([
        1,
        expect.any(String),
      ]);
    });
  });
});

describe('express-session in Knex', () => {
  @Controller('visits')
  class Visits {
    constructor(@InjectKnex() private readonly knex: RoutedKnex) {}

    @Get()
    async visit(@Req() request: { session: { visits?: number } }) {
      request.session.visits = (request.session.visits ?? 0) + 1;
      return { visits: request.session.visits, node: await answeringNode(this.knex) };
    }
  }

  it('keeps what it knows, however far slaves are behind', async () => {
    const prepare: AppParts['prepare'] = (app) => {
      const store = new ConnectSessionKnexStore({
        knex: app.get<Knex>(getKnexToken()),
        createTable: true,
        cleanupInterval: 0,
      });
      app.use(session({ secret: 'a secret', store, resave: false, saveUninitialized: false }));
    };
    await withApp({ controllers: [Visits], prepare }, async (app) => {
      await pauseSlaves();
      const first = await app.get('/visits');
      const own = first.headers.getSetCookie().filter((line) => line.startsWith('connect.sid='));
      const cookie = own.map((line) => line.split(';')[0]).join('; ');
      const next = await app.get('/visits', { headers: { cookie } });
      expect([first.body, next.body]).toEqual([
        { visits: 1, node: 'slave2' },
        { visits: 2, node: 'slave2' },
      ]);
    });
  });
});

describe('@nestjs/swagger', () => {
  @Controller('documented')
  @WithEngine(null, ['fresh'])
  class Documented {
    @Get('one')
    @WithEngine(null, { m: false })
    one(@Query('m') _m?: string, @Query('page') _page?: string) {}

    @Get('other')
    other() {}
  }

  it('lists master params as optional queries', async () => {
    await withApp({ controllers: [Documented, Posts] }, async ({ app }) => {
      const { paths } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
      const queries = (path: string) =>
        (paths[path]?.get?.parameters ?? []).map((one) => 'name' in one && [one.name, one.in, one.required]);
      expect(queries('/documented/one')).toEqual(
        expect.arrayContaining([['m', 'query', false], ['fresh', 'query', false], ['page', 'query', true]]), // prettier-ignore
      );
      expect(queries('/documented/one')).toHaveLength(3);
      expect(queries('/documented/other')).toEqual([['fresh', 'query', false]]);
      expect(queries('/posts')).toEqual([]);
    });
  });
});

describe('@nestjs/cache-manager', () => {
  /** As docs/caches.md shows it. */
  @Injectable()
  class CachedPosts {
    constructor(
      @InjectKnex() private readonly knex: RoutedKnex,
      @Inject(DatabaseRouting) private readonly routing: DatabaseRouting,
      @Inject(CACHE_MANAGER) private readonly cache: Cache,
    ) {}

    async add(): Promise<void> {
      await writePost(this.knex);
      await this.cache.set('posts:written', await this.routing.bookmark(), 60_000);
      await this.cache.del('posts');
    }

    count(): Promise<number> {
      return this.cache.wrap('posts', async () => {
        const bookmark = await this.cache.get<string>('posts:written');
        return this.routing.run(bookmark === undefined ? {} : { bookmark }, async () => this.read());
      });
    }

    /** What happens without. */
    staleCount(): Promise<number> {
      return this.cache.wrap('stale posts', () => this.read());
    }

    private async read(): Promise<number> {
      return (await this.knex('posts').select()).length;
    }
  }

  @Controller('cached')
  class Cached {
    constructor(
      @Inject(CachedPosts) private readonly posts: CachedPosts,
      @InjectKnex() private readonly knex: RoutedKnex,
    ) {}

    @Post()
    add() {
      return this.posts.add();
    }

    @Get()
    async count() {
      return { count: await this.posts.count() };
    }

    @Get('stale')
    async staleCount() {
      return { count: await this.posts.staleCount() };
    }

    @Get('response')
    @UseInterceptors(CacheInterceptor)
    @CacheKey('response')
    @CacheTTL(60_000)
    async response() {
      return { node: await answeringNode(this.knex) };
    }
  }

  const parts: AppParts = {
    imports: [CacheModule.register()],
    controllers: [Cached],
    providers: [CachedPosts],
  };

  it('is not filled by a stale read, where the fill begins with the bookmark of the last write', async () => {
    await withApp(parts, async (app) => {
      await pauseSlaves();
      await app.post('/cached');
      const [filled, stale] = [await app.get('/cached'), await app.get('/cached/stale')];
      expect([filled.body, stale.body]).toEqual([{ count: 1 }, { count: 0 }]);
    });
  });

  it('answers whole responses without a query', async () => {
    await withApp(parts, async (app) => {
      const answers = [await app.get('/cached/response'), await app.get('/cached/response')];
      expect(answers.map(({ body }) => body)).toEqual([{ node: 'slave2' }, { node: 'slave2' }]);
      expect(answers.map(({ engines }) => engines)).toEqual(['slave2;reason=balanced', null]);
    });
  });
});
