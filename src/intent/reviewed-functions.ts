import type { Verdict } from './verdict.js';

/*
 * Where PostgreSQL's own volatility is not the answer; reviewed against PostgreSQL 18's documentation, chapter 9, and held
 * to a real slave by test/classification. Left out on purpose, and so on the master: what reads the server's files,
 * what runs SQL out of a string (`query_to_xml`, `ts_stat`, `ts_rewrite`), and what a slave knows late (`pg_xact_status`).
 */

/** Volatile only because they answer differently each time: they change nothing, also not the session. */
const VOLATILE_BUT_READING: ReadonlySet<string> = new Set([
  'array_sample',
  'array_shuffle',
  'clock_timestamp',
  'current_query',
  'currtid2',
  'gen_random_uuid',
  'lo_get',
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

/**
 * Called stable or immutable, but they assign a transaction id, ask what a slave can't say, or read whole tables by
 * their names, and with them views of any kind.
 */
const STABLE_BUT_UNSAFE: ReadonlySet<string> = new Set([
  'database_to_xml',
  'database_to_xml_and_xmlschema',
  'pg_current_xact_id',
  'pg_replication_origin_oid',
  'pg_walfile_name',
  'pg_walfile_name_offset',
  'schema_to_xml',
  'schema_to_xml_and_xmlschema',
  'table_to_xml',
  'table_to_xml_and_xmlschema',
  'txid_current',
]);

/** They make a value of a type that no word of the query need name; asked for only where a type does more than read. */
export const MAKES_ANY_TYPE: ReadonlySet<string> = new Set([
  'array_in',
  'array_recv',
  'domain_in',
  'domain_recv',
  'json_populate_record',
  'json_populate_recordset',
  'jsonb_populate_record',
  'jsonb_populate_record_valid',
  'jsonb_populate_recordset',
  'multirange_in',
  'multirange_recv',
  'pg_input_error_info',
  'pg_input_is_valid',
  'populate_record',
  'range_in',
  'range_recv',
  'record_in',
  'record_recv',
]);

/** Those of them that make values of their first argument's type. */
export const MAKES_TYPE_OF_FIRST: ReadonlySet<string> = new Set([
  'json_populate_record',
  'json_populate_recordset',
  'jsonb_populate_record',
  'jsonb_populate_record_valid',
  'jsonb_populate_recordset',
]);

/** Those of them to which a type is given by its name, as the second argument. */
export const TAKES_NAME_OF_TYPE: ReadonlySet<string> = new Set(['pg_input_error_info', 'pg_input_is_valid']);

/*
 * The same of the extensions that come with PostgreSQL, by library and by what the function is called there: custom functions
 * are made from the same symbols (`crosstab_of_mine`).
 */
const VOLATILE_BUT_READING_SYMBOLS: ReadonlySet<string> = new Set([
  'pgcrypto.pg_gen_salt',
  'pgcrypto.pg_gen_salt_rounds',
  'pgcrypto.pg_random_bytes',
  'pgcrypto.pg_random_uuid',
  'pgcrypto.pgp_pub_encrypt_bytea',
  'pgcrypto.pgp_pub_encrypt_text',
  'pgcrypto.pgp_sym_encrypt_bytea',
  'pgcrypto.pgp_sym_encrypt_text',
  'tablefunc.normal_rand',
  'uuid-ossp.uuid_generate_v1',
  'uuid-ossp.uuid_generate_v1mc',
  'uuid-ossp.uuid_generate_v4',
]);

/** Called stable, and they run SQL out of a string. */
const RUN_SQL_FROM_TEXT: ReadonlySet<string> = new Set([
  'pgxml.xpath_table',
  'tablefunc.connectby_text',
  'tablefunc.connectby_text_serial',
  'tablefunc.crosstab',
  'tablefunc.crosstab_hash',
]);

/** What a function in C does; an extension that was not reviewed is believed. */
export function verdictOfSymbol(symbol: string, stable: boolean): Verdict {
  if (RUN_SQL_FROM_TEXT.has(symbol)) return 'doubtful';
  return stable || VOLATILE_BUT_READING_SYMBOLS.has(symbol) ? 'safe' : 'unsafe';
}

/** Whether a function of PostgreSQL's own only reads; `stable`: whether its catalogue calls it immutable or stable. */
export function isSafeSystemFunction(name: string, stable: boolean): boolean {
  if (STABLE_BUT_UNSAFE.has(name)) return false;
  return stable || VOLATILE_BUT_READING.has(name) || name.startsWith('pg_stat_get_');
}
