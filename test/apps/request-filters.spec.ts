import { HttpException } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type {
  Context,
  DatabaseRoutingOptions,
  HttpRequest,
  PinOptions,
  RoutableQuery,
} from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { Browser } from './browser.js';
import { pinningApp, routingOf } from './pinning-app.js';
import { Person } from './person.js';
import { startReplicatedNodes } from './replicated-nodes.js';
import { HTTP_ADAPTERS, type RunningApp, startApp } from './running-app.js';

const BALANCED = 'slave2;reason=balanced';
const PINNED = 'master;reason=pin';
const WROTE = 'master;reason=wrote';

/** As Express and Fastify both have it, once the body is parsed. */
interface ParsedRequest extends HttpRequest {
  readonly body?: { readonly query?: string };
}

const isMutation = ({ body }: ParsedRequest) => body?.query?.startsWith('mutation') ?? false;

let replication: ReplicatedPostgres;

beforeAll(async () => {
  replication = await startReplicatedNodes();
});

afterAll(() => replication.stop());

describe.each(HTTP_ADAPTERS)('a function of the request, on %s', (_name, createAdapter) => {
  const apps: RunningApp[] = [];

  async function start(options: Partial<DatabaseRoutingOptions>): Promise<RunningApp> {
    const app = await startApp(createAdapter, pinningApp(replication, options));
    apps.push(app);
    return app;
  }

  const pinnedWhen = (when: NonNullable<PinOptions['when']>) =>
    start({ pin: { when, unsafeMethods: false } });

  afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

  describe('that says whether it writes', () => {
    it('sees the parsed body: a mutation reads from the master, and so does its client from then on', async () => {
      const app = await pinnedWhen(isMutation);
      const person = new Person(app);
      const post = (query: string) => person.post('/posts/read', { query });
      expect((await post('query { posts }')).engines).toBe(BALANCED);
      expect((await post('mutation { post }')).engines).toBe(WROTE);
      expect((await person.get('/posts/read')).engines).toBe(PINNED);
      expect((await new Person(app).get('/posts/read')).engines).toBe(BALANCED);
    });

    it.each(['GET', 'POST'])('is asked once for each %s, with what all frameworks have', async (method) => {
      const asked: unknown[] = [];
      const app = await pinnedWhen((request) => {
        asked.push([request.method, request.url, request.headers['x-who']]);
        return false;
      });
      await app.get('/posts/read?a=1', { method, headers: { 'x-who': 'me' } });
      await app.get('/posts/read?a=2', { method, headers: { 'x-who': 'me' } });
      expect(asked).toEqual([
        [method, '/posts/read?a=1', 'me'],
        [method, '/posts/read?a=2', 'me'],
      ]);
    });

    it('is asked before guards, so that a request that one refuses counts as well', async () => {
      const browser = new Browser(await pinnedWhen(({ url }) => url === '/ends/refused'));
      expect((await browser.get('/ends/refused')).status).toBe(403);
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
    });

    it('fails the request with its own error', async () => {
      const app = await pinnedWhen(({ url }) => {
        if (url === '/posts/read?teapot') throw new HttpException('teapot', 418);
        if (url === '/posts/read?bug') throw new TypeError('a bug of the app');
        return false;
      });
      expect((await app.get('/posts/read?teapot')).status).toBe(418);
      expect((await app.get('/posts/read?bug')).status).toBe(500);
      expect((await app.get('/posts/read')).engines).toBe(BALANCED);
    });

    it('fails the request where it answers with a promise', async () => {
      const app = await pinnedWhen((async () => false) as never);
      expect((await app.get('/posts/read')).status).toBe(500);
    });
  });

  describe('in a router', () => {
    const seen: [query: RoutableQuery, context: Context][] = [];
    const router: DatabaseRoutingOptions['router'] = (query, context) => {
      seen.push([query, context]);
      return query.request?.headers['x-engine'] as string | undefined;
    };

    it('is the request as its handler sees it', async () => {
      const app = await start({ router });
      const ask = (engine: string) => app.get('/posts/read', { headers: { 'x-engine': engine } });
      expect((await ask('slave1')).engines).toBe('slave1;reason=rule');
      expect((await ask('master')).engines).toBe('master;reason=rule');
      expect((await app.get('/posts/read')).engines).toBe(BALANCED);
    });

    it('is there in nested scopes too, and not outside requests', async () => {
      const app = await start({ router });
      const headers = { 'x-engine': 'slave1' };
      expect((await app.get('/scopes/lifted', { headers })).engines).toBe(
        'slave1;reason=rule, slave1;reason=scope',
      );
      const routing = routingOf(app);
      seen.length = 0;
      await routing.run(() => routing.knex('node').select());
      await routing.knex('node').select();
      expect(seen.map(([{ request }]) => request)).toEqual([undefined, undefined]);
    });

    it('is let go when the response is closed', async () => {
      const app = await start({ router });
      seen.length = 0;
      await app.get('/posts/read');
      await app.close();
      apps.length = 0;
      expect(seen.map(([{ request }, { work }]) => [request?.url, work.request])).toEqual([
        ['/posts/read', undefined],
      ]);
    });
  });
});
