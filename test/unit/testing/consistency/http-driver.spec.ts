import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkConsistency, httpDriver } from '../../../../src/testing/index.js';
import { MemoryDatabase } from './memory-database.js';

/** An app that speaks the protocol, with `mark` called on each request before it is answered. */
class MemoryApp {
  readonly requests: { method: string; path: string; headers: IncomingMessage['headers'] }[] = [];
  private readonly server: Server;

  constructor(
    private readonly database: MemoryDatabase,
    private readonly mark: (response: ServerResponse, served: number) => void = () => undefined,
  ) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    this.requests.push({ method: request.method ?? '', path: pathname, headers: request.headers });
    let body = '';
    for await (const part of request) body += String(part);
    response.setHeader('database-engine', 'slave1;reason=balanced, master;reason=write');
    this.mark(response, this.requests.length);
    const subject = decodeURIComponent(pathname.split('/')[2] ?? '');
    const keys = searchParams.getAll('key');
    response.end(JSON.stringify(this.result(pathname, subject, keys, body)));
  }

  private result(path: string, subject: string, keys: string[], body: string): object {
    const { database } = this;
    if (body) return database.write(subject, (JSON.parse(body) as { value: string }).value);
    if (keys.length > 0) return { registers: keys.map((key) => database.read(key, database.end)) };
    if (path.startsWith('/lists')) return database.readList(subject, database.end);
    return database.read(subject, database.end);
  }
}

describe('the HTTP driver', () => {
  const apps: MemoryApp[] = [];

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  function start(mark?: ConstructorParameters<typeof MemoryApp>[1], database = new MemoryDatabase()) {
    const app = new MemoryApp(database, mark);
    apps.push(app);
    return app;
  }

  it('checks an app', async () => {
    const url = await start().listen();
    const report = await checkConsistency({ url, operations: 300, clients: 3, writeShare: 0.3 });
    expect(report.anomalies).toBe(0);
    expect(report.errors).toEqual([]);
    expect(report.readsByEngine).toEqual({ master: { reads: report.reads.answered, share: 1 } });
  });

  it('finds what several processes do not know of each other', async () => {
    const urls = await Promise.all([start().listen(), start().listen()]);
    const report = await checkConsistency({ url: urls, operations: 300, clients: 3, writeShare: 0.3 });
    expect(report.anomaliesByKind['read-your-writes']).toBeGreaterThan(0);
  });

  it('takes each client to one process after the other, with the cookies of all', async () => {
    const database = new MemoryDatabase();
    const mark = (response: ServerResponse, served: number) =>
      void response.setHeader('set-cookie', [`seen=${served}; Path=/; HttpOnly`, `gone=1; Max-Age=0`]);
    const [one, other] = [start(mark, database), start(mark, database)];
    const client = httpDriver({ url: [await one.listen(), await other.listen()] }).client(0);
    for (const value of ['a', 'b', 'c', 'd']) await client.write('my key', value);
    expect(one.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, 'seen=1']);
    expect(other.requests.map(({ headers }) => headers.cookie)).toEqual(['seen=1', 'seen=2']);
    expect(one.requests[0]).toMatchObject({ method: 'PUT', path: '/registers/my%20key' });
  });

  it('keeps the cookies of each client apart', async () => {
    const app = start((response, served) => void response.setHeader('set-cookie', `seen=${served}`));
    const driver = httpDriver({ url: await app.listen() });
    const [ann, bob] = [driver.client(0), driver.client(1)];
    await ann.read('x');
    await bob.read('x');
    await ann.read('x');
    expect(app.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined, 'seen=1']);
  });

  it('sends headers that it was told to send, and those that it was told to carry', async () => {
    const app = start((response, served) => void response.setHeader('bookmark', `b${served}`));
    const url = await app.listen();
    const headers = (client: number) => ({ 'x-user': `user${client}` });
    const client = httpDriver({ url, headers, carriedHeaders: ['Bookmark'] }).client(7);
    await client.read('x');
    await client.readList('l');
    expect(app.requests.map((request) => request.headers['x-user'])).toEqual(['user7', 'user7']);
    expect(app.requests.map((request) => request.headers['bookmark'])).toEqual([undefined, 'b1']);
  });

  it('takes the cookies of a failed request, too, which is an error', async () => {
    const app = start((response, served) => {
      response.setHeader('set-cookie', 'pin=1');
      response.statusCode = served === 1 ? 500 : 200;
    });
    const client = httpDriver({ url: await app.listen() }).client(0);
    await expect(client.write('x', 'a')).rejects.toThrow('PUT /registers/x answered 500');
    await client.read('x');
    expect(app.requests[1]?.headers.cookie).toBe('pin=1');
  });

  it('gives up on a request that takes too long', async () => {
    const app = start();
    const url = await app.listen();
    app['answer'] = () => new Promise(() => undefined);
    await expect(httpDriver({ url, timeoutMs: 50 }).client(0).read('x')).rejects.toThrow(/timeout/);
  });
});
