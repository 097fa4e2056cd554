import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, chmodSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../src/testing/free-port.js';
import { eventually } from '../testing/eventually.js';

/** MariaDB refuses root, and Debian's package makes this user for it. */
const USER = process.getuid?.() === 0 ? ['--user=mysql'] : [];

/** A MariaDB of its own, in a temporary folder, whose root needs no password. */
export class MariadbServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly url: string,
  ) {}

  static async start(): Promise<MariadbServer> {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mariadb-'));
    chmodSync(folder, 0o777);
    const [data, socket, port] = [join(folder, 'data'), join(folder, 'socket'), await freePort()];
    const install = [`--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'];
    execFileSync('mariadb-install-db', ['--no-defaults', ...install, ...USER], { stdio: 'ignore' });
    const listening = [`--socket=${socket}`, `--port=${port}`, '--bind-address=127.0.0.1'];
    const small = ['--innodb-buffer-pool-size=8M', '--innodb-log-file-size=8M', '--skip-name-resolve'];
    const args = ['--no-defaults', `--datadir=${data}`, ...listening, ...small, ...USER];
    const child = spawn('mariadbd', args, { stdio: 'ignore' });
    await eventually(() => canConnect(port));
    return new MariadbServer(child, folder, `mysql://root@127.0.0.1:${port}/mysql`);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function canConnect(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(void socket.destroy()));
    socket.once('error', reject);
  });
}
