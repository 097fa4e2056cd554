import { describe, expect, it } from '@jest/globals';
import { commitFailureOf } from '../../../src/dispatch/commit-failure.js';

const failure = (error: object) => Object.assign(new Error('no'), error);

describe('whether a transaction whose COMMIT failed may have been applied', () => {
  it.each<[string, object]>([
    ['the connection broke on the way', { code: 'ECONNRESET' }],
    [
      'the connection broke on the way, which pg tells without a code',
      { message: 'Connection terminated unexpectedly' },
    ],
    ['EPIPE, which looks like a SQL state', { code: 'EPIPE' }],
    ['the operator ended the session', { code: '57P01' }],
    ['the driver gave up waiting', { message: 'Query read timeout' }],
  ])('it may: %s', (_what, error) => {
    expect(commitFailureOf(failure(error))).toEqual({ mayHaveBeenApplied: true, commitCode: undefined });
  });

  it.each<[string, object, string]>([
    ['the server does not know', { code: '40003' }, '40003'],
    ['the disk is full', { code: '53100' }, '53100'],
    ['the question after COMMIT may have been refused', { code: '42501' }, '42501'],
    ['the question after COMMIT may have been cancelled', { code: '57014' }, '57014'],
  ])('it may, and the code is kept: %s', (_what, error, commitCode) => {
    expect(commitFailureOf(failure(error))).toEqual({ mayHaveBeenApplied: true, commitCode });
  });

  it.each<[string, object, string | undefined]>([
    ['a deferred constraint', { code: '23505' }, '23505'],
    ['a serialization failure', { code: '40001' }, '40001'],
    ['a deadlock', { code: '40P01' }, '40P01'],
    ['an idle transaction', { code: '25P03' }, '25P03'],
    ['a deferred trigger that raises', { code: 'P0001' }, 'P0001'],
    ['a conflict in a MySQL cluster', { code: 'ER_LOCK_DEADLOCK', sqlState: '40001' }, 'ER_LOCK_DEADLOCK'],
    [
      'it was never sent',
      { message: 'Client has encountered a connection error and is not queryable' },
      undefined,
    ],
    [
      'it was never sent, to a closed client',
      { message: 'Client was closed and is not queryable' },
      undefined,
    ],
  ])('it was certainly not: %s', (_what, error, commitCode) => {
    expect(commitFailureOf(failure(error))).toEqual({ mayHaveBeenApplied: false, commitCode });
  });

  it.each([undefined, null, 'text'])('it may where a driver rejects with %p', (error) => {
    expect(commitFailureOf(error)).toEqual({ mayHaveBeenApplied: true, commitCode: undefined });
  });
});
