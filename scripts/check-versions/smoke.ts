/*
 * What an app does with the package, one check each, in the versions of the folder that it is copied to. It prints a line of
 * JSON for each check, and ends by itself: an app that keeps its process alive has failed.
 */
import 'reflect-metadata';
import {
  Controller,
  Get,
  type INestApplication,
  Inject,
  Injectable,
  Module,
  Post,
  Query,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ClientProxy, ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import knexPackage, { type Knex } from 'knex';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { firstValueFrom } from 'rxjs';
import { WebSocket } from 'ws';
import {
  BalancedSession,
  DatabaseRouting,
  DatabaseRoutingModule,
  InjectKnex,
  type RoutedKnex,
  UsingEngine,
  WithEngine,
  WriteOnSlaveError,
} from 'nestjs-database-routing';
import { DatabaseRoutingHealthIndicator } from 'nestjs-database-routing/terminus';
import { type ReplicatedPostgres, startReplicatedPostgres } from 'nestjs-database-routing/testing';

/** Which server answers, by its own word. */
async function answering(db: Knex): Promise<string> {
  const row = (await db('node').first()) as { name: string };
  return row.name;
}

const titles = (db: Knex): Promise<string[]> => db('posts').orderBy('id').pluck('title') as Promise<string[]>;

@Injectable()
class Posts {
  constructor(@InjectKnex() readonly db: RoutedKnex) {}

  where(): Promise<string> {
    return answering(this.db);
  }

  @UsingEngine('master')
  async onMaster(): Promise<string> {
    return answering(this.db);
  }
}

@Controller()
class PostsController {
  constructor(
    @Inject(Posts) private readonly posts: Posts,
    @Inject(BalancedSession) private readonly session: BalancedSession,
  ) {}

  @Get('where')
  where() {
    return this.posts.where();
  }

  @Get('session')
  ofSession() {
    return answering(this.session);
  }

  @Get('using')
  using() {
    return this.posts.onMaster();
  }

  @Get('titles')
  titles() {
    return titles(this.posts.db);
  }

  @Post('posts')
  async write() {
    await this.posts.db('posts').insert({ title: 'written' });
    return this.posts.where();
  }

  @Get('forced')
  @WithEngine('slave1')
  forced() {
    return this.posts.where();
  }

  @Get('param')
  @WithEngine(null, ['m'])
  async param(@Query() query: object) {
    return { query, node: await this.posts.where() };
  }

  @MessagePattern('where')
  message() {
    return this.posts.where();
  }
}

@Controller()
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(DatabaseRoutingHealthIndicator) private readonly database: DatabaseRoutingHealthIndicator,
  ) {}

  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([() => this.database.isHealthy('database')]);
  }
}

@WebSocketGateway({ path: '/socket' })
class Gateway {
  @Inject(Posts) private readonly posts!: Posts;

  @SubscribeMessage('where')
  async where() {
    return { event: 'where', data: await this.posts.where() };
  }
}

function moduleFor(replication: ReplicatedPostgres) {
  const { master, slaves } = replication;
  const routing = DatabaseRoutingModule.forRoot({
    client: 'pg',
    master: { connection: master.url },
    slaves: Object.fromEntries(Object.entries(slaves).map(([name, { url }]) => [name, { connection: url }])),
    exposeDecisions: true,
    bookmark: { secret: 'a secret of this run, long enough' },
    health: { intervalMs: 200 },
    failover: { waitMs: 10_000 },
  });

  @Module({
    imports: [routing, TerminusModule.forRoot({ logger: false })],
    controllers: [PostsController, HealthController],
    providers: [Posts, Gateway, DatabaseRoutingHealthIndicator],
  })
  class AppModule {}
  return AppModule;
}

/** A client with a cookie jar. */
class Client {
  private cookies = new Map<string, string>();

  constructor(private readonly url: string) {}

  async ask(path: string, method = 'GET'): Promise<{ body: string; engines: string | null }> {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ');
    const response = await fetch(this.url + path, { method, headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';')[0]!.split('=');
      this.cookies.set(name, value);
    }
    assert.ok(response.ok, `${path}: HTTP ${response.status} ${await response.clone().text()}`);
    return { body: await response.text(), engines: response.headers.get('database-engine') };
  }
}

