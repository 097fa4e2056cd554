import { describe, expect, it } from '@jest/globals';
import * as terminus from '../../src/terminus/index.js';
import * as testing from '../../src/testing/index.js';
import * as root from '../../src/index.js';

describe('the public names', () => {
  it('of the package, at run time', () => {
    expect(Object.keys(root).toSorted()).toEqual([
      'BalancedSession',
      'ConnectionSettingsError',
      'Consistency',
      'DatabaseRouting',
      'DatabaseRoutingError',
      'DatabaseRoutingModule',
      'DbWrite',
      'InjectBalancedSession',
      'InjectDatabaseRouting',
      'InjectKnex',
      'InvalidOptionsError',
      'LeastBusyBalancer',
      'MasterBehindError',
      'NoContextError',
      'RandomBalancer',
      'ReadThenWriteError',
      'RoundRobinBalancer',
      'RunAsJob',
      'SlavesUnavailableError',
      'TwoMastersError',
      'UnknownEngineError',
      'UsingEngine',
      'WithEngine',
      'WriteFailedError',
      'WriteOnSlaveError',
      'bounded',
      'createDatabaseRouting',
      'fromDns',
      'getBalancedSessionToken',
      'getDatabaseRoutingToken',
      'getKnexToken',
      'optionsFromEnv',
    ]);
  });

  it('of ./testing, those of the replication', () => {
    expect(Object.keys(testing)).toEqual(
      expect.arrayContaining(['FaultProxy', 'PostgresServer', 'PostgresSlave', 'ReplicatedPostgres', 'ReplicatedPostgresError', 'startFaultProxy', 'startReplicatedPostgres']), // prettier-ignore
    );
  });

  it('of ./terminus', () => {
    expect(Object.keys(terminus)).toEqual(['DatabaseRoutingHealthIndicator']);
  });

  it('have one root of errors, each with a code of its own', () => {
    const { DatabaseRoutingError, ...names } = root;
    const errors = [
      new names.InvalidOptionsError('x'),
      new names.UnknownEngineError('a', ['master'], 'x'),
      new names.MasterBehindError(),
      new names.NoContextError(),
      new names.ReadThenWriteError('stock'),
      new names.WriteOnSlaveError('slave1', 'it writes'),
      new names.SlavesUnavailableError('slave1 is down'),
      new names.TwoMastersError(),
      new names.ConnectionSettingsError('slave1', new Error('x')),
      new names.WriteFailedError('master', false, { cause: new Error('x') }),
    ];
    for (const error of errors) expect(error).toBeInstanceOf(DatabaseRoutingError);
    expect(Object.fromEntries(errors.map(({ name, code }) => [name, code]))).toEqual({
      InvalidOptionsError: 'DATABASE_ROUTING_INVALID_OPTIONS',
      ConnectionSettingsError: 'DATABASE_ROUTING_CONNECTION_SETTINGS',
      UnknownEngineError: 'DATABASE_ROUTING_UNKNOWN_ENGINE',
      MasterBehindError: 'DATABASE_ROUTING_MASTER_BEHIND',
      NoContextError: 'DATABASE_ROUTING_NO_CONTEXT',
      ReadThenWriteError: 'DATABASE_ROUTING_READ_THEN_WRITE',
      WriteOnSlaveError: 'DATABASE_ROUTING_WRITE_ON_SLAVE',
      SlavesUnavailableError: 'DATABASE_ROUTING_SLAVES_UNAVAILABLE',
      TwoMastersError: 'DATABASE_ROUTING_TWO_MASTERS',
      WriteFailedError: 'DATABASE_ROUTING_WRITE_FAILED',
    });
    const isExported = (name: string) => name.endsWith('Error') && name !== 'DatabaseRoutingError';
    expect(errors.map(({ name }) => name).toSorted()).toEqual(
      Object.keys(root).filter(isExported).toSorted(),
    );
  });
});
