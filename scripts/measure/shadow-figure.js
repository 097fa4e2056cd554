// Figures of the work that the variant names, `query` or `app`: µs of CPU time per query, or per request, on a bare Knex and in shadow mode,
// on the PostgreSQL of the settings.
import 'reflect-metadata';
import { fork } from 'node:child_process';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import knex from 'knex';
import { DatabaseRoutingModule, createDatabaseRouting, getKnexToken } from 'nestjs-database-routing';
import { settings, tell, variant } from '../../bench/alternate.js';

const { share, connection } = settings();
const POOL = { min: 0, max: 8 };
const SHADOW = { client: 'pg', mode: 'shadow', master: { connection }, pool: POOL };
const BARE = { client: 'pg', connection, pool: POOL };
const SLICES = 20;

const READS = [
  (db) => db('posts').where({ id: 1 }).first(),
  (db) => db('posts').where('id', '>', 1).orderBy('id').limit(20),
  (db) => db.raw('select * from posts where id = ?', [1]),
];

const sides = variant === 'query' ? await queries() : await apps();
const count = Math.ceil((variant === 'query' ? 1_500 : 800) * share);
for (let slice = 0; slice < SLICES / 2; slice++)
  for (const side of ['bare', 'shadow']) await sides[side](count);
const usedUs = { bare: 0, shadow: 0 };
for (let slice = 0; slice < SLICES; slice++) {
  for (const side of slice % 2 === 0 ? ['bare', 'shadow'] : ['shadow', 'bare']) {
    globalThis.gc();
    const before = process.cpuUsage();
    await sides[side](count);
    const { user, system } = process.cpuUsage(before);
    usedUs[side] += user + system;
  }
}
tell({ bare: usedUs.bare / count / SLICES, shadow: usedUs.shadow / count / SLICES });

/** Eight jobs at a time, of three reads each. */
async function queries() {
  const routing = createDatabaseRouting(SHADOW);
  await routing.ready();
  const bare = knex(BARE);
  const job = async (db) => {
    for (const read of READS) await read(db);
  };
  return {
    bare: (total) => atATime(total, () => job(bare)),
    shadow: (total) => atATime(total, () => routing.run(() => job(routing.knex))),
  };
}

async function atATime(total, job) {
  let left = total;
  const client = async () => {
    while ((left -= READS.length) >= 0) await job();
  };
  await Promise.all(Array.from({ length: POOL.max }, client));
}

async function apps() {
  const bare = { token: 'BARE_KNEX', providers: [{ provide: 'BARE_KNEX', useFactory: () => knex(BARE) }] };
  const shadow = { token: getKnexToken(), imports: [DatabaseRoutingModule.forRoot(SHADOW)] };
  return { bare: await loadOf(bare), shadow: await loadOf(shadow) };
}

async function loadOf({ token, ...parts }) {
  class PostsController {
    constructor(db) {
      this.db = db;
    }

    async read() {
      const answers = [];
      for (const read of READS) answers.push(await read(this.db));
      return { post: answers[0], list: answers[1], rows: answers[2].rows };
    }
  }
  Inject(token)(PostsController, undefined, 0);
  Get()(
    PostsController.prototype,
    'read',
    Object.getOwnPropertyDescriptor(PostsController.prototype, 'read'),
  );
  Controller('posts')(PostsController);
  class AppModule {}
  Module({ ...parts, controllers: [PostsController] })(AppModule);
  const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${app.getHttpServer().address().port}/posts`;
  const load = new URL('../../bench/load.js', import.meta.url);
  return (requests) =>
    new Promise((resolve, reject) => {
      const child = fork(load, [url, String(requests)], { execArgv: [] });
      child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error('the load failed'))));
    });
}
