import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/testing/free-port.js';
import type { PostgresConnection } from '../../src/testing/index.js';
import { waitUntil } from '../../src/testing/wait-until.js';

/** For a program that does not listen; a busy machine may be slow. */
const LISTENS_WITHIN_MS = 30_000;

/** The programs that are not there; Debian's packages are called the same. */
export function missingPrograms(...names: string[]): string[] {
  return names.filter((name) => {
    try {
      execFileSync('sh', ['-c', `command -v ${name}`]);
      return false;
    } catch {
      return true;
    }
  });
}

/** A program of somebody else's that listens on a port of its own, with its files in a folder of its own. */
export class Proxy {
  private constructor(
    private readonly child: ChildProcess,
    readonly folder: string,
    readonly port: number,
  ) {}

  static async start(
    command: string,
    args: (folder: string) => string[],
    files: (port: number, folder: string) => Record<string, string>,
  ): Promise<Proxy> {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), `${command}-`));
    chmodSync(folder, 0o777); // PgBouncer gives up root
    const port = await freePort();
    for (const [name, text] of Object.entries(files(port, folder)))
      writeFileSync(join(folder, name), text, { mode: 0o644 });
    const child = spawn(command, args(folder), { stdio: 'ignore' });
    await waitUntil({ what: `${command} to listen`, timeoutMs: LISTENS_WITHIN_MS }, () => listens(port));
    return new Proxy(child, folder, port);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** HAProxy gives each connection to the next server. */
export function startHaproxy(targets: readonly PostgresConnection[]): Promise<Proxy> {
  const servers = targets.map(({ host, port }, n) => `  server s${n} ${host}:${port}`);
  return Proxy.start(
    'haproxy',
    (folder) => ['-f', join(folder, 'haproxy.cfg')],
    (port) => ({
      'haproxy.cfg': [
        'defaults',
        '  mode tcp',
        '  timeout connect 2s',
        '  timeout client 1h',
        '  timeout server 1h',
        'listen postgres',
        `  bind 127.0.0.1:${port}`,
        '  balance roundrobin',
        ...servers,
        '',
      ].join('\n'),
    }),
  );
}

/** PgBouncer lends a connection to a server for a transaction each, or for as long as a client stays. */
export function startPgbouncer(
  { host, port: target, user, password, database }: PostgresConnection,
  mode: 'transaction' | 'session' = 'transaction',
): Promise<Proxy> {
  const isRoot = process.getuid?.() === 0;
  return Proxy.start(
    'pgbouncer',
    (folder) => [...(isRoot ? ['-u', 'nobody'] : []), join(folder, 'pgbouncer.ini')],
    (port, folder) => ({
      'users.txt': `"${user}" "${password}"\n`,
      'pgbouncer.ini': [
        '[databases]',
        `${database} = host=${host} port=${target}`,
        '[pgbouncer]',
        'listen_addr=127.0.0.1',
        `listen_port=${port}`,
        'auth_type=plain',
        `auth_file=${folder}/users.txt`,
        `pool_mode=${mode}`,
        'default_pool_size=20',
        'server_lifetime=2',
        'server_login_retry=1',
        'unix_socket_dir=',
        '',
      ].join('\n'),
    }),
  );
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
