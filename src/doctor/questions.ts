import { SERVER_RUN } from '../engines/server-run.js';
import { PROBE_PARTS } from '../health/health-questions.js';
import type { QuestionName } from './facts.js';

const setting = (name: string) => `current_setting('${name}', true)`;
/** In ms, whatever unit it is shown in. */
const duration = (
  name: string,
) => `(select case when unit = 's' then setting::float * 1000 else setting::float end
  from pg_settings where name = '${name}')`;

/** What a slave calls itself where it streams from. Of a name with spaces or quotes, or one that is cut off, nothing is said. */
const RECEIVER_NAME = `case when conninfo !~ '(^| )application_name=''' then
    (regexp_match(coalesce(substring(conninfo from '(?:^| )application_name=[^ ]+'),
      substring(conninfo, 'fallback_application_name=[^ ]+')), '=([!-&(-~]{1,63})$'))[1] end`;

/**
 * What a server is asked, in parts, since a login may lack the right to one of them. Position, identity and replay are asked as probes
 * ask, so that what is refused here is refused to them.
 */
export const QUESTIONS: Readonly<Record<QuestionName, string>> = {
  base: `select ${SERVER_RUN} as run, pg_is_in_recovery() as in_recovery, ${setting('server_version_num')}::int as version,
    current_database() as database`,
  position: `select ${PROBE_PARTS.position}`,
  identity: `select ${PROBE_PARTS.identity}`,
  replay: `select ${PROBE_PARTS.replay}`,
  settings: `select ${setting('port')}::int as port, ${setting('max_connections')}::int as max_connections,
    ${setting('superuser_reserved_connections')}::int + coalesce(${setting('reserved_connections')}::int, 0)
      as reserved_connections,
    (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as ssl,
    ${setting('synchronous_commit')} as synchronous_commit, ${setting('search_path')} as search_path,
    ${setting('TimeZone')} as time_zone, ${setting('default_transaction_isolation')} as isolation,
    ${setting('standard_conforming_strings')} as standard_conforming_strings,
    (select json_object_agg(name, source) from pg_settings where name in ('search_path', 'TimeZone',
      'default_transaction_isolation', 'standard_conforming_strings', 'statement_timeout')) as sources,
    coalesce(${duration('statement_timeout')}, 0) as statement_timeout,
    coalesce(${duration('idle_session_timeout')}, 0) as idle_timeout,
    ${setting('hot_standby_feedback')} as hot_standby_feedback,
    coalesce(${duration('max_standby_streaming_delay')}, 0) as max_standby_streaming_delay,
    coalesce(${duration('recovery_min_apply_delay')}, 0) as recovery_min_apply_delay`,
  limits: `select (select min(most) from (
      select rolconnlimit as most from pg_roles where rolname = session_user
      union all select datconnlimit from pg_database where datname = current_database()) limits
      where most >= 0 and not (select rolsuper from pg_roles where rolname = session_user))::int as connection_limit,
    (select sum(numbackends) from pg_stat_database)::int as connected`,
  grants: `select pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees_statistics,
    has_table_privilege('pg_catalog.pg_proc', 'select') as reads_functions`,
  receiver: `select sender_host, sender_port, coalesce(status, '') = 'streaming' as is_receiving,
    ${RECEIVER_NAME} as receiver_name from pg_stat_wal_receiver where pid is not null`,
  senders: 'select array_agg(application_name) as senders from pg_stat_replication',
  activity: `select max(extract(epoch from clock_timestamp() - xact_start) * 1000)::float as oldest_snapshot_ms
    from pg_stat_activity where backend_xmin is not null and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  conflicts: `select confl_snapshot::int as snapshot_conflicts from pg_stat_database_conflicts
    where datname = current_database()`,
};

/** Where the server's log stands. A master sends what is on its disk; a slave that has just connected has replayed more than it says. */
export const POSITIONS = `select case when pg_is_in_recovery()
    then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) else pg_current_wal_flush_lsn() end::text as written,
  case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end::text as replayed`;

/** Of one connection: whom it reaches. */
export const WHO = `select ${SERVER_RUN} as run, pg_backend_pid() as pid, pg_is_in_recovery() as in_recovery`;
