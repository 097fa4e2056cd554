import { describe, expect, it } from '@jest/globals';
import { enginePool, probePool } from '../../../src/engines/engine-pools.js';
import { stubEngine } from './stub-engine.js';

type AfterCreate = (connection: object, done: (error?: Error | null) => void) => void;

describe.each([
  ['its queries', enginePool],
  ['its probes', probePool],
])('`afterCreate` of the user on the pool of %s', (_which, poolOf) => {
  const created = (afterCreate: AfterCreate) =>
    new Promise<Error | null | undefined>((resolve) => {
      const pool = poolOf({ afterCreate }, () => stubEngine('master', 'master'));
      (pool.afterCreate as AfterCreate)({}, resolve);
    });

  it('that throws has the connection fail, and not the process', async () => {
    const throwing = () => {
      throw new Error('boom');
    };
    expect(await created(throwing)).toEqual(new Error('boom'));
  });

  it('that calls back is heard', async () => {
    expect(await created((_connection, done) => done(new Error('no')))).toEqual(new Error('no'));
    expect(await created((_connection, done) => done())).toBeUndefined();
  });
});
