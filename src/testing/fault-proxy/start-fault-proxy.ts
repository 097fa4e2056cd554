import type { PostgresConnection } from '../postgres-server.js';
import { FaultProxy } from './fault-proxy.js';

/**
 * Puts a proxy before a server, on a free port of 127.0.0.1:
 * `const proxy = await startFaultProxy(db.slave('slave1').connection)`. Stop it before the server.
 */
export async function startFaultProxy(target: PostgresConnection): Promise<FaultProxy> {
  const proxy = new FaultProxy(target);
  await proxy.start();
  return proxy;
}
