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
      'RandomBalancer',
      'RoundRobinBalancer',
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
    const { DatabaseRoutingError, InvalidOptionsError, UnknownEngineError, WriteOnSlaveError } = root;
    const errors = [
      new InvalidOptionsError('x'),
      new UnknownEngineError('a', ['master'], 'x'),
      new WriteOnSlaveError('slave1', 'it writes'),
    ];
    for (const error of errors) expect(error).toBeInstanceOf(DatabaseRoutingError);
    expect(errors.map(({ code }) => code)).toEqual([
      'DATABASE_ROUTING_INVALID_OPTIONS',
      'DATABASE_ROUTING_UNKNOWN_ENGINE',
      'DATABASE_ROUTING_WRITE_ON_SLAVE',
    ]);
    expect(errors.map(({ name }) => name)).toEqual(['InvalidOptionsError', 'UnknownEngineError', 'WriteOnSlaveError']); // prettier-ignore
  });
});
