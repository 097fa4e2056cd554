import { expect, it } from '@jest/globals';
import { createDatabaseRouting } from '../../../src/index.js';

it('a driver that is not installed is one sentence', () => {
  const create = () =>
    createDatabaseRouting({ client: 'oracledb', master: { connection: { host: 'none' } } });
  expect(create).toThrow(/^The driver oracledb is not installed: npm install oracledb$/);
});
