import { describe, expect, it } from '@jest/globals';
import knex from 'knex';
import { refuseWhenClosing } from '../../../src/engines/refuse-when-closing.js';

const NOWHERE = { host: '127.0.0.1', port: 1 };

/** Whoever it lets in is told that nobody is there. */
function refusing() {
  const one = knex({ client: 'pg', connection: NOWHERE, log: { warn() {} } });
  refuseWhenClosing(one, 'slave1');
  return one;
}

describe('a pool', () => {
  it('gives no connection from the moment on when it is told to close', async () => {
    const one = refusing();
    const closed = one.destroy();
    await expect(one.raw('select 1')).rejects.toThrow('Unable to acquire a connection: slave1 is closed');
    await closed;
    await expect(one.raw('select 1')).rejects.toThrow('Unable to acquire a connection: slave1 is closed');
  });

  it('connects again once it was opened anew', async () => {
    const one = refusing();
    await one.destroy();
    one.initialize();
    await expect(one.raw('select 1')).rejects.toThrow('ECONNREFUSED');
    await one.destroy();
  });
});
