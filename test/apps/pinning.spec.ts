import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Signer } from '../../src/clients/signer.js';
import type { CarriedFaults, DatabaseRoutingOptions } from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { Browser } from './browser.js';
import { MemoryStore } from './memory-store.js';
import { SECRET, pinningApp, routingOf } from './pinning-app.js';
import { startReplicatedNodes } from './replicated-nodes.js';
import { type Answer, HTTP_ADAPTERS, type RunningApp, startApp } from './running-app.js';
import { wallClock } from './wall-clock.js';

interface Settable {
  set(name: string, value: boolean): void;
}

const BALANCED = 'slave2;reason=balanced';
const PINNED = 'master;reason=pin';
const WROTE = 'master;reason=wrote';

/** The cookie that an answer pins its client with. */
function pinOf(answer: Answer, name = 'multidb_pin_writes'): string | undefined {
  return answer.headers.getSetCookie().find((cookie) => cookie.startsWith(`${name}=`));
}

function valueOf(cookie: string | undefined): string {
  return cookie?.split(';', 1)[0]?.split('=')[1] ?? '';
}

/** As some process signs it, whose clock goes before or behind. */
function pinAt(seconds: number, secret = SECRET, set = 'default'): string {
  const clock = { wallMs: () => Date.now() + seconds * 1_000 };
  return new Signer({ kind: 'p1', set, secrets: [secret], maxAgeSeconds: 15, clock }).sign([]);
}

let replication: ReplicatedPostgres;

beforeAll(async () => {
  replication = await startReplicatedNodes();
});

afterAll(() => replication.stop());

/** While no slave replays anything. */
async function lagging<Result>(work: () => Promise<Result>): Promise<Result> {
  const slaves = Object.values(replication.slaves);
  await Promise.all(slaves.map((slave) => slave.pause()));
  try {
    return await work();
  } finally {
    await Promise.all(slaves.map((slave) => slave.resume()));
    await replication.caughtUp();
  }
}

