import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findingsOf } from '../../../src/doctor/doctor.js';
import type { EngineFacts, PositionSample, ServerFacts } from '../../../src/doctor/facts.js';
import { SEVERITIES } from '../../../src/doctor/finding.js';
import { exitCodeOf, printDiagnosis } from '../../../src/doctor/print-diagnosis.js';

const SOUND: ServerFacts = {
  run: '1',
  in_recovery: false,
  version: 180_004,
  database: 'app',
  port: 5432,
  max_connections: 100,
  reserved_connections: 3,
  connection_limit: null,
  connected: 5,
  ssl: false,
  synchronous_commit: 'on',
  search_path: '"$user", public',
  time_zone: 'UTC',
  isolation: 'read committed',
  standard_conforming_strings: 'on',
  sources: {},
  statement_timeout: 0,
  idle_timeout: 0,
  hot_standby_feedback: 'off',
  max_standby_streaming_delay: 30_000,
  recovery_min_apply_delay: 0,
  system: '7555',
  paused: null,
  sender_host: null,
  sender_port: null,
  is_receiving: null,
  receiver_name: null,
  senders: null,
  oldest_snapshot_ms: null,
  snapshot_conflicts: 0,
  sees_statistics: true,
  reads_functions: true,
};

const still = (written: number, replayed = written): PositionSample[] =>
  Array.from({ length: 18 }, (_, n) => ({
    atMs: n * 100,
    written: BigInt(written),
    replayed: BigInt(replayed),
  }));

function engine(
  name: string,
  server: Partial<ServerFacts> | undefined,
  more: Partial<EngineFacts> = {},
): EngineFacts {
  const role = name === 'master' ? 'master' : 'slave';
  const asSlave = {
    run: name,
    in_recovery: true,
    paused: false,
    is_receiving: true,
    sender_host: 'master',
    sender_port: 5432,
  };
  return {
    name,
    role,
    address: `${name}:5432/app`,
    login: 'app',
    poolMax: 10,
    failure: undefined,
    failed: 0,
    connections: Array.from({ length: 4 }, () => ({
      run: name,
      in_recovery: server?.in_recovery ?? role === 'slave',
      isPooled: false,
    })),
    server: server && { ...SOUND, ...(role === 'slave' && asSlave), ...server },
    refused: {},
    isUnfinished: false,
    positions: still(1_000),
    ...more,
  };
}

const master = (server: Partial<ServerFacts> = {}, more: Partial<EngineFacts> = {}) =>
  engine('master', { run: 'master', ...server }, more);
const slave = (server: Partial<ServerFacts> | undefined = {}, more: Partial<EngineFacts> = {}) =>
  engine('slave1', server, more);

/** The codes of what is found of the first of these, among all of them. */
function codes(of: EngineFacts, others: readonly EngineFacts[] = [], processes = 1): string[] {
  const all = [of, ...others];
  const slaves = all.filter(({ role }) => role === 'slave');
  const itsMaster = all.find(({ role }) => role === 'master') ?? master();
  return findingsOf(of, { master: itsMaster, slaves, processes, probeTimeoutMs: 1_000 }).map(
    ({ code }) => code,
  );
}

const failed = (code: string) =>
  slave(undefined, { failure: { code, message: 'words' }, failed: 4, connections: [], positions: [] });
const denied = { message: 'permission denied for function f', grant: 'GRANT EXECUTE ON FUNCTION f TO app' };
const bursts = [0, 0, 0, 0, 0, 0, 900, 900, 900, 900].map((replayed, n) => ({
  atMs: n * 100,
  written: 1_000n,
  replayed: BigInt(replayed),
}));

/** What is said of a slave beside a sound master: message and remedy. */
const said = (of: EngineFacts) =>
  findingsOf(of, { master: master(), slaves: [of], processes: 1, probeTimeoutMs: 1_000 }).map(
    ({ message, remedy }) => [message, remedy],
  );

