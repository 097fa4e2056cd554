import type { KnexClient, KnexConnection } from '../knex-internals.js';

/**
 * A client for one stream. Knex 3 releases a stream's connection twice, when the stream closes and when its query ends;
 * by the second time the pool may have given it to somebody else, who would share it from then on.
 */
export function releasingOnce(client: KnexClient): KnexClient {
  const acquired = new Set<KnexConnection>();
  return Object.create(client, {
    acquireConnection: {
      async value(this: KnexClient) {
        const connection = await client.acquireConnection.call(this);
        acquired.add(connection);
        return connection;
      },
    },
    releaseConnection: {
      async value(this: KnexClient, connection: KnexConnection) {
        if (acquired.delete(connection)) await client.releaseConnection.call(this, connection);
      },
    },
  }) as KnexClient;
}
