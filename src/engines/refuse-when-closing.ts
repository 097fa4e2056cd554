import type { Knex } from 'knex';
import { clientOf } from '../knex-internals.js';

/**
 * From `destroy()` on a pool gives no connection. Tarn tells that to those who ask before it has closed the last one, and lets
 * those who come a moment later wait for their whole timeout, with a timer that keeps the process.
 */
export function refuseWhenClosing(knex: Knex, engine: string): void {
  const client = clientOf(knex);
  const { acquireConnection, destroy, initializePool } = client;
  let isClosed = false;
  client.acquireConnection = () =>
    isClosed
      ? Promise.reject(new Error(`Unable to acquire a connection: ${engine} is closed`))
      : acquireConnection.call(client);
  client.destroy = (callback) => {
    isClosed = true;
    return destroy.call(client, callback);
  };
  client.initializePool = (config) => {
    initializePool.call(client, config);
    isClosed = false;
  };
}
