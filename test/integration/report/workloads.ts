import { expect } from '@jest/globals';
import {
  type CanActivate,
  Controller,
  Get,
  HttpCode,
  Injectable,
  type LoggerService,
  Param,
  Post,
  UseGuards,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  type DatabaseRouting,
  DatabaseRoutingModule,
  type DatabaseRoutingOptions,
  DbWrite,
  InjectKnex,
  type RoutedKnex,
  WithEngine,
  getDatabaseRoutingToken,
} from '../../../src/index.js';
import { eventually } from '../testing/eventually.js';
import type { RoutingReport } from '../../../src/routing/routing-report.js';

/** What the workloads read and write. */
export const TABLES = [
  'CREATE TABLE posts (id serial PRIMARY KEY, title text NOT NULL)',
  'CREATE TABLE tags (id serial PRIMARY KEY, name text NOT NULL)',
  `CREATE FUNCTION noted(what text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN what; END $$`,
];

@Injectable()
class ReadingGuard implements CanActivate {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  async canActivate(): Promise<boolean> {
    await this.db('tags').first('id');
    return true;
  }
}

/** Ten handlers and one guard: what an API does, and what keeps its reads on the master. */
@Controller('posts')
class PostsController {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  @Get()
  async list() {
    return this.db('posts').select().limit(5);
  }

  @Get('count')
  async count() {
    const { rows } = await this.db.raw<{ rows: object[] }>('select count(*)::int as n from posts');
    return rows;
  }

  @Get('fresh')
  @WithEngine('master')
  async fresh() {
    return this.db('posts').first();
  }

  @Get('report')
  async report() {
    return this.db.transaction(async (trx) => [await trx('posts').count(), await trx('tags').count()], {
      readOnly: true,
    });
  }

  @Get('held')
  async held() {
    const { rows } = await this.db.raw<{ rows: object[] }>("select noted('x') as what");
    return rows;
  }

  /** A GET that writes: reads of the written table stay, of the other one they go on. */
  @Get('touch')
  async touch() {
    await this.db('posts').where({ id: 1 }).first('title');
    await this.db('posts').where({ id: 1 }).update({ title: 'touched' });
    await this.db('posts').where({ id: 1 }).first('id');
    await this.db('tags').select('name').limit(1);
    return {};
  }

  @Get('moved')
  async moved() {
    await this.db.transaction(async (trx) => {
      const tag = await trx('tags').first('id', 'name');
      await trx('tags').where({ id: tag.id }).update({ name: 'moved' });
    });
    return this.db('tags').max('id');
  }

  @Post('search')
  @HttpCode(200)
  @DbWrite(false)
  async search() {
    return this.db('posts').whereLike('title', 't%').select('title').limit(3);
  }

  @Get(':id')
  @UseGuards(ReadingGuard)
  async one(@Param('id') id: string) {
    return this.db('posts')
      .where({ id: Number(id) })
      .first();
  }

  @Post()
  async add() {
    const [{ id }] = await this.db('posts').insert({ title: 'new' }).returning('id');
    return this.db('posts').where({ id }).first('title');
  }
}

const SILENT: LoggerService = { log() {}, warn() {}, error() {} };

/** In this order, by one client that keeps its cookies. */
const REQUESTS: readonly (readonly [method: 'GET' | 'POST', path: string])[] = [
  ...Array.from({ length: 12 }, () => ['GET', '/posts'] as const),
  ['POST', '/posts'],
  ...Array.from({ length: 6 }, () => ['GET', '/posts/1'] as const),
  ['GET', '/posts/touch'],
  ['GET', '/posts/count'],
  ['GET', '/posts/fresh'],
  ['GET', '/posts/report'],
  ['GET', '/posts/held'],
  ['POST', '/posts/search'],
  ['GET', '/posts/moved'],
  ['GET', '/posts'],
  ['GET', '/posts/touch'],
  ['GET', '/posts/held'],
];

/** One exact sequence of requests to an app of that mode. */
export async function runApi(options: DatabaseRoutingOptions, reads = 0): Promise<RoutingReport> {
  const module = await Test.createTestingModule({
    imports: [DatabaseRoutingModule.forRoot(options)],
    controllers: [PostsController],
    providers: [ReadingGuard],
  })
    .setLogger(SILENT)
    .compile();
  const app = module.createNestApplication();
  await app.listen(0, '127.0.0.1');
  try {
    const routing = app.get<DatabaseRouting>(getDatabaseRoutingToken());
    await routing.ready();
    await routing.asked();
    routing.report();
    const cookies = new Map<string, string>();
    for (const [method, path] of [...REQUESTS, ...REQUESTS]) {
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
      const answer = await fetch((await app.getUrl()) + path, { method, headers: { cookie } });
      if (!answer.ok) throw new Error(`${method} ${path} answers ${answer.status}: ${await answer.text()}`);
      await answer.text();
      for (const line of answer.headers.getSetCookie()) {
        const [name = '', value = ''] = line.split(';', 1)[0]!.split('=');
        cookies.set(name, value);
      }
    }
    return await reportOf(routing, reads);
  } finally {
    await app.close();
  }
}

/** One exact sequence of jobs, as workers and cron tasks run them, and of code that nobody framed. */
export async function runJobs(routing: DatabaseRouting, reads = 0): Promise<RoutingReport> {
  const { knex } = routing;
  await routing.ready();
  await routing.asked();
  routing.report();
  for (let round = 0; round < 8; round++) {
    await routing.run({ name: 'digest' }, async () => {
      await knex('posts').select('title');
      await knex('tags').select();
      for await (const row of knex('posts').select('id').stream()) void row;
    });
    await routing.run({ name: 'import' }, async () => {
      await knex('posts').insert({ title: `job ${round}` });
      await knex('tags').count();
      await knex('posts').count();
      await routing.run(async () => {
        await knex('tags').first();
        await knex('posts').max('id');
      });
    });
    await routing.run({ name: 'strict' }, async () => {
      await knex('posts').select('id').consistency('strong');
      await knex('posts').min('id').usingEngine('slave');
      await knex('posts').select().forUpdate();
      await knex.raw('select nextval(?)', ['posts_id_seq']);
      await knex.raw(`select currval('posts_id_seq'), ${round} as inlined`);
    });
    await routing.run({ name: 'mark' }, async () => {
      await knex('tags').min('id');
      routing.markWrite();
      await knex('tags').max('name');
    });
    await routing.run({ name: 'parallel' }, () =>
      Promise.all([1, 2, 3].map((id) => knex('posts').where({ id }).first())),
    );
    await knex('posts').first('id');
  }
  return await reportOf(routing, reads);
}

/** In shadow mode a read is counted when it is known whether a slave would have shown enough, which may be after its answer. */
async function reportOf(routing: DatabaseRouting, reads: number): Promise<RoutingReport> {
  await eventually(() => expect(routing.report().total.reads).toBeGreaterThanOrEqual(reads));
  return routing.report();
}
