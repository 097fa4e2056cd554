import { Body, Controller, HttpCode, type LoggerService, Post, Query, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { DatabaseRoutingModule, InjectKnex, type RoutedKnex, WithEngine } from '../../src/index.js';
import { HTTP_ADAPTERS, type RunningApp, startApp } from './running-app.js';

/** Nobody asks the servers here: where a query would go is enough. */
const NOWHERE = { connection: 'postgres://127.0.0.1:1/nowhere' };
const OFFLINE = {
  client: 'pg',
  master: NOWHERE,
  slaves: { slave1: NOWHERE },
  pin: { unsafeMethods: false },
};

@Controller('posts')
class PostsController {
  constructor(
    @InjectKnex() private readonly db: RoutedKnex,
    @InjectKnex('reports') private readonly reports: RoutedKnex,
  ) {}

  @Post('shared')
  @HttpCode(200)
  @WithEngine(null, ['m'])
  @WithEngine(null, ['m'], { set: 'reports' })
  shared(@Query() query: object, @Body() body: object) {
    return { query, body, forced: this.forced() };
  }

  @Post('upload')
  @HttpCode(200)
  @WithEngine(null, ['m'])
  @UseInterceptors(FileInterceptor('file'))
  upload(@Body() body: object) {
    return { body, forced: this.forced() };
  }

  @Post('parsed-before')
  @HttpCode(200)
  @WithEngine(null, ['m'])
  parsedBefore(@Body() body: object) {
    return { body, forced: this.forced() };
  }

  /** Whether a master param has, in either set. */
  private forced(): boolean[] {
    return [this.db, this.reports].map((db) => db.explain(db('posts')).reason === 'master-param');
  }
}

/** As multer leaves the fields of a form, where the app parses forms in a middleware. */
function parseForm(request: IncomingMessage & { body?: object }, _response: unknown, next: () => void): void {
  request.body = Object.assign(Object.create(null) as object, { m: '1', title: 'a' });
  request.resume();
  next();
}

/** What the routing warns of; that the servers are nowhere is not the matter here. */
class Warnings implements LoggerService {
  readonly lines: string[] = [];

  log(): void {}
  error(): void {}

  warn(message: string): void {
    if (message.includes('master params')) this.lines.push(message);
  }
}

function form(): FormData {
  const fields = new FormData();
  fields.set('m', '1');
  fields.set('title', 'a');
  return fields;
}

const apps: RunningApp[] = [];

afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

async function start(logger: LoggerService = new Warnings(), createAdapter = HTTP_ADAPTERS[0]![1]) {
  const app = await startApp(createAdapter, {
    imports: [
      DatabaseRoutingModule.forRoot(OFFLINE),
      DatabaseRoutingModule.forRoot({ ...OFFLINE, name: 'reports' }),
    ],
    controllers: [PostsController],
    logger,
    prepare: (one) => one.use('/posts/parsed-before', parseForm),
  });
  apps.push(app);
  return app;
}

describe.each(HTTP_ADAPTERS)('a master param that two sets share, on %s', (_name, createAdapter) => {
  it.each<[string, string, object]>([
    ['the query', '?m=1&page=2', { title: 'a' }],
    ['the body', '?page=2', { m: 1, title: 'a' }],
  ])('in %s forces the master of both, and is stripped', async (_where, query, body) => {
    const running = await start(undefined, createAdapter);
    expect((await running.post(`/posts/shared${query}`, body)).body).toEqual({
      query: { page: '2' },
      body: { title: 'a' },
      forced: [true, true],
    });
  });

  it('forces none where it is missing', async () => {
    const running = await start(undefined, createAdapter);
    expect((await running.post('/posts/shared')).body).toMatchObject({ forced: [false, false] });
  });
});

describe('a master param in a multipart form', () => {
  it('that an interceptor of the handler parses is not looked for, and the log says so once', async () => {
    const warnings = new Warnings();
    const running = await start(warnings);
    for (let times = 0; times < 2; times++) {
      const { body } = await running.get('/posts/upload', { method: 'POST', body: form() });
      expect(body).toMatchObject({ body: { m: '1', title: 'a' }, forced: [false, false] });
    }
    expect(warnings.lines).toEqual([
      'PostsController.upload has master params, and its multipart form is parsed after they are looked for: there they ' +
        'count in the query string only. Send them there, or let a middleware parse the form.',
    ]);
  });

  it('counts in the query string, and the log says nothing more', async () => {
    const warnings = new Warnings();
    const running = await start(warnings);
    const { body } = await running.get('/posts/upload?m=1', { method: 'POST', body: form() });
    expect(body).toMatchObject({ forced: [true, false] });
    expect(warnings.lines).toEqual([]);
  });

  it('that a middleware has parsed forces the master, and is stripped', async () => {
    const warnings = new Warnings();
    const running = await start(warnings);
    const { body } = await running.get('/posts/parsed-before', { method: 'POST', body: form() });
    expect(body).toMatchObject({ body: { title: 'a' }, forced: [true, false] });
    expect(body).not.toHaveProperty('body.m');
    expect(warnings.lines).toEqual([]);
  });

  it('is none of a form that has none of them, nor of a body of another kind', async () => {
    const warnings = new Warnings();
    const running = await start(warnings);
    expect((await running.post('/posts/upload', { title: 'a' })).body).toMatchObject({
      forced: [false, false],
    });
    expect(warnings.lines).toEqual([]);
  });
});
