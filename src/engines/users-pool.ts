import type { Knex } from 'knex';
import { type KnexConnection, clientOf } from '../knex-internals.js';
import type { Engine } from './engine.js';

/**
 * A pool that the user has made (`connectionPool`) outlives the engine. Knex forgets it at `destroy()`, with all connections that are
 * in use; here the end waits for them, and each is given back. While it is in use the engine knows it, to cut it off.
 */
export function giveBackToUsersPool(knex: Knex, engine: Engine): void {
  const client = clientOf(knex);
  const { pool, acquireConnection, destroy } = client;
  if (!client.config.connectionPool || !pool) return;
  const held = new Set<KnexConnection>();
  let allBack = (): void => undefined;
  client.acquireConnection = async () => {
    const connection = await acquireConnection.call(client);
    held.add(connection);
    engine.opened(connection);
    return connection;
  };
  client.releaseConnection = async (connection) => {
    if (!held.delete(connection)) return;
    engine.leaves(connection);
    pool.release(connection);
    if (held.size === 0) allBack();
  };
  client.destroy = async (callback) => {
    if (held.size > 0) await new Promise<void>((resolve) => (allBack = resolve));
    return destroy.call(client, callback);
  };
}
