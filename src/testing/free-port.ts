import { once } from 'node:events';
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

/**
 * Below the ports that systems give to outgoing connections (32768 on Linux, 49152 on macOS): a server that is down for
 * a moment must find its port free when it comes back.
 */
const FIRST = 20_000;
const END = 32_000;

/** A port of 127.0.0.1 that is free now. Another process may take it before a server does. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, END);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
