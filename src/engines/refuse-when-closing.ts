import type { Knex } from 'knex';

/** What is used of Knex's client; private there. */
interface PoolOfClient {
  acquireConnection(): Promise<unknown>;
  destroy(callback?: unknown): Promise<void>;
  initializePool(config: Knex.Config): void;
}

/**
 * From `destroy()` on a pool gives no connection. Tarn tells that to those who ask before it has closed the last one, and lets
 * those who come a moment later wait for their whole timeout, with a timer that keeps the process.
 */
export function refuseWhenClosing({ client }: Knex, engine: string): void {
  const pool = client as PoolOfClient;
  const { acquireConnection, destroy, initializePool } = pool;
  let isClosed = false;
  pool.acquireConnection = () =>
    isClosed
      ? Promise.reject(new Error(`Unable to acquire a connection: ${engine} is closed`))
      : acquireConnection.call(pool);
  pool.destroy = (callback) => {
    isClosed = true;
    return destroy.call(pool, callback);
  };
  pool.initializePool = (config) => {
    initializePool.call(pool, config);
    isClosed = false;
  };
}
