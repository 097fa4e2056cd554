// An app that runs on the build of the package in the folder of its first argument, with the options of its second.
import 'reflect-metadata';
import { Body, Controller, Get, Inject, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { pathToFileURL } from 'node:url';

const [, , build, options] = process.argv;
const { DatabaseRoutingModule, getKnexToken } = await import(pathToFileURL(build).href);

class PostsController {
  constructor(db) {
    this.db = db;
  }

  async add({ title }) {
    await this.db('posts').insert({ title });
    return {};
  }

  titles() {
    return this.db('posts').pluck('title');
  }
}

class AppModule {}

const decorate = (name, ...decorators) => {
  const method = Object.getOwnPropertyDescriptor(PostsController.prototype, name);
  for (const one of decorators) one(PostsController.prototype, name, method);
};
decorate('add', Post());
decorate('titles', Get());
Body()(PostsController.prototype, 'add', 0);
Inject(getKnexToken())(PostsController, undefined, 0);
Controller('posts')(PostsController);
Module({ imports: [DatabaseRoutingModule.forRoot(JSON.parse(options))], controllers: [PostsController] })(
  AppModule,
);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
process.send(await app.getUrl());
