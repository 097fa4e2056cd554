import knex, { type Knex } from 'knex';
import { type KnexClient, type KnexConnection, clientOf } from '../knex-internals.js';
import { type TarnPool, isTarnPool, putBack, takeFree } from '../pool-internals.js';

/** What a client's connections come from; a client that has another of one of these may do more than Knex does. */
const WAYS = [
  'acquireConnection',
  'releaseConnection',
  'validateConnection',
  'initializePool',
  'getPoolSettings',
  'poolDefaults',
] as const;

/**
 * The free connections of an engine's pool, taken and put back in the same turn, without the promise and the timer that the pool
 * makes for each: they take as long as all that is decided about a query. Gives none where anything is unusual.
 */
export class FreeConnections {
  private readonly client: KnexClient;
  private looked: KnexClient['pool'];
  private tarn: TarnPool<KnexConnection> | undefined;

  constructor(
    of: Knex,
    private readonly isCurrent: (connection: KnexConnection) => boolean,
  ) {
    this.client = clientOf(of);
  }

  /** Undefined where only Knex itself can give one. */
  take(): KnexConnection | undefined {
    const { client } = this;
    const pool = this.pool();
    if (!pool || client.connectionConfigExpirationChecker) return undefined;
    return takeFree(pool, this.isUsable);
  }

  /** Whether it is back; else it has to be given to Knex. */
  putBack(connection: KnexConnection): boolean {
    const pool = this.pool();
    return pool !== undefined && putBack(pool, connection);
  }

  private pool(): TarnPool<KnexConnection> | undefined {
    const { pool } = this.client;
    if (pool !== this.looked) {
      this.looked = pool;
      this.tarn = pool && isTarnPool(pool) ? pool : undefined;
    }
    return this.tarn;
  }

  /** Knex says why it drops one that it has disposed of. */
  private readonly isUsable = (connection: KnexConnection): boolean =>
    connection.__knex__disposed === undefined && this.isCurrent(connection);
}

/** Whether all that Knex does with its pool is what `FreeConnections` does. Asked before anything of ours is put around it. */
export function hasOwnWays(
  of: Knex,
  { pool, connectionPool }: Knex.Config & { connectionPool?: unknown },
): boolean {
  const client: object = clientOf(of);
  const own: object = knex.Client.prototype;
  const isKnexs = (way: (typeof WAYS)[number]) => Reflect.get(client, way) === Reflect.get(own, way);
  return WAYS.every(isKnexs) && !connectionPool && !CHECKS.some((check) => pool && check in pool);
}

/** Options that have Knex look at a connection before it gives it. */
const CHECKS = ['validate', 'maxConnectionLifetimeMillis'];
