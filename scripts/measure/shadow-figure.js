// One figure: µs of CPU time per query, or per request, of the variant `<query|app>:<bare|shadow>`, on the PostgreSQL of the settings.
import 'reflect-metadata';
import { fork } from 'node:child_process';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import knex from 'knex';
import { DatabaseRoutingModule, createDatabaseRouting, getKnexToken } from 'nestjs-database-routing';
import { settings, tell, variant } from '../../bench/alternate.js';

const [work, side] = variant.split(':');
const { share, connection } = settings();
const POOL = { min: 0, max: 8 };
const SHADOW = { client: 'pg', mode: 'shadow', master: { connection }, pool: POOL };
const BARE = { client: 'pg', connection, pool: POOL };

const READS = [
  (db) => db('posts').where({ id: 1 }).first(),
  (db) => db('posts').where('id', '>', 1).orderBy('id').limit(20),
  (db) => db.raw('select * from posts where id = ?', [1]),
];

const RUNS = { query: await ofQueries(), app: await ofApp() };

await RUNS[work]();
globalThis.gc();
const before = process.cpuUsage();
const count = await RUNS[work]();
const { user, system } = process.cpuUsage(before);
tell((user + system) / count);

/** Eight jobs at a time, of three reads each. */
async function ofQueries() {
  if (work !== 'query') return undefined;
  const routing = createDatabaseRouting(SHADOW);
  if (side === 'shadow') await routing.ready();
  const db = side === 'bare' ? knex(BARE) : routing.knex;
  const job = async () => {
    for (const read of READS) await read(db);
  };
  const one = side === 'bare' ? job : () => routing.run(job);
  const total = Math.ceil(30_000 * share);
  return async () => {
    let left = total;
    const client = async () => {
      for (; left > 0; left -= READS.length) await one();
    };
    await Promise.all(Array.from({ length: 8 }, client));
    return total;
  };
}

async function ofApp() {
  if (work !== 'app') return undefined;
  const BARE_KNEX = 'BARE_KNEX';
  class PostsController {
    constructor(db) {
      this.db = db;
    }

    async read() {
      const [post, list, { rows }] = [
        await READS[0](this.db),
        await READS[1](this.db),
        await READS[2](this.db),
      ];
      return { post, list, rows };
    }
  }
  Inject(side === 'bare' ? BARE_KNEX : getKnexToken())(PostsController, undefined, 0);
  Get()(PostsController.prototype, 'read', Object.getOwnPropertyDescriptor(PostsController.prototype, 'read'));
  Controller('posts')(PostsController);
  class AppModule {}
  const parts = {
    bare: { providers: [{ provide: BARE_KNEX, useFactory: () => knex(BARE) }] },
    shadow: { imports: [DatabaseRoutingModule.forRoot(SHADOW)] },
  };
  Module({ ...parts[side], controllers: [PostsController] })(AppModule);
  const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address();
  const requests = Math.ceil(8_000 * share);
  const load = new URL('../../bench/load.js', import.meta.url);
  return () =>
    new Promise((resolve, reject) => {
      const child = fork(load, [`http://127.0.0.1:${port}/posts`, String(requests)]);
      child.once('exit', (code) => (code === 0 ? resolve(requests) : reject(new Error('the load failed'))));
    });
}
