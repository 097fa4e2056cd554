import knex, { type Knex } from 'knex';
import { type KnexClient, type KnexConnection, classesOf, clientOf } from '../../src/knex-internals.js';
import type { TarnPool } from '../../src/pool-internals.js';

/** What a test asks of tarn beyond what routing does. */
export interface WholePool extends TarnPool<KnexConnection> {
  acquire(): { readonly promise: Promise<KnexConnection> };
  release(connection: KnexConnection): boolean;
  destroy(): Promise<void>;
  /** Ends what has been idle for too long; tarn does it every second. */
  check(): void;
  on(event: string, listener: (...args: unknown[]) => void): void;
  removeAllListeners(event: string): void;
}

export interface StubPool {
  readonly db: Knex;
  readonly client: KnexClient;
  readonly pool: WholePool;
  /** Those that were ended. */
  readonly ended: KnexConnection[];
}

/** PostgreSQL's Knex with connections to nowhere. */
export function stubClient(ended: KnexConnection[] = []) {
  const { Client } = classesOf(clientOf(knex({ client: 'pg' })));
  return class Stub extends Client {
    _driver(): object {
      return {};
    }
    override async acquireRawConnection(): Promise<KnexConnection> {
      return {};
    }
    override async destroyRawConnection(connection: KnexConnection): Promise<void> {
      ended.push(connection);
    }
  };
}

/** Knex's own pool, with connections to nowhere. */
export function stubPool(pool: Knex.PoolConfig = {}): StubPool {
  const ended: KnexConnection[] = [];
  const client = stubClient(ended) as unknown as typeof Knex.Client;
  const db = knex({ client, connection: {}, pool: { min: 0, max: 2, ...pool }, log: { warn() {} } });
  return { db, client: clientOf(db), pool: clientOf(db).pool as WholePool, ended };
}
