import {
  All,
  type CanActivate,
  Controller,
  ForbiddenException,
  Get,
  Header,
  HttpException,
  Injectable,
  Module,
  Param,
  Post,
  Redirect,
  Res,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import {
  Consistency,
  DatabaseRouting,
  DatabaseRoutingModule,
  type DatabaseRoutingOptions,
  DbWrite,
  InjectKnex,
  type RoutedKnex,
  UsingEngine,
  bounded,
} from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { answeringNode, enginesOf, writePost } from './replicated-nodes.js';
import type { AppParts } from './running-app.js';

@Injectable()
class WritingGuard implements CanActivate {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  async canActivate(): Promise<never> {
    await writePost(this.db);
    throw new ForbiddenException();
  }
}

class RefusingGuard implements CanActivate {
  canActivate(): never {
    throw new ForbiddenException();
  }
}

@Controller('posts')
class PostsController {
  constructor(@InjectKnex() protected readonly db: RoutedKnex) {}

  @All('read')
  read() {
    return answeringNode(this.db);
  }

  @Get('eventual')
  @Consistency('eventual')
  eventual() {
    return answeringNode(this.db);
  }

  @Get('bounded')
  @Consistency(bounded(100))
  bounded() {
    return answeringNode(this.db);
  }

  @Get('count')
  count() {
    return this.db('posts').count().first();
  }

  @All('write')
  async write() {
    const before = await answeringNode(this.db);
    await writePost(this.db);
    return [before, await answeringNode(this.db)];
  }

  @All('transaction')
  transaction() {
    return this.db.transaction((transaction) => writePost(transaction));
  }

  @All('touch')
  touch() {
    return answeringNode(this.db);
  }

  @Get('declared')
  @DbWrite()
  declared() {
    return answeringNode(this.db);
  }

  @Get('declared-elsewhere')
  @DbWrite({ set: 'reports' })
  declaredElsewhere() {
    return answeringNode(this.db);
  }

  @Get('declared-throwing')
  @DbWrite()
  declaredThrowing() {
    throw new HttpException('teapot', 418);
  }

  @Get('marked')
  marked() {
    this.db.markWrite();
    return answeringNode(this.db);
  }
}

@Controller('counters')
@DbWrite()
class CountersController {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  @Get()
  read() {
    return answeringNode(this.db);
  }
}

/** Each ends in its own way, after a write. */
@Controller('ends')
class EndsController {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  @All('throws')
  async throws() {
    await writePost(this.db);
    throw new HttpException('teapot', 418);
  }

  @All('throws-before')
  throwsBefore() {
    throw new HttpException('teapot', 418);
  }

  @All('refused-after')
  @UseGuards(WritingGuard)
  refusedAfter() {}

  @All('refused')
  @UseGuards(RefusingGuard)
  refused() {}

  @Post('redirects')
  @Redirect('/posts/read', 303)
  redirects() {
    return writePost(this.db);
  }

  @Post('streams')
  async streams() {
    await writePost(this.db);
    return new StreamableFile(Readable.from(['streamed']));
  }

  @Post('by-hand')
  async byHand(@Res() response: { send(body: string): void }) {
    await writePost(this.db);
    response.send('by hand');
  }

  @Post('raw')
  async raw(@Res() response: { raw?: ServerResponse; hijack?: () => void } & ServerResponse) {
    response.hijack?.();
    await writePost(this.db);
    (response.raw ?? response).writeHead(200, { 'content-type': 'text/plain' }).end('raw');
  }

  @Post('own-cookie')
  @Header('Set-Cookie', 'own=1; Path=/')
  ownCookie() {
    return writePost(this.db);
  }
}

type Engine = 'master' | 'slave' | 'slave1' | null;

@Controller('scopes')
class ScopesController {
  constructor(@InjectKnex() private readonly db: RoutedKnex) {}

  @Get('around/:engine')
  around(@Param('engine') engine: 'master' | 'slave') {
    return this.between(() => this.db.usingEngine(engine, () => this.read()));
  }

  @Get('lifted')
  lifted() {
    return this.between(() => this.db.usingEngine('slave1', () => this.nested(null)));
  }

  @Get('nested/:engine')
  nestedIn(@Param('engine') engine: 'master' | 'slave') {
    return this.between(() => this.db.usingEngine(engine, () => this.nested('slave1')));
  }

  @Get('throwing/:engine')
  throwing(@Param('engine') engine: 'master' | 'slave') {
    return this.between(async () => {
      const failing = this.db.usingEngine(engine, async () => {
        throw new Error(await this.read());
      });
      return failing.catch((error: unknown) => (error as Error).message);
    });
  }

  @Get('decorated')
  decorated() {
    return this.between(() => this.onMaster());
  }

  @Post('write-on-slave')
  writeOnSlave() {
    return this.db.usingEngine('slave', async () => {
      await writePost(this.db);
      return this.read();
    });
  }

  @Post('read-on-slave')
  @UsingEngine('slave')
  readOnSlave() {
    return this.read();
  }

  @UsingEngine('master')
  private onMaster() {
    return this.nested('slave1');
  }

  private async between(work: () => Promise<unknown>) {
    return [await this.read(), await work(), await this.read()].flat();
  }

  private async nested(engine: Engine) {
    const before = await this.read();
    return [before, await this.db.usingEngine(engine, () => this.read()), await this.read()];
  }

  private read() {
    return answeringNode(this.db);
  }
}

@Module({ controllers: [PostsController, CountersController, EndsController, ScopesController] })
class PinningModule {}

export const SECRET = 'a secret that the tests share';

/** An app that pins by time, on the servers of a replication: by its writes, and not by its requests' methods. */
export function pinningApp(
  replication: ReplicatedPostgres,
  { pin, ...options }: Partial<DatabaseRoutingOptions> = {},
): AppParts & { readonly imports: NonNullable<AppParts['imports']> } {
  const engines = enginesOf(replication, {
    bookmark: { secret: SECRET },
    pin: { by: 'time', unsafeMethods: false, ...pin },
    ...options,
  });
  return { imports: [DatabaseRoutingModule.forRoot(engines), reports(replication), PinningModule] };
}

/** A second set, of which handlers may speak. */
function reports(replication: ReplicatedPostgres) {
  return DatabaseRoutingModule.forRoot({
    ...enginesOf(replication, { bookmark: { secret: SECRET }, pin: { by: 'time', unsafeMethods: false } }),
    name: 'reports',
  });
}

export const routingOf = (running: { app: { get(token: unknown): unknown } }): DatabaseRouting =>
  running.app.get(DatabaseRouting) as DatabaseRouting;
