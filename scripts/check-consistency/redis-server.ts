import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleepMs } from 'node:timers/promises';
import { Skipped } from './scenario.js';

const BINARY = 'redis-server';
const ATTEMPTS = 100;

/** A Redis in memory only, on a free port, that goes with this process. */
export class RedisServer {
  private constructor(
    private readonly process: ChildProcess,
    readonly port: number,
  ) {}

  /** Debian's package has it, for one. */
  static get isInstalled(): boolean {
    return spawnSync(BINARY, ['--version']).error === undefined;
  }

  /** On a port where one was before, its clients find it again. */
  static async start(port?: number): Promise<RedisServer> {
    if (!RedisServer.isInstalled) throw new Skipped(`no ${BINARY} binary on the PATH`);
    const server = RedisServer.on(port ?? (await freePort()));
    for (let attempt = 0; !(await answers(server.port)); attempt++) {
      if (attempt === ATTEMPTS) throw new Error(`${BINARY} does not answer on port ${server.port}`);
      await sleepMs(50);
    }
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** It answers nobody, and keeps their connections, until it goes on. */
  freeze(): void {
    this.process.kill('SIGSTOP');
  }

  goOn(): void {
    this.process.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL'); // it has nothing to save, and may be frozen
    await exited;
  }

  private static on(port: number): RedisServer {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    return new RedisServer(spawn(BINARY, options, { stdio: 'ignore' }), port);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });
}