const SLAVE = /^slave[12]$/;
const SILENT = { log() {}, warn() {}, error() {} };

interface Run {
  readonly replication: ReplicatedPostgres;
  readonly app: INestApplication;
  readonly url: string;
  readonly db: RoutedKnex;
  readonly routing: DatabaseRouting;
}

const CHECKS: Record<string, (run: Run) => Promise<void>> = {
  'a read goes to a slave': async ({ url }) => {
    assert.match((await new Client(url).ask('/where')).body, SLAVE);
  },
  'BalancedSession reads on a slave': async ({ url }) => {
    assert.match((await new Client(url).ask('/session')).body, SLAVE);
  },
  'a write goes to the master, and its request reads there': async ({ url }) => {
    assert.equal((await new Client(url).ask('/posts', 'POST')).body, 'master');
  },
  'a client sees its own writes': async ({ url }) => {
    const client = new Client(url);
    for (let times = 1; times <= 5; times++) {
      const before = JSON.parse((await client.ask('/titles')).body) as string[];
      await client.ask('/posts', 'POST');
      assert.equal((JSON.parse((await client.ask('/titles')).body) as string[]).length, before.length + 1);
    }
  },
  '@WithEngine names the engine': async ({ url }) => {
    assert.equal((await new Client(url).ask('/forced')).body, 'slave1');
  },
  '@UsingEngine names the engine': async ({ url }) => {
    assert.equal((await new Client(url).ask('/using')).body, 'master');
  },
  'a master param forces the master and is stripped': async ({ url }) => {
    const { body } = await new Client(url).ask('/param?m=1&n=2');
    assert.deepEqual(JSON.parse(body), { query: { n: '2' }, node: 'master' });
  },
  'raw reads go to a slave, raw writes to the master': async ({ db, routing }) => {
    const decided: string[] = [];
    routing.events.on('decision', ({ engine }) => void decided.push(engine));
    await routing.run(() => db.raw('select * from posts where id = ?', [1]));
    await routing.run(() => db.raw('insert into posts (title) values (?)', ['raw']));
    assert.match(decided[0] ?? '', SLAVE);
    assert.equal(decided[1], 'master');
  },
  'a transaction runs on the master, and rolls back': async ({ db, routing, replication }) => {
    const node = await routing.run(() => db.transaction((trx) => answering(trx)));
    assert.equal(node, 'master');
    const failed = routing.run(() =>
      db.transaction(async (trx) => {
        await trx('posts').insert({ title: 'never' });
        throw new Error('on purpose');
      }),
    );
    await assert.rejects(failed, { message: 'on purpose' });
    assert.deepEqual(await replication.master.query("select 1 from posts where title = 'never'"), []);
  },
  'a read-only transaction runs on a slave': async ({ db, routing }) => {
    const node = await routing.run(() => db.transaction((trx) => answering(trx), { readOnly: true }));
    assert.match(node, SLAVE);
  },
  'a write is refused in a read-only transaction': async ({ db, routing }) => {
    const write = () =>
      db.transaction(
        (trx) =>
          trx('posts')
            .insert({ title: 'never' })
            .then(() => undefined),
        { readOnly: true },
      );
    await assert.rejects(routing.run(write), WriteOnSlaveError);
  },
  'rows stream from a slave': async ({ db, routing, replication }) => {
    await replication.master.query(
      "insert into posts (title) select 'row ' || n from generate_series(1, 500) n",
    );
    await replication.caughtUp();
    const rows: unknown[] = [];
    await routing.run(async () => {
      for await (const row of db('posts').stream()) rows.push(row);
    });
    assert.ok(rows.length >= 500, `${rows.length} rows`);
  },
  'a query that takes too long is cancelled on its server': async ({ db, routing, replication }) => {
    const slow = routing.run(() => db.raw("select pg_sleep(30), 'cancelled'").timeout(200, { cancel: true }));
    await assert.rejects(slow, knexPackage.KnexTimeoutError);
    const running =
      "select 1 from pg_stat_activity where query like '%cancelled%' and pid <> pg_backend_pid() and state = 'active'";
    for (const server of [replication.master, ...Object.values(replication.slaves)])
      await eventually(async () => assert.deepEqual(await server.query(running), []));
  },
  'migrations run on the master': async ({ db, routing, replication }) => {
    const migration = { name: '1_tags', up: (knex: Knex) => knex.schema.createTable('tags', (table) => void table.increments()), down: async () => undefined }; // prettier-ignore
    const migrationSource = {
      getMigrations: () => Promise.resolve([migration]),
      getMigrationName: (one: typeof migration) => one.name,
      getMigration: (one: typeof migration) => Promise.resolve(one),
    };
    await routing.run(() => db.migrate.latest({ migrationSource }).then(() => undefined));
    assert.equal(
      (await replication.master.query("select 1 from pg_tables where tablename = 'tags'")).length,
      1,
    );
  },
  'terminus says how the engines are': async ({ url }) => {
    const { body } = await new Client(url).ask('/health');
    const { status, details } = JSON.parse(body) as {
      status: string;
      details: { database: { status: string } };
    };
    assert.deepEqual([status, details.database.status], ['ok', 'up']);
  },
  'a gateway reads on a slave': async ({ url }) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`);
    await once(socket, 'open');
    socket.send(JSON.stringify({ event: 'where', data: {} }));
    const [message] = (await once(socket, 'message')) as [Buffer];
    socket.close();
    assert.match((JSON.parse(message.toString()) as { data: string }).data, SLAVE);
  },
  'a message reads on a slave': async ({ app }) => {
    const port = await freePort();
    app.connectMicroservice(
      { transport: Transport.TCP, options: { host: '127.0.0.1', port } },
      { inheritAppConfig: true },
    );
    await app.startAllMicroservices();
    const client: ClientProxy = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
    const node = await firstValueFrom(client.send<string>('where', {}));
    await client.close();
    assert.match(node, SLAVE);
  },
  'no read fails when a slave dies': async ({ url, replication }) => {
    const reading = Array.from({ length: 40 }, async (_, n) => {
      await new Promise((resolve) => setTimeout(resolve, n * 10));
      return (await new Client(url).ask('/where')).body;
    });
    await replication.slave('slave1').kill();
    for (const node of await Promise.all(reading)) assert.match(node, /^(slave[12]|master)$/);
    assert.match((await new Client(url).ask('/where')).body, /^(slave2|master)$/);
  },
  'writes follow a promotion': async ({ url, replication }) => {
    await replication.master.kill();
    await replication.slave('slave2').promote();
    await eventually(async () => assert.equal((await new Client(url).ask('/posts', 'POST')).body, 'slave2'));
  },
};

async function eventually(check: () => Promise<void>): Promise<void> {
  const untilMs = Date.now() + 20_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function createApp(replication: ReplicatedPostgres): Promise<INestApplication> {
  const AppModule = moduleFor(replication);
  if (process.env['PLATFORM'] !== 'fastify')
    return NestFactory.create(AppModule, { logger: SILENT, abortOnError: false });
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return NestFactory.create(AppModule, new FastifyAdapter(), { logger: SILENT, abortOnError: false });
}

async function main(): Promise<void> {
  const replication = await startReplicatedPostgres({ slaves: 2 });
  try {
    await replication.master.query('create table posts (id serial primary key, title text not null)');
    await replication.master.query(
      "create view node as select reverse(split_part(reverse(current_setting('cluster_name')), '.', 1)) as name",
    );
    await replication.caughtUp();
    const app = await createApp(replication);
    app.useWebSocketAdapter(new WsAdapter(app));
    await app.listen(0, '127.0.0.1');
    const routing = app.get(DatabaseRouting);
    await routing.ready(); // before that a raw read is not proved to be one
    const run: Run = { replication, app, url: await app.getUrl(), db: routing.knex, routing };
    for (const [name, check] of Object.entries(CHECKS)) {
      const error = await check(run).then(
        () => undefined,
        (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)),
      );
      console.log(JSON.stringify({ check: name, error }));
    }
    await app.close();
  } finally {
    await replication.stop();
  }
  console.log(JSON.stringify({ check: 'it closes' }));
}

void main();
