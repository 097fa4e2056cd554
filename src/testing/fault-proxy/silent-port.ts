import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleepMs } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** It listens and then sleeps, so that it never takes a connection out of the kernel's queue, which holds one or two. */
const LISTENER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: workerData.port, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage('listening');
    Atomics.wait(workerData.gate, 0, 0);
    server.close();
  });
`;

/** How long a connection on one machine takes at most, where there is room for it. */
const CONNECT_MS = 100;
const MOST_QUEUED = 16;

/**
 * A port that does not answer: neither accepts connections nor refuses them, as a host behind a firewall that drops
 * packets. Its queue of connections is full, and the kernel drops the packets of those who come.
 */
export class SilentPort {
  private readonly queued: Socket[] = [];

  private constructor(
    private readonly worker: Worker,
    private readonly gate: Int32Array,
  ) {}

  static async open(port: number): Promise<SilentPort> {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(LISTENER, { eval: true, workerData: { port, gate } });
    worker.unref();
    await once(worker, 'message');
    const silent = new SilentPort(worker, gate);
    await silent.fill(port);
    return silent;
  }

  async close(): Promise<void> {
    const exited = once(this.worker, 'exit');
    this.worker.ref();
    Atomics.store(this.gate, 0, 1);
    Atomics.notify(this.gate, 0);
    await exited;
    for (const socket of this.queued) socket.destroy();
  }

  private async fill(port: number): Promise<void> {
    for (let count = 0; count < MOST_QUEUED; count++) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      socket.unref();
      this.queued.push(socket);
      const connected = once(socket, 'connect').then(() => true);
      if (!(await Promise.race([connected, sleepMs(CONNECT_MS, false)]))) return;
    }
  }
}
