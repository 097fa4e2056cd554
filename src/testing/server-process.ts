import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ReplicatedPostgresError } from './replicated-postgres.error.js';
import { SERVER_ENVIRONMENT } from './server-environment.js';
import { listServerProcesses, type ServerMark } from './server-process-list.js';
import type { ServerUser } from './server-user.js';
import { waitUntil } from './wait-until.js';

export interface ServerProcessOptions extends ServerMark {
  readonly name: string;
  readonly binaries: string;
  readonly logFile: string;
  readonly user: ServerUser | undefined;
  readonly timeoutMs: number;
}

/** `port-taken`: another process was there first; `memory-held`: the kernel still cleans up after a killed run. */
export type StartOutcome = 'ready' | 'port-taken' | 'memory-held';

/** What the log of a server says that may be started a moment later. */
const OBSTACLES: readonly { logged: string; outcome: StartOutcome }[] = [
  { logged: 'Address already in use', outcome: 'port-taken' },
  { logged: 'pre-existing shared memory block', outcome: 'memory-held' },
];

/** How long a server may take to shut down in peace: a frozen slave would hold its master up for a minute. */
const PEACEFUL_STOP_MS = 5_000;
const IMMEDIATE_STOP_MS = 2_000;

/** One server's processes: the postmaster and its children. Knows signals and files, no SQL. */
export class ServerProcess {
  private postmaster: ChildProcess | undefined;
  private frozen = false;
  private ready = false;

  constructor(private readonly options: ServerProcessOptions) {}

  get isRunning(): boolean {
    return (
      this.postmaster !== undefined &&
      this.postmaster.exitCode === null &&
      this.postmaster.signalCode === null
    );
  }

  /** Whether it took connections when it started, and runs since. */
  get isReady(): boolean {
    return this.ready && this.isRunning;
  }

  get isFrozen(): boolean {
    return this.frozen && this.isRunning;
  }

  /** Resolves when the server takes connections, or when it can't yet. */
  async start(port: number): Promise<StartOutcome> {
    const logged = (await this.log()).length;
    const postmaster = await this.spawn(port);
    this.postmaster = postmaster;
    this.frozen = false;
    this.ready = false;
    return this.wait('to take connections', async () => {
      this.ready = await this.saysReady(postmaster.pid);
      if (this.ready) return 'ready';
      if (this.isRunning) return undefined;
      const log = (await this.log()).slice(logged);
      const obstacle = OBSTACLES.find(({ logged: text }) => log.includes(text));
      if (obstacle) return obstacle.outcome;
      throw new ReplicatedPostgresError(
        'START_FAILED',
        `${this.options.name} did not start; its log ends:\n${tail(log)}`,
      );
    });
  }

  /** A fast shutdown, as an operator would do it; where that takes too long, or the server is frozen, the hard way. */
  stop(): Promise<void> {
    return this.shutDown('SIGINT', PEACEFUL_STOP_MS);
  }

  /**
   * For a server whose data goes: at once, but with a postmaster that reaps its children. In a container without an
   * init nobody else does, and each killed server would leave its zombies there.
   */
  end(): Promise<void> {
    return this.shutDown('SIGQUIT', IMMEDIATE_STOP_MS);
  }

  async kill(): Promise<void> {
    // The postmaster first: it takes the death of a child for a crash and starts the others again.
    signal(this.postmaster?.pid, 'SIGKILL', this.isRunning);
    await this.wait('to be killed', () => {
      const left = listServerProcesses(this.options);
      for (const { pid } of left) signal(pid, 'SIGKILL');
      return left.length === 0 && !this.isRunning;
    });
    this.frozen = false;
  }

  async freeze(): Promise<void> {
    this.mustRun('freeze');
    this.frozen = true;
    let quietRounds = 0;
    // Two rounds: while the first one looked, the postmaster may have forked a child before it stopped.
    await this.wait('to freeze', () => {
      const moving = listServerProcesses(this.options).filter(({ isStopped }) => !isStopped);
      for (const { pid } of moving) signal(pid, 'SIGSTOP');
      quietRounds = moving.length === 0 ? quietRounds + 1 : 0;
      return quietRounds === 2;
    });
  }

  async unfreeze(): Promise<void> {
    this.mustRun('unfreeze');
    await this.wait('to thaw', () => {
      const stopped = listServerProcesses(this.options).filter(({ isStopped }) => isStopped);
      for (const { pid } of stopped) signal(pid, 'SIGCONT');
      return stopped.length === 0;
    });
    this.frozen = false;
  }

  async log(): Promise<string> {
    return readFile(this.options.logFile, 'utf8').catch(() => '');
  }

  private async shutDown(how: 'SIGINT' | 'SIGQUIT', timeoutMs: number): Promise<void> {
    if (!this.isRunning) return;
    if (!this.frozen) {
      signal(this.postmaster?.pid, how);
      await waitUntil({ what: 'shutdown', timeoutMs }, () => !this.isRunning).catch(() => undefined);
    }
    await this.kill();
  }

  private async spawn(port: number): Promise<ChildProcess> {
    const { binaries, dataFolder, clusterName, logFile, user } = this.options;
    const settings = {
      cluster_name: clusterName,
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const log = await open(logFile, 'a', 0o600);
    try {
      const postmaster = spawn(join(binaries, 'postgres'), ['-D', dataFolder, ...args], {
        ...user,
        cwd: '/',
        env: SERVER_ENVIRONMENT,
        // Its own session: Ctrl-C goes to the whole group of the owner, and how the owner takes it is its own affair.
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      await once(postmaster, 'spawn');
      postmaster.unref();
      return postmaster;
    } finally {
      await log.close();
    }
  }

  /** Line 1 of the file is the pid, which tells it from the file of a killed server; line 8 is the state. */
  private async saysReady(pid: number | undefined): Promise<boolean> {
    const file = await readFile(join(this.options.dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
    const lines = file.split('\n');
    return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
  }

  private wait<T>(
    what: string,
    ask: () => T | false | undefined | Promise<T | false | undefined>,
  ): Promise<T> {
    return waitUntil({ what: `${this.options.name} ${what}`, timeoutMs: this.options.timeoutMs }, ask);
  }

  private mustRun(action: string): void {
    if (this.isRunning) return;
    const { name } = this.options;
    throw new ReplicatedPostgresError(
      'NOT_RUNNING',
      `cannot ${action} ${name}: it is not running; restart() it first`,
    );
  }
}

function signal(pid: number | undefined, name: NodeJS.Signals, isAlive = true): void {
  if (pid === undefined || !isAlive) return;
  try {
    process.kill(pid, name);
  } catch {
    // Gone meanwhile; its waiter sees that in the next round.
  }
}

function tail(log: string): string {
  return log.trimEnd().split('\n').slice(-15).join('\n');
}
