import { describe, expect, it } from '@jest/globals';
import knex, { type Knex } from 'knex';
import { rejectWaiting } from '../../../src/engines/waiting-acquires.js';
import { classesOf, clientOf } from '../../../src/knex-internals.js';

/** A real pool of one connection, to a server that is not there; Knex logs to `logged`. */
function poolOfOne(logged: string[] = []): Knex {
  const { Client } = classesOf(clientOf(knex({ client: 'pg' })));
  class Stub extends Client {
    override async acquireRawConnection(): Promise<object> {
      return {};
    }
    override async destroyRawConnection(): Promise<void> {}
  }
  const client = Stub as unknown as typeof Knex.Client;
  const log = { warn: (text: string) => void logged.push(text) };
  return knex({ client, connection: {}, pool: { min: 0, max: 1 }, log });
}

describe('those who wait for a connection of a pool', () => {
  it('get the error at once, and who comes later gets a connection', async () => {
    const logged: string[] = [];
    const db = poolOfOne(logged);
    const client = clientOf(db);
    const held = await client.acquireConnection();
    const waiting = [client.acquireConnection(), client.acquireConnection()];
    rejectWaiting(db, new Error('it is cut'));
    for (const one of await Promise.allSettled(waiting))
      expect(one).toMatchObject({ status: 'rejected', reason: { message: 'it is cut' } });
    expect(logged).toEqual(Array(2).fill(expect.stringMatching(/^Acquire connection error: .*it is cut/)));
    const later = client.acquireConnection();
    await client.releaseConnection(held);
    expect(await later).toBe(held);
    await client.releaseConnection(held);
    await db.destroy();
  });

  it('are none where there is no pool', () => {
    expect(() => rejectWaiting({} as Knex, new Error('it is cut'))).not.toThrow();
  });
});
