import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '../../../src/testing/free-port.js';
import type { PostgresConnection, PostgresServer } from '../../../src/testing/index.js';
import { waitUntil } from '../../../src/testing/wait-until.js';
import { Proxy } from '../../common/proxies.js';

const HOST = '127.0.0.1';
const SOCKET = 'admin.sock';
const NAMES = ['writer', 'readers'] as const;

type Name = (typeof NAMES)[number];

/** Where the two names lead to. */
export type Leads = Readonly<Record<Name, readonly PostgresServer[]>>;

/**
 * A real HAProxy with two names, as operators have them: one leads to the master and one to the slaves, and both are led anew
 * after a promotion. Connections that are open stay where they are, unless their server ends them.
 */
export class SwitchedHaproxy {
  private constructor(
    private readonly proxy: Proxy,
    private readonly servers: readonly PostgresServer[],
    private readonly ports: Readonly<Record<Name, number>>,
  ) {}

  static async start(servers: readonly PostgresServer[]): Promise<SwitchedHaproxy> {
    const ports = { writer: await freePort(), readers: 0 };
    const proxy = await Proxy.start(
      'haproxy',
      (folder) => ['-f', join(folder, 'haproxy.cfg')],
      (port, folder) => ({
        'haproxy.cfg': configuration(join(folder, SOCKET), servers, { ...ports, readers: port }),
      }),
    );
    await waitUntil({ what: "HAProxy's socket", timeoutMs: 30_000 }, () =>
      existsSync(join(proxy.folder, SOCKET)),
    );
    return new SwitchedHaproxy(proxy, servers, { ...ports, readers: proxy.port });
  }

  address(name: Name): PostgresConnection {
    return { ...this.servers[0]!.connection, host: HOST, port: this.ports[name] };
  }

  async lead(leads: Leads): Promise<void> {
    const commands = NAMES.flatMap((name) =>
      this.servers.map((server) => {
        const state = leads[name].includes(server) ? 'ready' : 'maint';
        return `set server ${name}/${server.name} state ${state}`;
      }),
    );
    const socket = connect(join(this.proxy.folder, SOCKET));
    await once(socket, 'connect');
    socket.end(`${commands.join(';')}\n`);
    const answer = (await text(socket)).trim();
    if (answer !== '') throw new Error(`HAProxy refused to lead elsewhere: ${answer}`);
  }

  stop(): Promise<void> {
    return this.proxy.stop();
  }
}

function configuration(
  socket: string,
  servers: readonly PostgresServer[],
  ports: Readonly<Record<Name, number>>,
): string {
  const listens = NAMES.flatMap((name) => [
    `listen ${name}`,
    `  bind ${HOST}:${ports[name]}`,
    '  balance roundrobin',
    ...servers.map((server) => `  server ${server.name} ${server.connection.host}:${server.connection.port}`),
  ]);
  return [
    'global',
    `  stats socket ${socket} level admin`,
    'defaults',
    '  mode tcp',
    '  timeout connect 2s',
    '  timeout client 1h',
    '  timeout server 1h',
    ...listens,
    '',
  ].join('\n');
}