describe.each(HTTP_ADAPTERS)('an app on %s that pins by time', (_name, createAdapter) => {
  const apps: RunningApp[] = [];
  let running: RunningApp;

  async function start(options: Partial<DatabaseRoutingOptions> = {}, adapter = createAdapter) {
    const app = await startApp(adapter, pinningApp(replication, options));
    apps.push(app);
    return app;
  }

  beforeAll(async () => {
    running = await startApp(createAdapter, pinningApp(replication));
  });

  afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

  afterAll(() => running.close());

  /** Reads in a request of its own, with these headers and no others. */
  const readWith = (cookie: string, app = running) => app.get('/posts/read', { headers: { cookie } });

  async function pinned(app = running): Promise<Browser> {
    const browser = new Browser(app);
    await browser.post('/posts/write');
    return browser;
  }

  describe('a writer', () => {
    it('reads on a slave before its first write, on the master after it, and in its next request', async () => {
      const browser = new Browser(running);
      expect(await browser.post('/posts/write')).toMatchObject({
        body: ['slave2', 'master'],
        engines: `${BALANCED}, master;reason=write, ${WROTE}`,
      });
      expect(await browser.get('/posts/read')).toMatchObject({ body: 'master', engines: PINNED });
    });

    it.each(['GET', 'POST'])('is pinned by a write inside %s', async (method) => {
      const browser = new Browser(running);
      await browser.ask(method, '/posts/write');
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
    });

    it('is pinned by a transaction', async () => {
      const browser = new Browser(running);
      await browser.post('/posts/transaction');
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
    });

    it('is not whoever only reads, by whatever method', async () => {
      const browser = new Browser(running);
      const answer = await browser.post('/posts/read');
      expect([answer.engines, pinOf(answer)]).toEqual([BALANCED, undefined]);
      expect((await browser.get('/posts/read')).engines).toBe(BALANCED);
    });

    it('pins nobody else', async () => {
      await pinned();
      expect((await new Browser(running).get('/posts/read')).engines).toBe(BALANCED);
    });

    it('reads on a slave again where it asked for eventual consistency', async () => {
      expect((await (await pinned()).get('/posts/eventual')).engines).toBe(BALANCED);
    });

    it('sees what it wrote while the slaves lag, and others do not yet', async () => {
      const [writer, other] = [new Browser(running), new Browser(running)];
      const [before, own, others] = await lagging(async () => {
        const counted = await other.get('/posts/count');
        await writer.post('/posts/write');
        return [counted, await writer.get('/posts/count'), await other.get('/posts/count')];
      });
      expect(others.body).toEqual(before.body);
      expect(own.body).not.toEqual(before.body);
    });

    it('leaves bounded reads to positions, where these can be told', async () => {
      const patient = await start({ bookmark: { secret: SECRET, waitMs: 10_000 } });
      const fresh = /^slave\d;reason=balanced$/;
      expect(await untilAnswered(fresh, () => patient.get('/posts/bounded'))).toMatch(fresh);
      const stale = 'master;reason=consistency'; // once the bound has passed since the slaves stopped
      const engines = await lagging(async () => {
        await replication.master.query(`INSERT INTO posts (title) VALUES ('now')`);
        return untilAnswered(/^master/, () => running.get('/posts/bounded'));
      });
      expect(engines).toBe(stale);
    });
  });

  describe('the cookie', () => {
    it('lasts 15 s, on all paths, for this site, out of the reach of scripts', async () => {
      const cookie = pinOf(await running.post('/posts/write'));
      expect(cookie!.split('; ').slice(1).toSorted()).toEqual([
        'HttpOnly',
        'Max-Age=15',
        'Path=/',
        'SameSite=Lax',
      ]);
    });

    it('is as configured', async () => {
      const cookie = {
        name: 'wrote',
        path: '/posts',
        domain: 'example.org',
        sameSite: 'strict',
        secure: true,
        httpOnly: false,
      } as const;
      const app = await start({ pin: { by: 'time', seconds: 2.5, cookie } });
      const line = pinOf(await app.post('/posts/write'), 'wrote');
      expect(line!.split('; ').slice(1).toSorted()).toEqual([
        'Domain=example.org',
        'Max-Age=3',
        'Path=/posts',
        'SameSite=Strict',
        'Secure',
      ]);
    });

    it('is set anew by each write, and not by a pinned reader', async () => {
      const browser = await pinned();
      expect(pinOf(await browser.get('/posts/read'))).toBeUndefined();
      expect(pinOf(await browser.post('/posts/write'))).toBeDefined();
    });

    it('comes beside a cookie of the handler’s own', async () => {
      const answer = await running.post('/ends/own-cookie');
      expect(answer.headers.getSetCookie()).toEqual(['own=1; Path=/', expect.stringMatching(/^multidb_pin/)]);
    });

    it('pins when it comes twice, once of them spoiled', async () => {
      const pin = valueOf(pinOf(await running.post('/posts/write')));
      const cookie = `a=b; multidb_pin_writes=spoiled; multidb_pin_writes=${pin}`;
      expect((await readWith(cookie)).engines).toBe(PINNED);
    });

    it.each(['throws', 'refused-after'])('is there when a request %s', async (end) => {
      const answer = await new Browser(running).post(`/ends/${end}`);
      expect(answer.status).toBeGreaterThan(400);
      expect((await readWith(pinOf(answer) ?? '')).engines).toBe(PINNED);
    });

    it.each(['redirects', 'streams', 'by-hand', 'raw'])('is there when a handler %s', async (end) => {
      const browser = new Browser(running);
      expect((await browser.post(`/ends/${end}`)).status).toBeLessThan(400);
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
    });

    it('is not there when a request fails before it wrote', async () => {
      for (const end of ['throws-before', 'refused'])
        expect(pinOf(await running.post(`/ends/${end}`))).toBeUndefined();
    });

    it('is not there without slaves, where nothing can lag', async () => {
      const app = await start({ slaves: {} });
      expect((await app.post('/posts/write')).headers.getSetCookie()).toEqual([]);
    });

    it('is one of its own for each set of engines', async () => {
      const browser = new Browser(running);
      const answer = await browser.get('/posts/declared-elsewhere');
      expect(answer).toMatchObject({ engines: BALANCED });
      expect([pinOf(answer), pinOf(answer, 'multidb_pin_writes_reports')]).toEqual([
        undefined,
        expect.any(String),
      ]);
      expect((await browser.get('/posts/read')).engines).toBe(BALANCED);
    });
  });

  describe('the window', () => {
    beforeEach(() => wallClock.stop());
    afterEach(() => wallClock.go());

    it('ends after 15 s, also for who sends the cookie on', async () => {
      const cookie = pinOf(await running.post('/posts/write')) ?? '';
      wallClock.pass(14.9);
      expect((await readWith(cookie)).engines).toBe(PINNED);
      wallClock.pass(0.2);
      expect((await readWith(cookie)).engines).toBe(BALANCED);
    });

    it('ends 15 s after the last write, however much was read in between', async () => {
      const browser = await pinned();
      wallClock.pass(10);
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
      await browser.post('/posts/write');
      wallClock.pass(10);
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
      wallClock.pass(6);
      expect((await browser.get('/posts/read')).engines).toBe(BALANCED);
    });

    it.each<[string, keyof CarriedFaults, () => string]>([
      ['forged', 'forged', () => pinAt(0, 'the secret of somebody else')],
      ['truncated', 'malformed', () => pinAt(0).slice(0, 20)],
      ['cut by a letter', 'forged', () => pinAt(0).slice(0, -1)],
      ['empty', 'malformed', () => ''],
      ['a word', 'malformed', () => 'y'],
      ['12 kB', 'malformed', () => 'x'.repeat(12_000)],
      ['of the future', 'future', () => pinAt(3600)],
    ])('is one at the most for a cookie that is %s, and counts it', async (_what, fault, make) => {
      const app = await start();
      const cookie = `multidb_pin_writes=${make()}`;
      expect(await readWith(cookie, app)).toMatchObject({ status: 200, engines: PINNED });
      wallClock.pass(15.1);
      expect(await readWith(cookie, app)).toMatchObject({ status: 200, engines: BALANCED });
      expect(routingOf(app).status().faults).toMatchObject({ [fault]: 2 });
    });

    it.each<[string, keyof CarriedFaults, () => string]>([
      ['expired', 'expired', () => pinAt(-16)],
      ['of another set', 'foreign', () => pinAt(0, SECRET, 'reports')],
    ])('is none for a cookie that is %s, which is counted', async (_what, fault, make) => {
      const app = await start();
      expect((await readWith(`multidb_pin_writes=${make()}`, app)).engines).toBe(BALANCED);
      expect(routingOf(app).status().faults).toMatchObject({ [fault]: 1 });
    });

    it('holds in another process that shares the secret, old or new', async () => {
      const old = await start({ bookmark: { secret: 'the secret before that' } });
      const rotated = await start({ bookmark: { secret: [SECRET, 'the secret before that'] } });
      const cookie = pinOf(await old.post('/posts/write')) ?? '';
      expect((await readWith(cookie, rotated)).engines).toBe(PINNED);
      expect(routingOf(rotated).status().faults).toMatchObject({ forged: 0 });
    });

    it('holds in another process with a secret of its own, and ends as it does elsewhere', async () => {
      const [one, other] = [await start({ bookmark: {} }), await start({ bookmark: {} })];
      const cookie = pinOf(await one.post('/posts/write')) ?? '';
      expect((await readWith(cookie, other)).engines).toBe(PINNED);
      wallClock.pass(15.1);
      expect((await readWith(cookie, other)).engines).toBe(BALANCED);
    });
  });

  describe('with unsafeMethods', () => {
    beforeAll(async () => {
      await running.close();
      running = await startApp(
        createAdapter,
        pinningApp(replication, { pin: { by: 'time', unsafeMethods: true } }),
      );
    });

    afterAll(async () => {
      await running.close();
      running = await startApp(createAdapter, pinningApp(replication));
    });

    it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
      '%s pins its own reads and the next request',
      async (method) => {
        const browser = new Browser(running);
        expect((await browser.ask(method, '/posts/read')).engines).toBe(WROTE);
        expect((await browser.get('/posts/read')).engines).toBe(PINNED);
      },
    );

    it.each(['GET', 'HEAD', 'OPTIONS'])('%s does not', async (method) => {
      const browser = new Browser(running);
      expect((await browser.ask(method, '/posts/read')).engines).toBe(BALANCED);
      expect((await browser.get('/posts/read')).engines).toBe(BALANCED);
    });

    it.each(['throws-before', 'refused', 'that-is-nowhere'])('POST pins when it fails: %s', async (end) => {
      const browser = new Browser(running);
      expect((await browser.post(`/ends/${end}`)).status).toBeGreaterThan(400);
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
    });

    it('POST under a scope or decorator that names a slave reads there, and still pins', async () => {
      const browser = new Browser(running);
      expect((await browser.post('/scopes/read-on-slave')).engines).toBe('slave2;reason=scope');
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
    });
  });

  describe('declared writers', () => {
    it.each([
      ['in pin.handlers', '/posts/touch'],
      ['by @DbWrite() on the method', '/posts/declared'],
      ['by @DbWrite() on the class', '/counters'],
    ])('%s read on the master, and pin the next request', async (_how, path) => {
      const app = await start({ pin: { by: 'time', handlers: ['PostsController.touch'] } });
      const browser = new Browser(app);
      expect((await browser.get(path)).engines).toBe(WROTE);
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
    });

    it('pin also when they throw', async () => {
      const browser = new Browser(running);
      expect((await browser.get('/posts/declared-throwing')).status).toBe(418);
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
    });

    it('are not those that nobody declared', async () => {
      const browser = new Browser(running);
      expect((await browser.get('/posts/touch')).engines).toBe(BALANCED);
      expect((await browser.get('/posts/read')).engines).toBe(BALANCED);
    });

    it('by markWrite() pin the next request and not this one', async () => {
      const browser = new Browser(running);
      expect((await browser.get('/posts/marked')).engines).toBe(BALANCED);
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
    });
  });

  describe.each([
    ['unpinned', 'slave2'],
    ['pinned', 'master'],
  ])('scopes in a request that started %s', (start_, free) => {
    let browser: Browser;

    beforeEach(async () => {
      browser = start_ === 'pinned' ? await pinned() : new Browser(running);
    });

    const nodes = async (path: string): Promise<unknown> => (await browser.get(`/scopes/${path}`)).body;

    it.each([
      ['master', 'master'],
      ['slave', 'slave2'],
    ])('end with their call: %s', async (engine, node) => {
      expect(await nodes(`around/${engine}`)).toEqual([free, node, free]);
      expect(await nodes(`throwing/${engine}`)).toEqual([free, node, free]);
    });

    it.each([
      ['master', 'master'],
      ['slave', 'slave2'],
    ])('nest and restore exactly: slave1 in %s', async (engine, node) => {
      expect(await nodes(`nested/${engine}`)).toEqual([free, node, 'slave1', node, free]);
    });

    it('nest and restore exactly in @UsingEngine', async () => {
      expect(await nodes('decorated')).toEqual([free, 'master', 'slave1', 'master', free]);
    });

    it('are lifted by null, and what the request started with holds', async () => {
      expect(await nodes('lifted')).toEqual([free, 'slave1', free, 'slave1', free]);
    });

    it('on a slave read there after a write, and the write still sets the cookie', async () => {
      const answer = await browser.post('/scopes/write-on-slave');
      expect([answer.body, pinOf(answer)]).toEqual(['slave2', expect.any(String)]);
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
    });

    it('do not mix with those of requests at the same time', async () => {
      const others = [await pinned(), new Browser(running)];
      const asked = Array.from({ length: 30 }, (_, index) => [browser, ...others][index % 3]!);
      const answers = await Promise.all(asked.map((one) => one.get('/scopes/nested/slave')));
      const frees = [free, 'master', 'slave2'];
      expect(answers.map(({ body }) => (body as string[])[0])).toEqual(
        asked.map((_, index) => frees[index % 3]),
      );
    });
  });

  describe('cookieless clients', () => {
    const curl = { 'user-agent': 'curl/8', 'accept-encoding': 'gzip', 'accept-language': 'en' };
    const cookieless = (store = new MemoryStore()) =>
      ({ pin: { by: 'time', cookieless: { store } } }) as const;
    const without = (app: RunningApp, headers: Record<string, string> = curl) =>
      new Browser(app, headers, false);

    it('are pinned by their fingerprint, in all processes that share the store', async () => {
      const options = cookieless();
      const [one, other] = [await start(options), await start(options)];
      expect((await without(one).get('/posts/read')).engines).toBe(BALANCED);
      await without(one).post('/posts/write');
      expect((await without(one).get('/posts/read')).engines).toBe(PINNED);
      expect((await without(other).get('/posts/read')).engines).toBe(PINNED);
    });

    it('are told apart by user agent, encodings and languages', async () => {
      const app = await start(cookieless());
      await without(app).post('/posts/write');
      for (const name of Object.keys(curl)) {
        const other = without(app, { ...curl, [name]: 'other' });
        expect((await other.get('/posts/read')).engines).toBe(BALANCED);
      }
    });

    it('are pinned for 15 s, of which the store is told, under a hash', async () => {
      const store = new MemoryStore();
      const app = await start(cookieless(store));
      wallClock.stop();
      await without(app).post('/posts/write');
      wallClock.pass(15.1);
      const { engines } = await without(app).get('/posts/read');
      wallClock.go();
      expect([engines, store.ttlsMs]).toEqual([BALANCED, [15_000]]);
      expect([...store.values.keys()]).toEqual([expect.stringMatching(/^database-pin:default:[\w-]{43}$/)]);
    });

    it.each(['throws', 'refused-after', 'by-hand', 'raw', 'streams', 'redirects'])(
      'are pinned when the writing request ends so: %s',
      async (end) => {
        const app = await start(cookieless());
        await without(app).post(`/ends/${end}`);
        expect((await without(app).get('/posts/read')).engines).toBe(PINNED);
      },
    );

    it('get their response when the store has the pin, not before', async () => {
      const store = new MemoryStore();
      const app = await start(cookieless(store));
      const order: string[] = [];
      store.set = async (key, value) => {
        for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate);
        store.values.set(key, value);
        order.push('stored');
        return true;
      };
      await without(app).post('/posts/write');
      order.push('answered');
      expect(order).toEqual(['stored', 'answered']);
    });

    it('are believed a forwarded address only as far as the app trusts its proxies', async () => {
      const from = (ip: string) => ({ ...curl, 'x-forwarded-for': ip });
      const app = await start(cookieless());
      await without(app, from('203.0.113.1')).post('/posts/write');
      expect((await without(app, from('203.0.113.2')).get('/posts/read')).engines).toBe(PINNED);

      const trusting = await startTrusting(cookieless());
      await without(trusting, from('203.0.113.1')).post('/ends/refused-after');
      expect((await without(trusting, from('203.0.113.1')).get('/posts/read')).engines).toBe(PINNED);
      expect((await without(trusting, from('203.0.113.2')).get('/posts/read')).engines).toBe(BALANCED);
    });

    it('are told by a session cookie from those that keep cookies, who are not looked up', async () => {
      const store = new MemoryStore();
      const app = await start(cookieless(store));
      const browser = new Browser(app, curl);
      const first = await browser.get('/posts/read');
      expect(pinOf(first, 'multidb_use_cookies')).toBe(
        'multidb_use_cookies=1; Path=/; HttpOnly; SameSite=Lax',
      );
      expect(store.lookUps).toBe(1);
      await without(app).post('/posts/write');
      const lookUps = store.lookUps;
      const second = await browser.get('/posts/read');
      expect([second.engines, second.headers.getSetCookie()]).toEqual([BALANCED, []]);
      await browser.post('/posts/write');
      expect((await browser.get('/posts/read')).engines).toBe(PINNED);
      expect([store.lookUps, store.ttlsMs.length]).toEqual([lookUps, 1]);
    });

    it('are pinned where the store can not be read, and answered where it can not be written', async () => {
      const store = new MemoryStore();
      const app = await start(cookieless(store));
      store.get = () => Promise.reject(new Error('no store'));
      store.set = () => Promise.reject(new Error('no store'));
      expect(await without(app).get('/posts/read')).toMatchObject({ status: 200, engines: PINNED });
      expect((await without(app).post('/posts/write')).status).toBe(200);
    });

    it('keep their pins when the secret is rotated', async () => {
      const options = cookieless();
      const old = await start({ ...options, bookmark: { secret: 'the secret before that' } });
      const rotated = await start({
        ...options,
        bookmark: { secret: [SECRET, 'the secret before that'] },
      });
      await without(old).post('/posts/write');
      expect((await without(rotated).get('/posts/read')).engines).toBe(PINNED);
    });

    /** On Fastify without middleware, where only its own request knows the client's address. */
    async function startTrusting(options: Partial<DatabaseRoutingOptions>): Promise<RunningApp> {
      const isFastify = createAdapter() instanceof FastifyAdapter;
      const adapter = () =>
        isFastify ? new FastifyAdapter({ trustProxy: true, skipMiddie: true }) : createAdapter();
      const trustProxies = (app: INestApplication) =>
        isFastify || (app.getHttpAdapter().getInstance() as Settable).set('trust proxy', true);
      const app = await startApp(adapter, { ...pinningApp(replication, options), prepare: trustProxies });
      apps.push(app);
      return app;
    }
  });

  describe('by position after all', () => {
    it.each([
      ['pin.handlers', 'GET', '/posts/touch'],
      ['@DbWrite()', 'GET', '/posts/declared'],
      ['@DbWrite() when it throws', 'GET', '/posts/declared-throwing'],
      ['unsafeMethods', 'POST', '/posts/read'],
      ['unsafeMethods when it is refused', 'POST', '/ends/refused'],
      ['markWrite()', 'GET', '/posts/marked'],
    ])('%s makes the next request show what was written unseen', async (_how, method, path) => {
      const app = await start({
        pin: { by: 'position', unsafeMethods: true, handlers: ['PostsController.touch'] },
      });
      const browser = new Browser(app);
      await browser.get('/posts/read');
      const [answer, next] = await lagging(async () => {
        await replication.master.query(`INSERT INTO posts (title) VALUES ('unseen')`);
        return [await browser.ask(method, path), await browser.get('/posts/read')];
      });
      expect(pinOf(answer)).toBeUndefined();
      expect(next.engines).toBe('master;reason=bookmark');
    });

    it('is the default on PostgreSQL', async () => {
      const app = await start({ pin: { by: undefined } });
      const answer = await app.post('/posts/write');
      expect(answer.headers.get('database-bookmark')).not.toBeNull();
      expect(pinOf(answer)).toBeUndefined();
    });
  });
});

/** The engines of the first answer that fits, or of the last one: on a busy machine a question may take longer than the bound. */
async function untilAnswered(
  engines: RegExp,
  get: () => Promise<{ engines: string | null }>,
): Promise<string | null> {
  let answer = await get();
  for (let i = 0; i < 200 && !engines.test(answer.engines ?? ''); i++) answer = await get();
  return answer.engines;
}
