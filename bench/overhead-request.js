// One figure: µs of CPU time that the server spends per request with one read, on Nest with Express. The variant says how
// the handler gets its Knex. The load comes from a process of its own.
import 'reflect-metadata';
import { fork } from 'node:child_process';
import { Controller, Get, Inject, Module, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import knex from 'knex';
import { BalancedSession, DatabaseRoutingModule, getKnexToken } from 'nestjs-database-routing';
import { StubClient } from './stub-client.js';

const variant = process.argv[2];
const connection = { host: 'stub' };
const BARE = 'BARE_KNEX';

const bare = (scope) => ({ provide: BARE, useFactory: () => shared, scope });
const shared = knex({ client: StubClient, connection });
const routed = () =>
  DatabaseRoutingModule.forRoot({
    client: StubClient,
    master: { connection },
    slaves: { slave1: { connection }, slave2: { connection } },
    bookmark: { secret: 'x'.repeat(32) },
  });

const VARIANTS = {
  'bare Knex': { token: BARE, providers: [bare(Scope.DEFAULT)], imports: [] },
  'bare Knex, request-scoped': { token: BARE, providers: [bare(Scope.REQUEST)], imports: [] },
  '@InjectKnex()': { token: getKnexToken(), providers: [], imports: [routed()] },
  BalancedSession: { token: BalancedSession, providers: [], imports: [routed()] },
};

const { token, providers, imports } = VARIANTS[variant];

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

const app = await NestFactory.create(AppModule, { logger: false });
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

const REQUESTS = 6_000;
await load(2_000);
globalThis.gc();
const before = process.cpuUsage();
await load(REQUESTS);
const { user, system } = process.cpuUsage(before);
process.send((user + system) / REQUESTS, () => process.exit());
