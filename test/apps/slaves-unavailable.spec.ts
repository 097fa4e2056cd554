import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Module,
  UseFilters,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import type { AddressInfo, Server } from 'node:net';
import { defer, firstValueFrom, mergeMap, of } from 'rxjs';
import {
  DatabaseRoutingModule,
  type DatabaseRoutingOptions,
  InjectKnex,
  type RoutedKnex,
} from '../../src/index.js';
import { type AppParts, HTTP_ADAPTERS, startApp } from './running-app.js';

/** Nobody is there, and the master takes no reads over. */
const ALL_GONE: DatabaseRoutingOptions = {
  client: 'pg',
  master: { connection: 'postgres://127.0.0.1:1/none' },
  slaves: { slave1: { connection: 'postgres://127.0.0.1:1/none' } },
  masterBudget: { perSecond: 0 },
  log: { warn() {}, error() {}, debug() {}, deprecate() {} },
};

/** Says that it has caught something, and what. */
@Catch()
class OwnFilter implements ExceptionFilter<Error> {
  catch({ name }: Error, host: ArgumentsHost): void {
    const response = host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: object): void } }>();
    response.status(418).send({ caught: name });
  }
}

@Controller('posts')
class PostsController {
  constructor(@InjectKnex() private readonly knex: RoutedKnex) {}

  @Get()
  async list() {
    return this.knex('posts').select();
  }

  @Get('observable')
  observable() {
    return defer(() => this.list());
  }

  @Get('later')
  later() {
    return of(1).pipe(mergeMap(() => this.list()));
  }

  @Get('own')
  @UseFilters(OwnFilter)
  own() {
    return this.list();
  }

  @MessagePattern('list')
  listForMessage() {
    return this.list();
  }
}

@Module({ imports: [DatabaseRoutingModule.forRoot(ALL_GONE)], controllers: [PostsController] })
class PostsModule {}

const imports = [PostsModule];

describe.each(HTTP_ADAPTERS)('a read that is refused, on %s', (_name, createAdapter) => {
  async function answerTo(path: string, parts: AppParts = {}) {
    const running = await startApp(createAdapter, { imports, ...parts });
    const answer = await running.get(path);
    await running.close();
    return answer;
  }

  it.each(['/posts', '/posts/observable', '/posts/later'])(
    'is answered with 503 and when to try again: %s',
    async (path) => {
      const { status, body, headers } = await answerTo(path);
      expect(headers.get('retry-after')).toBe('1');
      expect([status, body]).toEqual([503, { statusCode: 503, message: 'Service Unavailable' }]);
    },
  );

  it.each<[string, string, AppParts]>([
    ['of the handler', '/posts/own', {}],
    ['by APP_FILTER', '/posts', { providers: [{ provide: APP_FILTER, useClass: OwnFilter }] }],
    ['by useGlobalFilters', '/posts', { prepare: (app) => app.useGlobalFilters(new OwnFilter()) }],
  ])('is left to the app’s own filter: %s', async (_where, path, parts) => {
    const { status, body } = await answerTo(path, parts);
    expect([status, body]).toEqual([418, { caught: 'SlavesUnavailableError' }]);
  });
});

describe('a read that is refused in a message', () => {
  it('fails as it is', async () => {
    const module = await Test.createTestingModule({ imports }).compile();
    const options = { host: '127.0.0.1', port: 0 };
    const service = module.createNestMicroservice({ transport: Transport.TCP, options, logger: false });
    await service.listen();
    const { port } = service.unwrap<Server>().address() as AddressInfo;
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { ...options, port } });
    const failed: unknown = await firstValueFrom(client.send('list', {})).catch((error: unknown) => error);
    await client.close();
    await service.close();
    expect(failed).toMatchObject({ code: 'DATABASE_ROUTING_SLAVES_UNAVAILABLE', retryAfterSeconds: 1 });
  });
});