describe('the doctor', () => {
  it('finds nothing on a sound master and slave', () => {
    expect(codes(master(), [slave()])).toEqual([]);
    expect(codes(slave())).toEqual([]);
  });

  it.each<[string, EngineFacts, EngineFacts[]?]>([
    ['no-such-host', failed('ENOTFOUND')],
    ['nothing-listens', failed('ECONNREFUSED')],
    ['no-answer', failed('TIMEOUT')],
    ['login-refused', failed('28P01')],
    ['no-such-database', failed('3D000')],
    ['no-connection-left', failed('53300')],
    ['cannot-connect', failed('ECONNRESET')],
    ['postgres-too-old', slave({ version: 120_022 })],
    ['master-in-recovery', master({ in_recovery: true }), [slave()]],
    ['slave-of-slave', slave({ receiver_name: 'slave1' }), [master({ senders: ['elsewhere'] })]],
    ['other-system', slave({ system: '1' })],
    ['other-database', slave({ database: 'other' })],
    ['slave-is-master', slave({ in_recovery: false, run: 'master', is_receiving: null })],
    ['writable-slave', slave({ in_recovery: false, is_receiving: null })],
    ['no-answer', slave(undefined, { failure: { code: 'TIMEOUT', message: '' }, positions: [] })],
    ['probes-refused', slave(undefined, { refused: { base: denied }, positions: [] })],
    ['positions-refused', slave({}, { refused: { position: denied }, positions: [] })],
    ['identity-refused', slave({ system: null }, { refused: { identity: denied } })],
    ['replay-refused', slave({ paused: null }, { refused: { replay: denied } })],
    ['answers-late', slave({}, { isUnfinished: true, positions: [] })],
    ['statistics-refused', slave({ sees_statistics: false })],
    ['functions-refused', slave({ reads_functions: false })],
    ['slave-of-slave', slave({ sender_host: 'slave2' }), [engine('slave2', {})]],
    ['synchronous-commit-off', master({ synchronous_commit: 'off' }), [slave()]],
    ['feedback-off', slave({ snapshot_conflicts: 3 })],
    ['feedback-off', slave({ oldest_snapshot_ms: 20_000 })],
    ['not-receiving', slave({ is_receiving: false })],
    ['not-receiving', slave({ is_receiving: null })],
    ['replay-paused', slave({ paused: true })],
    ['replay-delayed', slave({ recovery_min_apply_delay: 5_000 })],
    [
      'replay-in-bursts',
      slave(
        {},
        { positions: [...bursts, ...still(1_000).map((one) => ({ ...one, atMs: one.atMs + 1_000 }))] },
      ),
    ],
    ['lag-not-sent', slave({}, { positions: still(900) })],
    ['lag-not-replayed', slave({}, { positions: still(1_000, 900) })],
    ['tls-differs', slave({ ssl: true })],
    ['setting-differs', slave({ time_zone: 'Europe/Berlin' })],
    ['statement-timeout', slave({ statement_timeout: 50 })],
    ['idle-timeout', slave({ idle_timeout: 2_000 })],
    [
      'balanced',
      slave(
        {},
        {
          connections: [
            { run: '1', in_recovery: true, isPooled: false },
            { run: '2', in_recovery: true, isPooled: false },
          ],
        },
      ),
    ],
    ['pooled', slave({}, { connections: [{ run: '1', in_recovery: true, isPooled: true }] })],
    ['no-slaves', master()],
  ])('names %s, and nothing beside it', (code, of, others = []) => {
    const hasMaster = [of, ...others].some(({ role }) => role === 'master');
    expect(codes(of, hasMaster ? others : [master(), ...others])).toEqual([code]);
  });

  it('counts the pools of all processes', () => {
    expect(codes(slave(), [], 7)).toEqual([]);
    expect(codes(slave(), [], 8)).toEqual(['too-many-connections']);
  });

  it.each<[string, EngineFacts, EngineFacts[]?]>([
    ['a read of a moment where feedback is off', slave({ oldest_snapshot_ms: 100 })],
    [
      'a long read where replay waits for ever',
      slave({ oldest_snapshot_ms: 60_000, max_standby_streaming_delay: -1 }),
    ],
    [
      'a sender that the master knows by its name',
      slave({ receiver_name: 'walreceiver' }),
      [master({ senders: ['walreceiver', 'slave2'] })],
    ],
    [
      'a master that tells nothing of those it sends to',
      slave({ receiver_name: 'slave1' }),
      [master({ senders: [null], sees_statistics: false })],
    ],
    ['a slave that was watched for a moment', slave({}, { positions: still(900).slice(0, 5) })],
    ['a sender by name that the master may be', slave({ sender_host: '10.0.0.7' }), [engine('slave2', {})]],
  ])('finds nothing in %s', (_what, of, others = []) => {
    const hasMaster = others.some(({ role }) => role === 'master');
    expect(codes(of, hasMaster ? others : [master(), ...others])).toEqual([]);
  });

  it('counts less where the login is limited, and names how many are there', () => {
    const of = slave({ connection_limit: 12 });
    const cluster = { master: master(), slaves: [of], processes: 1, probeTimeoutMs: 1_000 };
    expect(findingsOf(of, cluster)).toEqual([
      expect.objectContaining({
        code: 'too-many-connections',
        message:
          '1 process with pool.max 10 and 3 probes each: 13 connections, and this login is limited to 12; 1 are there now',
        remedy: 'pool: { max: 9 }  // or more max_connections, or a pooler',
      }),
    ]);
  });

  it('tells connections that failed from those that were made', () => {
    const failure = { code: '53300', message: 'too many connections for role "app"' };
    expect(said(slave({}, { failure, failed: 2 }))).toEqual([
      [
        '2 of 6 connections failed: The server takes no more connections: too many connections for role "app"',
        'ALTER ROLE app CONNECTION LIMIT -1;  -- on the master',
      ],
    ]);
  });

  it.each([
    [{ code: '57P03', message: 'the database system is starting up' }, 'Wait until it has started'],
    [{ code: 'SELF_SIGNED_CERT_IN_CHAIN', message: 'self-signed certificate in chain' }, '?sslmode='],
    [{ code: '', message: 'The server does not support SSL connections' }, '?sslmode='],
    [{ code: 'ECONNRESET', message: 'read ECONNRESET' }, 'DATABASE_SLAVES_SLAVE1_URL='],
  ])('says what to do about %j', (failure, remedy) => {
    const of = slave(undefined, { failure, failed: 4, connections: [], positions: [] });
    expect(said(of)).toEqual([[expect.stringContaining(failure.message), expect.stringContaining(remedy)]]);
  });

  it('names a master whose name leads to slaves too', () => {
    const connections = ['master', 'slave1'].map((run) => ({
      run,
      in_recovery: run === 'slave1',
      isPooled: false,
    }));
    expect(codes(master({}, { connections }), [slave()])).toEqual(['master-in-recovery', 'balanced']);
  });

  it.each<[string, EngineFacts, string]>([
    [
      'a list of schemas as a list, and all that differ',
      slave({ search_path: 'elsewhere', time_zone: 'Asia/Tokyo' }),
      `ALTER SYSTEM SET search_path = "$user", public; ALTER SYSTEM SET TimeZone = 'UTC'; SELECT pg_reload_conf();`,
    ],
    [
      'nothing for the server where the app sets it',
      slave({ search_path: 'elsewhere', sources: { search_path: 'session' } }),
      'Give master and slaves the same searchPath, and the same options in their URLs',
    ],
    [
      'nothing for the server where the app limits its statements',
      slave({ statement_timeout: 50, sources: { statement_timeout: 'client' } }),
      "statement_timeout: 5000  // in this engine's connection",
    ],
    [
      'a role that is no plain name with quotes',
      slave({ sees_statistics: false }, { login: 'my-"app' }),
      'GRANT pg_read_all_stats TO "my-""app";  -- on the master',
    ],
    [
      'a role that is a word of SQL with quotes',
      slave({ sees_statistics: false }, { login: 'user' }),
      'GRANT pg_read_all_stats TO "user";  -- on the master',
    ],
    [
      'no grant where no privilege is missing',
      slave({}, { refused: { position: { message: 'not supported', grant: undefined } }, positions: [] }),
      'Nothing to grant: this kind of server tells it to no login. See docs/health.md',
    ],
  ])('prints %s', (_what, of, remedy) => {
    expect(said(of)).toEqual([[expect.anything(), remedy]]);
  });

  it('does not call a slave that is a little behind late, when it gets on', () => {
    const positions = still(1_000, 1_000).map((one, n) => ({
      ...one,
      written: BigInt(1_000 + n),
      replayed: BigInt(990 + n),
    }));
    expect(
      codes(slave({}, { positions: positions.map((one) => ({ ...one, replayed: one.written })) })),
    ).toEqual([]);
  });

  it('ends with 0, 1 or 2, by the worst that was found', () => {
    expect(exitCodeOf({ findings: [] })).toBe(0);
    const found = (severity: 'note' | 'warning' | 'problem') =>
      ({ engine: '', severity, code: 'pooled', message: '', remedy: '' }) as const;
    expect(exitCodeOf({ findings: [found('note')] })).toBe(0);
    expect(exitCodeOf({ findings: [found('note'), found('warning')] })).toBe(1);
    expect(exitCodeOf({ findings: [found('warning'), found('problem')] })).toBe(2);
  });

  it('prints each engine with its verdict, what was found and what to do, and the sum', () => {
    const of = slave({ paused: true });
    const findings = findingsOf(of, { master: master(), slaves: [of], processes: 1, probeTimeoutMs: 1_000 });
    const text = printDiagnosis({
      engines: [
        {
          name: 'slave1',
          role: 'slave',
          address: 'slave1:5432/app',
          verdict: 'warning',
          lag: { notSent: 0, notReplayed: 7 },
          findings,
        },
      ],
      findings,
      tookMs: 2_050,
    });
    expect(text.split('\n')).toEqual([
      'slave1  warning  (slave, slave1:5432/app, 0 bytes not sent, 7 not replayed)',
      '  warning: Somebody has paused its replay  [replay-paused]',
      '    SELECT pg_wal_replay_resume();',
      '',
      '0 problems, 1 warning, 0 notes in 2.0 s',
    ]);
  });

  it('has a row in docs/doctor.md for each code, with its severity', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/doctor.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([\w-]+)` \| (\w+) \|/gm)].map(([, code, severity]) => [
      code,
      severity,
    ]);
    expect(rows).toEqual(Object.entries(SEVERITIES));
  });
});
