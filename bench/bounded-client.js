import { setTimeout as sleepMs } from 'node:timers/promises';
import { StubClient } from './stub-client.js';

/** How long each query of the benchmark's holds its connection. */
export const SERVICE_MS = 10;

/** An engine whose capacity is its connections times the queries that each can serve in a second. */
export class BoundedClient extends StubClient {
  async _query(connection, query) {
    if (query.sql.includes('posts')) await sleepMs(SERVICE_MS);
    return super._query(connection, query);
  }
}
