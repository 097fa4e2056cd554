import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type Server, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CookieJar } from 'tough-cookie';
import type { DatabaseRoutingOptions } from '../../../src/index.js';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../../src/testing/index.js';
import { OlderBuild, PREVIOUS, THIS_BUILD, hasCommit } from './builds.js';

const APP = join(import.meta.dirname, 'board-app.js');

/** One process of the app. */
class AppProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(build: string, options: DatabaseRoutingOptions): Promise<AppProcess> {
    const child = fork(APP, [build, JSON.stringify(options)]);
    const [url] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the app ended with ${code}`))),
    ])) as [string];
    return new AppProcess(child, url);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}

/** One address for several processes, in turn. */
class Balancer {
  targets: readonly AppProcess[] = [];
  private next = 0;
  private readonly server: Server = createServer((incoming, outgoing) => {
    const { url } = this.targets[this.next++ % this.targets.length]!;
    const { method, headers } = incoming;
    const passed = request(url + incoming.url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(passed);
  });

  async start(): Promise<string> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

/** A browser: it keeps its cookies, whoever has set them. */
class Browser {
  private readonly jar = new CookieJar();

  constructor(private readonly url: string) {}

  async write(title: string): Promise<void> {
    await this.ask({ method: 'POST', body: JSON.stringify({ title }) });
  }

  async titles(): Promise<string[]> {
    return (await this.ask({})).json() as Promise<string[]>;
  }

  private async ask(init: RequestInit): Promise<Response> {
    const headers = { 'content-type': 'application/json', cookie: await this.jar.getCookieString(this.url) };
    const response = await fetch(`${this.url}/posts`, { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) await this.jar.setCookie(cookie, this.url);
    expect(response.ok).toBe(true);
    return response;
  }
}

const isThere = hasCommit(PREVIOUS);
if (!isThere) console.warn(`Skipped: this checkout has no history, so that ${PREVIOUS} can't be built.`);

(isThere ? describe : describe.skip)('this version and the one before, behind one address', () => {
  let replication: ReplicatedPostgres;
  let older: OlderBuild;

  beforeAll(async () => {
    older = new OlderBuild(PREVIOUS);
    replication = await startReplicatedPostgres({ slaves: 2 });
    await replication.master.query('CREATE TABLE posts (title text NOT NULL)');
    await replication.caughtUp();
    // what is not carried from one process to the other would be missing on any slave for a while
    for (const name of ['slave1', 'slave2']) await replication.slave(name).delay(400);
  });

  afterAll(async () => {
    await replication?.stop();
    older?.remove();
  });

  it.each<[string, Partial<DatabaseRoutingOptions>]>([
    ['bookmarks', { bookmark: { secret: 'one for both versions', waitMs: 50 } }],
    ['pins by time', { pin: { by: 'time' } }],
  ])('show a client what it has written, through a deploy and a rollback, by %s', async (how, more) => {
    const options: DatabaseRoutingOptions = {
      client: 'pg',
      master: { connection: replication.master.connection },
      slaves: {
        slave1: { connection: replication.slave('slave1').connection },
        slave2: { connection: replication.slave('slave2').connection },
      },
      ...more,
    };
    const balancer = new Balancer();
    const url = await balancer.start();
    const browsers = [new Browser(url), new Browser(url)];
    const old = await AppProcess.start(older.entry, options);
    const current = await AppProcess.start(THIS_BUILD, options);
    for (const targets of [[old], [old, current], [current], [current, old], [old]]) {
      balancer.targets = targets;
      for (let n = 0; n < 6; n++) {
        const browser = browsers[n % 2]!;
        const title = `${how} ${Math.random()}`;
        await browser.write(title);
        expect(await browser.titles()).toContain(title);
        expect(await browser.titles()).toContain(title);
      }
    }
    await Promise.all([old.stop(), current.stop(), balancer.stop()]);
  });
});
