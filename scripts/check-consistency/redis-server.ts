import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleepMs } from 'node:timers/promises';
import { Skipped } from './scenario.js';

const BINARY = 'redis-server';

/** A Redis in memory only, on a free port, that goes with this process. */
export class RedisServer {
  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
  ) {}

  static async start(): Promise<RedisServer> {
    if (spawnSync(BINARY, ['--version']).error) throw new Skipped(`no ${BINARY} binary on the PATH`);
    const port = await freePort();
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const process = spawn(BINARY, options, { stdio: 'ignore' });
    for (let attempt = 0; attempt < 100 && !(await answers(port)); attempt++) await sleepMs(50);
    return new RedisServer(process, `redis://127.0.0.1:${port}`);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill();
    await exited;
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
