import { once } from 'node:events';
import { createServer } from 'node:net';

const HIGHEST = 65_535;

/** `PORT`, 3000 unless given; 0 lets the system choose one. */
export function portFromEnv({ PORT = '3000' }: NodeJS.ProcessEnv): number {
  if (/^\d+$/.test(PORT) && Number(PORT) <= HIGHEST) return Number(PORT);
  throw new Error(`PORT must be a number from 0 to ${HIGHEST}, got '${PORT}'`);
}

/** Rejects with `EADDRINUSE` where another process listens there. */
export async function assertFree(port: number, host: string): Promise<void> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
