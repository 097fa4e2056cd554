import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { Behaviour, OwnerApp } from './owner-app.js';

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface OwnerUser {
  readonly uid: number;
  readonly gid: number;
}

/** A process that started a replication, and what there is of it on the machine. */
export class OwnerProcess {
  output = '';
  private errors = '';
  readonly ended: Promise<Ending>;
  private readonly process: ChildProcess;

  constructor(
    app: OwnerApp,
    behaviour: Behaviour,
    readonly temporaryFolder: string,
    user?: OwnerUser,
  ) {
    const env = { PATH: process.env['PATH'], TMPDIR: temporaryFolder, HOME: '/nonexistent' };
    this.process = spawn(process.execPath, [app.scriptOf(behaviour)], { cwd: '/', env, ...user });
    this.process.stdout?.on('data', (text: Buffer) => (this.output += text.toString()));
    this.process.stderr?.on('data', (text: Buffer) => (this.errors += text.toString()));
    this.ended = once(this.process, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** The URLs of its servers, once they stand. */
  async started(): Promise<{ master: string; slave: string }> {
    const stopWaiting = new AbortController();
    void this.ended.then(() => stopWaiting.abort());
    while (!this.output.includes('\n')) {
      if (stopWaiting.signal.aborted)
        throw new Error(`the owner ended before its servers stood: ${this.errors}`);
      await once(this.process.stdout ?? this.process, 'data', { signal: stopWaiting.signal }).catch(
        () => undefined,
      );
    }
    return JSON.parse(this.output.slice(0, this.output.indexOf('\n')));
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** Its folders, which its pid tells from those of other owners. */
  async folders(): Promise<string[]> {
    return (await readdir(this.temporaryFolder)).filter((name) => this.mark.test(name));
  }

  /** The guardians of a running owner. */
  guardians(): number[] {
    return processes().flatMap(({ pid, parent, command }) =>
      parent === this.pid && command.includes('ROUTING_FOLDER') ? [pid] : [],
    );
  }

  /** The command lines of its servers' processes. */
  servers(): string[] {
    return processes().flatMap(({ command }) => (this.mark.test(command) ? [command] : []));
  }

  private get mark(): RegExp {
    return new RegExp(`pgrouting-[0-9a-f]{6}-[0-9a-f]{6}-${this.pid}-`);
  }
}

function processes() {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' }).split(
    '\n',
  );
  return lines.map((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return { pid: Number(pid), parent: Number(parent), command: command ?? '' };
  });
}
