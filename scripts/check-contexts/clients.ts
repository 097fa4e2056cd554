import { once } from 'node:events';
import type { INestApplication } from '@nestjs/common';
import type { ClientProxy } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { WebSocket } from 'ws';
import { Jobs } from './app.js';
import { ROLES, type Role, Watch } from './watch.js';

/** How many ask side by side. */
export const AT_ONCE = 64;
const SOCKETS = 16;

/** Those who ask: each at a time of many goes through all transports in turn. */
export class Clients {
  private tasks = 0;

  private constructor(
    private readonly url: string,
    private readonly jobs: Jobs,
    private readonly tcp: ClientProxy,
    private readonly sockets: readonly WebSocket[],
    private readonly watch: Watch,
  ) {}

  static async connect(app: INestApplication, tcp: ClientProxy): Promise<Clients> {
    const url = await app.getUrl();
    const sockets = Array.from({ length: SOCKETS }, () => new WebSocket(url.replace('http', 'ws')));
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    for (const socket of sockets) socket.setMaxListeners(AT_ONCE * 2);
    return new Clients(url, app.get(Jobs), tcp, sockets, app.get(Watch));
  }

  async work(contexts: number): Promise<void> {
    const isDone = () => Object.values(this.watch.seen).reduce((sum, count) => sum + count, 0) >= contexts;
    const one = async (): Promise<void> => {
      while (!isDone()) await this.ask();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    for (const socket of this.sockets) socket.close();
  }

  private async ask(): Promise<void> {
    const number = this.tasks++;
    const id = `task ${number}`;
    const role = ROLES[Math.floor(number / 6) % ROLES.length]!;
    const path = role === 'forced' ? 'forced' : 'work';
    switch (number % 6) {
      case 0:
        return this.get(`/${path}?id=${encodeURIComponent(id)}&role=${role}`);
      case 1:
        return this.operation(id, role);
      case 2:
        return this.overSocket(number % SOCKETS, path, { id, role });
      case 3:
        return void (await firstValueFrom(this.tcp.send(path, { id, role })));
      case 4:
        return void (await this.jobs.decorated({ id, role: role === 'forced' ? 'plain' : role }));
      default:
        return void (await this.jobs.emit({ id, role: role === 'forced' ? 'plain' : role }));
    }
  }

  private async get(path: string, init?: RequestInit): Promise<void> {
    const response = await fetch(`${this.url}${path}`, init);
    const text = await response.text();
    if (response.status !== 200 || text.includes('"errors"')) throw new Error(`${path} answered ${text}`);
  }

  private operation(id: string, role: Role): Promise<void> {
    const kind = role === 'writer' ? 'mutation' : 'query';
    const fields = `id field(isWriter: ${role === 'writer'})`;
    const query = `${kind} { a: ${role}(id: "${id}") { ${fields} } b: ${role}(id: "${id}") { ${fields} } }`;
    const headers = { 'content-type': 'application/json' };
    return this.get('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
  }

  private async overSocket(number: number, event: string, task: { id: string; role: Role }): Promise<void> {
    const socket = this.sockets[number]!;
    const data = { ...task, client: `socket ${number}` };
    const done = new Promise<void>((resolve) => {
      const heard = (message: Buffer): void => {
        if ((JSON.parse(message.toString()) as { data: string }).data !== task.id) return;
        socket.off('message', heard);
        resolve();
      };
      socket.on('message', heard);
    });
    socket.send(JSON.stringify({ event, data }));
    await done;
  }
}
