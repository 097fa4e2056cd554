// One figure: µs of CPU time that the server spends per request with one read. The variant `<platform>:<how>` says on what
// Nest runs and how the handler gets its Knex. The load comes from a process of its own.
import 'reflect-metadata';
import { AsyncLocalStorage } from 'node:async_hooks';
import { fork } from 'node:child_process';
import { Controller, Get, Inject, Module, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import knex from 'knex';
import { BalancedSession, DatabaseRoutingModule, getKnexToken } from 'nestjs-database-routing';
import { settings, tell, variant } from './alternate.js';
import { StubClient, stubEngines } from './stub-client.js';

const [platform, how] = variant.split(':');
const BARE = 'BARE_KNEX';

const shared = knex({ client: StubClient, connection: { host: 'master' } });
const bare = (scope) => ({ provide: BARE, useFactory: () => shared, scope });
const routed = () => DatabaseRoutingModule.forRoot(stubEngines(2));

const VARIANTS = {
  'without the module': { token: BARE, providers: [bare(Scope.DEFAULT)], imports: [] },
  'a bare request-scoped provider': { token: BARE, providers: [bare(Scope.REQUEST)], imports: [] },
  '@InjectKnex()': { token: getKnexToken(), providers: [], imports: [routed()] },
  BalancedSession: { token: BalancedSession, providers: [], imports: [routed()] },
};

const NOTHING = 'AsyncLocalStorage.run and an interceptor that do nothing';
const { token, providers, imports } = VARIANTS[how === NOTHING ? 'without the module' : how];

class PostsController {
  constructor(db) {
    this.db = db;
  }

  read() {
    return this.db('posts').where({ id: 1 }).first();
  }
}
Inject(token)(PostsController, undefined, 0);
Get()(PostsController.prototype, 'read', Object.getOwnPropertyDescriptor(PostsController.prototype, 'read'));
Controller('posts')(PostsController);

class AppModule {}
Module({ imports, providers, controllers: [PostsController] })(AppModule);

async function adapter() {
  if (platform === 'fastify') return new (await import('@nestjs/platform-fastify')).FastifyAdapter();
  return new (await import('@nestjs/platform-express')).ExpressAdapter();
}

const app = await NestFactory.create(AppModule, await adapter(), { logger: false });
if (how === NOTHING) {
  const storage = new AsyncLocalStorage();
  app.useGlobalInterceptors({ intercept: (_context, next) => next.handle() });
  const http = app.getHttpAdapter();
  if (platform === 'fastify')
    http.getInstance().addHook('onRequest', (_request, _reply, done) => storage.run({}, done));
  else app.use((_request, _response, next) => storage.run({}, next));
}
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address();

const load = (count) =>
  new Promise((resolve, reject) => {
    const child = fork(new URL('./load.js', import.meta.url), [
      `http://127.0.0.1:${port}/posts`,
      String(count),
    ]);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error('the load failed'))));
  });

const REQUESTS = Math.ceil(20_000 * settings().share);
await load(REQUESTS); // until then Node still compiles
globalThis.gc();
const before = process.cpuUsage();
await load(REQUESTS);
const { user, system } = process.cpuUsage(before);
tell((user + system) / REQUESTS);
