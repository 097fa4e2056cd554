import { describe, expect, it } from '@jest/globals';
import knex from 'knex';
import { type EngineFailure, engineFailureOf } from '../../../src/health/engine-failure.js';

type Word = EngineFailure | undefined;

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });
const uncoded = (message: string) => new Error(message);
/** Knex puts the query before the driver's words. */
const ofQuery = (message: string) => uncoded(`select 1 - ${message}`);
const timedOut = (message: string) => new knex.KnexTimeoutError(message);

const CANCELLED = 'canceling statement due to user request';
const atLogin = (code: string) => Object.assign(coded(code), { routine: 'CheckMyDatabase' });

const CASES: [what: string, error: unknown, onSlave: Word, onMaster: Word][] = [
  ['host down', coded('ECONNREFUSED'), 'unreachable', 'unreachable'],
  ['no such host', coded('ENOTFOUND'), 'unreachable', 'unreachable'],
  ['no such host for now', coded('EAI_AGAIN'), 'unreachable', 'unreachable'],
  ['no way there', coded('EHOSTUNREACH'), 'unreachable', 'unreachable'],
  ['starting up', coded('57P03'), 'unreachable', 'unreachable'],
  ['no connection free there', coded('53300'), 'unreachable', 'unreachable'],
  ['a password that was rotated', coded('28P01'), 'misconfigured', 'misconfigured'],
  ['a connect timeout of pg 8.15 and older', uncoded('timeout expired'), 'unreachable', 'unreachable'],
  ['a connect timeout', uncoded('timeout exceeded when trying to connect'), 'unreachable', 'unreachable'],
  ['a connect timeout of a pool', uncoded('Connection terminated due to connection timeout'), 'unreachable', 'unreachable'],
  ['a connection that was cut while it was awaited', uncoded('Connection terminated before it was there: slave1 is out of use'), 'unreachable', 'unreachable'],
  ['a login that may not connect to the database', atLogin('42501'), 'misconfigured', 'misconfigured'],
  ['a server that shuts down, or an operator who ends a connection', coded('57P01'), 'ended', 'ended'],
  ['a session that was idle for too long', coded('57P05'), 'conflict', 'broken'],
  ['crashed beside another session', coded('57P02'), 'broken', 'broken'],
  ['reset', coded('ECONNRESET'), 'broken', 'broken'],
  ['a pipe that broke', coded('EPIPE'), 'broken', 'broken'],
  ['an exception of the connection', coded('08006'), 'broken', 'broken'],
  ['a full disk', coded('53100'), 'conflict', undefined],
  ['corrupt data', coded('XX001'), 'conflict', undefined],
  ['an error inside the server that the query may have caused', coded('XX000'), undefined, undefined],
  ['a dead idle socket', ofQuery('Connection terminated unexpectedly'), 'broken', 'broken'],
  ['a client that has failed before', ofQuery('Client has encountered a connection error and is not queryable'), 'broken', 'broken'],
  ['a recovery conflict, or two transactions that do not go together', coded('40001'), 'conflict', undefined],
  ['a deadlock, on a slave with its replay', coded('40P01'), 'conflict', undefined],
  ['a cancel by an operator', coded('57014', CANCELLED), undefined, undefined],
  ['a limit of the server', coded('53400', 'temporary file size exceeds "temp_file_limit" (1kB)'), undefined, undefined],
  ['something that the login may not read', coded('42501', 'permission denied for table posts'), undefined, undefined],
  ["a statement's own timeout", coded('57014', 'canceling statement due to statement timeout'), undefined, undefined],
  ['a full pool, or a host that swallows everything', timedOut('Knex: Timeout acquiring a connection. The pool is probably full.'), 'busy', 'busy'],
  ["the query's own timeout", timedOut('Defined query timeout of 20ms exceeded when running query.'), undefined, undefined],
  ['a write on a slave', coded('25006'), undefined, undefined],
  ['a wrong statement', coded('42601'), undefined, undefined],
  ['a row that is there already', coded('23505'), undefined, undefined],
  ['an error of the app', uncoded('no more'), undefined, undefined],
  ['something that is no error', undefined, undefined, undefined],
  ['a code that is none', { code: 7, message: 'Connection terminated unexpectedly' }, 'broken', 'broken'],
]; // prettier-ignore

describe('what an error says of the engine', () => {
  it.each(CASES)('%s', (_what, error, onSlave, onMaster) => {
    expect({ onSlave: engineFailureOf(error, true), onMaster: engineFailureOf(error, false) }).toEqual({
      onSlave,
      onMaster,
    });
  });
});
