import { asRole } from '../health/missing-grant.js';
import type { ServerFacts } from './facts.js';
import type { FindingCode, Rule } from './finding.js';
import { alterSystem, onMaster, RELOAD } from './remedies.js';

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

export const SETTING_RULES: readonly (readonly [FindingCode, Rule])[] = [
  [
    'synchronous-commit-off',
    ({ role, server }) =>
      role === 'master' && server?.synchronous_commit === 'off'
        ? {
            message: 'synchronous_commit is off: a crash of the master loses writes that were acknowledged',
            remedy: alterSystem('synchronous_commit', 'on'),
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
        remedy: alterSystem('hot_standby_feedback', 'on'),
      };
    },
  ],
  [
    'too-many-connections',
    ({ poolMax, server, connections }, { processes }) => {
      if (!server || server.max_connections === null) return undefined;
      const needed = processes * (poolMax + PROBES_EACH);
      const ofServer = server.max_connections - server.reserved_connections;
      const most = Math.min(ofServer, server.connection_limit ?? ofServer);
      if (needed <= most) return undefined;
      const now = server.connected === null ? '' : `; ${server.connected - connections.length} are there now`;
      return {
        message:
          `${processes === 1 ? '1 process' : `${processes} processes`} with pool.max ${poolMax} and ${PROBES_EACH} probes each: ` +
          `${needed} connections, ` +
          `and ${most < ofServer ? 'this login is limited to' : 'the server has'} ${most}${now}`,
        remedy: fittingPool(most, processes),
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
      const [here, there] = [server, master.server];
      const differing = (Object.keys(MUST_AGREE) as (keyof typeof MUST_AGREE)[]).filter(
        (key) => here[key] !== null && there[key] !== null && here[key] !== there[key],
      );
      if (differing.length === 0) return undefined;
      const said = differing.map(
        (key) => `${MUST_AGREE[key]} is ${here[key]} here and ${there[key]} on the master`,
      );
      const isOfApp = differing.some((key) => [here, there].some((one) => isFromApp(one, MUST_AGREE[key])));
      return {
        message: `The same query may mean something else here: ${said.join('; ')}`,
        remedy: isOfApp
          ? 'Give master and slaves the same searchPath, and the same options in their URLs'
          : `${differing.map((key) => asOnMaster(key, there[key]!)).join(' ')} ${RELOAD}`,
      };
    },
  ],
  [
    'statement-timeout',
    ({ login, server }, { probeTimeoutMs }) =>
      server && server.statement_timeout > 0 && server.statement_timeout < probeTimeoutMs
        ? {
            message: `statement_timeout is ${server.statement_timeout} ms, and ends probes that may take ${probeTimeoutMs} ms`,
            remedy: isFromApp(server, 'statement_timeout')
              ? `statement_timeout: ${Math.ceil(probeTimeoutMs / 1000) * 5_000}  // in this engine's connection`
              : onMaster(
                  `ALTER ROLE ${asRole(login)} SET statement_timeout = '${Math.ceil(probeTimeoutMs / 1000) * 5}s'`,
                ),
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
            remedy: onMaster(`ALTER ROLE ${asRole(login)} SET idle_session_timeout = '10min'`),
          }
        : undefined,
  ],
];

function fittingPool(most: number, processes: number): string {
  const max = Math.floor(most / processes) - PROBES_EACH;
  return max < 1
    ? 'Fewer processes, more max_connections, or a pooler such as PgBouncer'
    : `pool: { max: ${max} }  // or more max_connections, or a pooler`;
}

/** What the app itself sets, by its URL or by Knex's options, is no matter of the server's. */
function isFromApp({ sources }: ServerFacts, setting: string): boolean {
  return sources[setting] === 'client' || sources[setting] === 'session';
}

/** A list of schemas comes as SQL has it: quoted as one, it would name one schema. */
function asOnMaster(key: keyof typeof MUST_AGREE, value: string): string {
  return `ALTER SYSTEM SET ${MUST_AGREE[key]} = ${key === 'search_path' ? value : `'${value}'`};`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
