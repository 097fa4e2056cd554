import 'reflect-metadata';
import { Writable } from 'node:stream';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Module,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import {
  ClsPluginTransactional,
  Transactional,
  type TransactionalAdapter,
  TransactionHost,
} from '@nestjs-cls/transactional';
import type { Knex } from 'knex';
import { ClsModule, ClsService } from 'nestjs-cls';
import { Logger, LoggerModule } from 'nestjs-pino';
import {
  type AppMessage,
  type AppSettings,
  SETTINGS_VARIABLE,
} from '../../scripts/check-consistency/app/app-settings.js';
import {
  DatabaseRouting,
  DatabaseRoutingModule,
  InjectKnex,
  type RoutedKnex,
  getKnexToken,
} from '../../src/index.js';

const { servers } = JSON.parse(process.env[SETTINGS_VARIABLE] ?? '') as AppSettings;

const lines: unknown[] = [];
const log = new Writable({
  write: (chunk: Buffer, _encoding, done) => {
    lines.push(...chunk.toString().trim().split('\n').map((line) => JSON.parse(line) as unknown)); // prettier-ignore
    done();
  },
});

async function nodeOf(db: Knex): Promise<string> {
  const row = await db<{ name: string }>('node').first();
  return row?.name ?? '';
}

/** As `@nestjs-cls/transactional` asks for one of a database; the transactions are those of the routed Knex. */
class RoutedTransactions implements TransactionalAdapter<RoutedKnex, Knex, Knex.TransactionConfig> {
  readonly connectionToken = getKnexToken();

  optionsFactory = (knex: RoutedKnex) => ({
    getFallbackInstance: (): Knex => knex,
    wrapWithTransaction: (
      config: Knex.TransactionConfig,
      work: () => Promise<unknown>,
      use: (transaction?: Knex) => void,
    ) =>
      knex.transaction((transaction) => {
        use(transaction);
        return work();
      }, config),
  });
}

@Injectable()
class Named implements CanActivate {
  constructor(@Inject(ClsService) private readonly cls: ClsService) {}

  canActivate(execution: ExecutionContext): boolean {
    const { headers } = execution.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    this.cls.set('name', headers['x-name']);
    return true;
  }
}

@Injectable()
class Writers {
  constructor(
    @Inject(TransactionHost) private readonly host: TransactionHost<RoutedTransactions>,
    @Inject(ClsService) private readonly cls: ClsService,
  ) {}

  private get db(): Knex {
    return this.host.tx as Knex;
  }

  @Transactional()
  async write(fails: boolean): Promise<string> {
    await this.db('posts').insert({ title: this.cls.get<string>('name') });
    const node = await this.read();
    if (fails) throw new Error('rolled back');
    return node;
  }

  read(): Promise<string> {
    return nodeOf(this.db);
  }

  titles(): Promise<string[]> {
    return this.db('posts').pluck('title');
  }
}

@Controller()
class Everything {
  constructor(
    @Inject(Writers) private readonly writers: Writers,
    @InjectKnex() private readonly knex: RoutedKnex,
  ) {}

  @Get('transactions')
  @UseGuards(Named)
  async transactions() {
    const before = await this.writers.read();
    await this.writers.write(true).catch(() => undefined);
    const inside = await this.writers.write(false);
    return { before, inside, titles: await this.writers.titles() };
  }

  @Get('throttled')
  @UseGuards(ThrottlerGuard)
  async throttled() {
    return { node: await nodeOf(this.knex) };
  }

  @Get('decided')
  async decided() {
    return { node: await nodeOf(this.knex) };
  }

  @Get('lines')
  lines() {
    return lines;
  }
}

const engines = Object.entries(servers.slaves).map(([name, connection]) => [name, { connection }] as const);

@Module({
  imports: [
    DatabaseRoutingModule.forRoot({
      client: 'pg',
      master: { connection: servers.master },
      slaves: Object.fromEntries(engines),
      balancer: { choose: (all) => all.find(({ name }) => name === 'slave2') ?? all[0]! },
      bookmark: { waitMs: 20 },
      hedge: false,
    }),
    ThrottlerModule.forRoot([{ ttl: 60_000, limit: 2 }]),
    LoggerModule.forRoot({ pinoHttp: [{ level: 'debug', autoLogging: false }, log] }),
    ClsModule.forRoot({
      global: true,
      middleware: { mount: true },
      plugins: [new ClsPluginTransactional({ adapter: new RoutedTransactions() })],
    }),
  ],
  controllers: [Everything],
  providers: [Writers, Named],
})
class NeighboursApp {}

const app = await NestFactory.create(NeighboursApp, { bufferLogs: true });
app.useLogger(app.get(Logger));
process.on('disconnect', () => void app.close().finally(() => process.exit()));
await app.listen(0, '127.0.0.1');
await app.get(DatabaseRouting).ready();
process.send?.({ url: await app.getUrl() } satisfies AppMessage);
