import type { EngineFacts, QuestionName, ServerFacts } from './facts.js';
import type { FindingCode, Rule } from './finding.js';

/** Connections that a busy process keeps to each engine beside its pool; docs/health.md measures them. */
const PROBES_EACH = 3;
/** The monitor's connections rest for 5 s while nothing is asked. */
const PROBES_REST_MS = 5_000;

/** What queries mean must not depend on the server that they run on. */
const MUST_AGREE = {
  search_path: 'search_path',
  time_zone: 'TimeZone',
  isolation: 'default_transaction_isolation',
  standard_conforming_strings: 'standard_conforming_strings',
} satisfies Partial<Record<keyof ServerFacts, string>>;

const refusing =
  (
    question: QuestionName,
    message: (because: string) => string,
    remedy: (engine: EngineFacts) => string,
  ): Rule =>
  (engine) => {
    const because = engine.refused[question];
    return because === undefined ? undefined : { message: message(because), remedy: remedy(engine) };
  };

const loginIn = ({ login }: EngineFacts) => login ?? '<its login>';

export const SETTING_RULES: readonly (readonly [FindingCode, Rule])[] = [
  [
    'positions-refused',
    refusing(
      'replay',
      (because) => `It does not tell how far it has replayed: ${because}`,
      (engine) =>
        `GRANT EXECUTE ON FUNCTION pg_last_wal_replay_lsn(), pg_is_wal_replay_paused() TO ${loginIn(engine)};`,
    ),
  ],
  [
    'identity-refused',
    refusing(
      'identity',
      (because) =>
        `It does not tell which system it is of, so a stranger among the slaves is not noticed: ${because}`,
      (engine) => `GRANT EXECUTE ON FUNCTION pg_control_system() TO ${loginIn(engine)};`,
    ),
  ],
  [
    'statistics-refused',
    (engine) =>
      engine.server?.sees_statistics === false
        ? {
            message: `The login ${loginIn(engine)} does not see what other sessions do, nor where a slave streams from`,
            remedy: `GRANT pg_read_all_stats TO ${loginIn(engine)};  -- on the master`,
          }
        : undefined,
  ],
  [
    'functions-refused',
    (engine) =>
      engine.server?.reads_functions === false
        ? {
            message: `The login ${loginIn(engine)} may not read pg_proc: all raw SQL that calls functions runs on the master`,
            remedy: `GRANT SELECT ON pg_catalog.pg_proc TO ${loginIn(engine)};  -- on the master`,
          }
        : undefined,
  ],
  [
    'synchronous-commit-off',
    ({ role, server }) =>
      role === 'master' && server?.synchronous_commit === 'off'
        ? {
            message: 'synchronous_commit is off: a crash of the master loses writes that were acknowledged',
            remedy: "ALTER SYSTEM SET synchronous_commit = 'on';  -- then SELECT pg_reload_conf();",
          }
        : undefined,
  ],
  [
    'feedback-off',
    ({ role, server }) => {
      if (role !== 'slave' || !server?.in_recovery || server.hot_standby_feedback !== 'off') return undefined;
      const {
        oldest_snapshot_ms: oldestMs,
        snapshot_conflicts: conflicts,
        max_standby_streaming_delay: waitMs,
      } = server;
      const isLong = oldestMs !== null && waitMs >= 0 && oldestMs > waitMs / 2;
      if (!isLong && !conflicts) return undefined;
      const found = conflicts
        ? `${conflicts} reads were ended by replay`
        : `a read has run for ${seconds(oldestMs!)}`;
      return {
        message: `hot_standby_feedback is off and reads are long: ${found}; replay waits for them ${seconds(waitMs)} at most`,
        remedy: "ALTER SYSTEM SET hot_standby_feedback = 'on';  -- then SELECT pg_reload_conf();",
      };
    },
  ],
  [
    'too-many-connections',
    ({ poolMax, server }, { processes }) => {
      if (!server) return undefined;
      const needed = processes * (poolMax + PROBES_EACH);
      const left = server.max_connections - server.reserved_connections;
      if (needed <= left) return undefined;
      return {
        message:
          `${processes} processes with pool.max ${poolMax} and ${PROBES_EACH} probes each need ${needed} connections, ` +
          `and the server has ${left}`,
        remedy: `pool: { max: ${Math.max(1, Math.floor(left / processes) - PROBES_EACH)} }  // or more max_connections, or a pooler`,
      };
    },
  ],
  [
    'tls-differs',
    ({ role, server }, { master }) =>
      role === 'slave' && server && master.server && server.ssl !== null && server.ssl !== master.server.ssl
        ? {
            message: `Its connections are ${server.ssl ? '' : 'not '}encrypted, the master's are${server.ssl ? ' not' : ''}`,
            remedy: '?sslmode=verify-full  # at the end of both URLs, or ssl in both connections',
          }
        : undefined,
  ],
  [
    'setting-differs',
    ({ role, server }, { master }) => {
      if (role !== 'slave' || !server || !master.server) return undefined;
      const differing = (Object.keys(MUST_AGREE) as (keyof typeof MUST_AGREE)[]).filter(
        (key) => server[key] !== master.server![key],
      );
      const [first] = differing;
      if (!first) return undefined;
      const said = differing.map(
        (key) => `${MUST_AGREE[key]} is ${server[key]} here and ${master.server![key]} on the master`,
      );
      return {
        message: `The same query may mean something else here: ${said.join('; ')}`,
        remedy: `ALTER SYSTEM SET ${MUST_AGREE[first]} = '${master.server[first]}';  -- then SELECT pg_reload_conf();`,
      };
    },
  ],
  [
    'statement-timeout',
    ({ login, server }, { probeTimeoutMs }) =>
      server && server.statement_timeout > 0 && server.statement_timeout < probeTimeoutMs
        ? {
            message: `statement_timeout is ${server.statement_timeout} ms, and ends probes that may take ${probeTimeoutMs} ms`,
            remedy: `ALTER ROLE ${login ?? '<its login>'} SET statement_timeout = '${Math.ceil(probeTimeoutMs / 1000) * 5}s';`,
          }
        : undefined,
  ],
  [
    'idle-timeout',
    ({ login, server }) =>
      server && server.idle_timeout > 0 && server.idle_timeout <= PROBES_REST_MS
        ? {
            message:
              `idle_session_timeout is ${server.idle_timeout} ms: connections end between two probes, which come every ` +
              `${PROBES_REST_MS} ms while nothing is asked`,
            remedy: `ALTER ROLE ${login ?? '<its login>'} SET idle_session_timeout = '10min';`,
          }
        : undefined,
  ],
];

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
