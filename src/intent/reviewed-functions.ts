/*
 * Where PostgreSQL's own volatility is not the answer; reviewed against PostgreSQL 18's documentation, chapter 9, and held
 * to a real slave by test/intent/corpus.spec.ts. Left out on purpose, and so on the master: what reads the server's files,
 * what runs SQL out of a string (`query_to_xml`, `ts_stat`, `ts_rewrite`), and what a slave knows late (`pg_xact_status`).
 */

/** Volatile only because they answer differently each time: they change nothing, also not the session. */
const VOLATILE_BUT_READING: ReadonlySet<string> = new Set([
  'array_sample',
  'array_shuffle',
  'clock_timestamp',
  'current_query',
  'gen_random_uuid',
  'pg_blocking_pids',
  'pg_collation_actual_version',
  'pg_control_checkpoint',
  'pg_control_init',
  'pg_control_recovery',
  'pg_control_system',
  'pg_database_collation_actual_version',
  'pg_database_size',
  'pg_get_backend_memory_contexts',
  'pg_get_loaded_modules',
  'pg_get_shmem_allocations',
  'pg_get_wait_events',
  'pg_get_wal_replay_pause_state',
  'pg_get_wal_resource_managers',
  'pg_indexes_size',
  'pg_is_in_recovery',
  'pg_is_wal_replay_paused',
  'pg_jit_available',
  'pg_last_wal_receive_lsn',
  'pg_last_wal_replay_lsn',
  'pg_last_xact_replay_timestamp',
  'pg_lock_status',
  'pg_notification_queue_usage',
  'pg_partition_ancestors',
  'pg_partition_tree',
  'pg_prepared_xact',
  'pg_relation_size',
  'pg_safe_snapshot_blocking_pids',
  'pg_sequence_last_value',
  'pg_sleep',
  'pg_sleep_for',
  'pg_sleep_until',
  'pg_stat_have_stats',
  'pg_table_size',
  'pg_tablespace_size',
  'pg_total_relation_size',
  'random',
  'random_normal',
  'timeofday',
  'uuidv4',
  'uuidv7',
]);

/** Called stable, but they assign a transaction id, which a slave can't. */
const STABLE_BUT_WRITING: ReadonlySet<string> = new Set(['pg_current_xact_id', 'txid_current']);

/** Whether a function of PostgreSQL's own only reads; `stable`: whether its catalogue calls it immutable or stable. */
export function isSafeSystemFunction(name: string, stable: boolean): boolean {
  if (STABLE_BUT_WRITING.has(name)) return false;
  return stable || VOLATILE_BUT_READING.has(name) || name.startsWith('pg_stat_get_');
}
