import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../../sample-app/dist/main.js');

export interface Answer {
  readonly status: number;
  readonly engines: string | null;
  readonly location: string | null;
  /** What a client would send back. */
  readonly cookie: string | undefined;
  readonly type: string | null;
  readonly text: string;
}

/** The built sample app, as a process of its own that leaves its files in a folder of its own. */
export class SampleAppProcess {
  static async start(env: NodeJS.ProcessEnv = {}): Promise<SampleAppProcess> {
    if (!existsSync(MAIN)) throw new Error('The sample app is not built: npm run build:all');
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'sample-app-'));
    // The servers' user is another one than root and must get in.
    await chmod(folder, 0o1777);
    return new SampleAppProcess(folder, env);
  }

  output = '';
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly process: ChildProcess;

  private constructor(
    private readonly folder: string,
    env: NodeJS.ProcessEnv,
  ) {
    const { PATH } = process.env;
    const own = { PATH, PORT: '0', NO_COLOR: '1', TMPDIR: folder, ...env };
    this.process = spawn(process.execPath, [MAIN], { cwd: '/', env: own });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (text: Buffer) => (this.output += text.toString()));
    this.ended = once(this.process, 'close').then(([code, signal]) => code ?? signal);
  }

  /** Resolves once it has said what to try. */
  async ready(): Promise<this> {
    let ended = false;
    void this.ended.then(() => (ended = true));
    while (!this.output.includes('Ctrl-C')) {
      if (ended) throw new Error(`the sample app ended: ${this.output}`);
      await Promise.race([once(this.process.stdout!, 'data'), this.ended]);
    }
    return this;
  }

  get url(): string {
    return /http:\/\/127\.0\.0\.1:\d+/.exec(this.output)![0];
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  async stop(): Promise<number | NodeJS.Signals> {
    this.signal('SIGINT');
    return this.ended;
  }

  request(path: string, init: RequestInit = {}): Promise<Answer> {
    return fetch(`${this.url}${path}`, { redirect: 'manual', ...init }).then(toAnswer);
  }

  get(path: string): Promise<Answer> {
    return this.request(path);
  }

  getPage(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request(path, { headers: { ...BROWSER, ...headers } });
  }

  send(method: string, path: string, body: unknown): Promise<Answer> {
    return this.request(path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /** As a browser sends a form. */
  submit(path: string, fields: Record<string, string> = {}): Promise<Answer> {
    return this.request(path, { method: 'POST', headers: BROWSER, body: new URLSearchParams(fields) });
  }

  /** Its data on the disk; the copy of the binaries is not counted, it stays for the next start. */
  async data(): Promise<string[]> {
    return (await readdir(this.folder)).filter((name) => !name.startsWith('pgrouting-binaries'));
  }

  /** The command lines of the servers that it started. */
  async servers(): Promise<string[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    return lines.filter((line) => line.includes(`-D\0${this.folder}`));
  }

  /** For the end of a test, also one that failed. */
  async remove(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

async function toAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response;
  return {
    status,
    engines: headers.get('database-engine'),
    location: headers.get('location'),
    cookie: headers.get('set-cookie')?.split(';')[0],
    type: headers.get('content-type'),
    text: await response.text(),
  };
}
