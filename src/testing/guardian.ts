import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmdir } from 'node:fs/promises';
import { Socket } from 'node:net';
import { CLEANUP_SCRIPT } from './cleanup.script.js';
import { ReplicatedPostgresError } from './replicated-postgres.error.js';
import type { RunFolder } from './run-folder.js';
import { SERVER_ENVIRONMENT } from './server-environment.js';

/**
 * Stands by a replication and outlives its owner, to end the servers and remove the data. The normal stop goes the same
 * way. No handler for signals or exit is needed in the owner, so how it ends stays its own affair.
 */
export class Guardian {
  private readonly process: ChildProcess;

  constructor(private readonly folder: RunFolder) {
    this.process = spawn('/bin/sh', ['-c', CLEANUP_SCRIPT], {
      ...folder.user,
      cwd: '/',
      env: { ...SERVER_ENVIRONMENT, ROUTING_FOLDER: folder.path },
      // Its own session: Ctrl-C in a terminal goes to the whole group of the owner.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.process.on('error', () => undefined);
    this.process.stdin?.on('error', () => undefined);
    // A replication that nobody stopped must not keep its owner alive.
    this.process.unref();
    if (this.process.stdin instanceof Socket) this.process.stdin.unref();
  }

  /** Ends the servers and removes the data; resolves when both are gone. */
  async cleanUp(): Promise<void> {
    if ((await this.end()) !== 0) await new Guardian(this.folder).end();
    // The servers' user may remove what is in the folder, but the folder itself only where tmpdir() is open to all.
    await rmdir(this.folder.path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') throw notRemoved(this.folder.path, cause);
    });
  }

  private async end(): Promise<number | null> {
    const { process } = this;
    if (process.exitCode === null && process.signalCode === null && process.pid !== undefined) {
      process.ref();
      const exited = once(process, 'exit');
      process.stdin?.end();
      await exited;
    }
    return process.exitCode;
  }
}

function notRemoved(path: string, cause: unknown): ReplicatedPostgresError {
  const message = `${path} could not be removed; end what uses it and remove it by hand`;
  return new ReplicatedPostgresError('COMMAND_FAILED', message, { cause });
}
