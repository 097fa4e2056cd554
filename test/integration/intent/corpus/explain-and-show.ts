import { filled, lines } from './lines.js';

export const EXPLAIN = [
  ...filled(
    lines(`
EXPLAIN {}
EXPLAIN VERBOSE {}
EXPLAIN ANALYZE {}
EXPLAIN (COSTS off, FORMAT json) {}
EXPLAIN (ANALYZE, BUFFERS, TIMING off, SUMMARY, SETTINGS, WAL, MEMORY, SERIALIZE text) {}
EXPLAIN (GENERIC_PLAN) {}
EXPLAIN (ANALYZE false) {}
`),
    lines(`
SELECT 1
SELECT * FROM authors a JOIN posts p ON p.author_id = a.id
TABLE authors
VALUES (1), (2)
WITH t AS (SELECT 1) TABLE t
INSERT INTO tree VALUES (9)
UPDATE tree SET label = 'x' WHERE id = 1
DELETE FROM tree
MERGE INTO tree t USING posts p ON t.id = p.id WHEN MATCHED THEN DELETE
`),
  ),
  ...lines(`
EXPLAIN SELECT nextval('seq')
EXPLAIN ANALYZE SELECT nextval('seq')
EXPLAIN (ANALYZE) SELECT pg_advisory_lock(11)
EXPLAIN ANALYZE VERBOSE SELECT lock_quietly(12)
EXPLAIN (ANALYZE TRUE, VERBOSE) SELECT lock_quietly(13)
EXPLAIN (ANALYZE 'on') SELECT lock_quietly(14)
EXPLAIN (ANALYZE 1) SELECT lock_quietly(15)
EXPLAIN (ANALYZE off, ANALYZE on) SELECT lock_quietly(16)
EXPLAIN ("analyze") SELECT lock_quietly(17)
EXPLAIN ANALYZE SELECT * FROM authors FOR UPDATE
EXPLAIN SELECT * FROM authors FOR UPDATE
EXPLAIN SELECT * FROM authors a FOR NO KEY UPDATE OF a SKIP LOCKED
EXPLAIN INSERT INTO tree VALUES (1) ON CONFLICT (id) DO UPDATE SET label = excluded.label WHERE tree.id > 0 RETURNING old.label
EXPLAIN WITH moved AS (DELETE FROM tree RETURNING *) SELECT * FROM moved
EXPLAIN UPDATE tree t SET (label, parent) = (SELECT 'x', 1) FROM posts p WHERE p.id = t.id RETURNING t.*
EXPLAIN CREATE TABLE t AS SELECT 1
EXPLAIN CREATE TABLE IF NOT EXISTS new_one AS SELECT * FROM authors
EXPLAIN CREATE MATERIALIZED VIEW m AS SELECT * FROM authors
EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1
EXPLAIN SELECT 1 AS a INTO new_one
EXPLAIN ANALYZE SELECT 1 AS a INTO new_one
EXPLAIN DECLARE c CURSOR FOR SELECT 1
EXPLAIN ANALYZE DECLARE c CURSOR FOR SELECT 1
EXPLAIN EXECUTE one
EXPLAIN ANALYZE EXECUTE one
EXPLAIN REFRESH MATERIALIZED VIEW stored
EXPLAIN SELECT * FROM scratch
EXPLAIN INSERT INTO scratch VALUES (1)
EXPLAIN SELECT * FROM published_twice
EXPLAIN SELECT '(1,2)'::counted_pair
EXPLAIN SELECT 1 WHERE pg_input_is_valid('3', 'latched')
EXPLAIN ANALYZE WITH moved AS (DELETE FROM tree RETURNING *) SELECT * FROM moved
EXPLAIN (FORMAT xml) TABLE posts
EXPLAIN (FORMAT yaml, COSTS) SELECT count(*) FROM events
explain /* analyze */ select 1
EXPLAIN (ANALYZE /* off */) SELECT lock_quietly(18)
EXPLAIN ANALYZE TABLE latches
`),
];

const SETTINGS =
  `allow_system_table_mods; application_name; array_nulls; bytea_output; client_encoding; cluster_name;
constraint_exclusion; cpu_tuple_cost; DateStyle; default_statistics_target; default_tablespace; default_transaction_isolation;
default_transaction_read_only; effective_cache_size; enable_hashjoin; extra_float_digits; from_collapse_limit; fsync; geqo; hot_standby;
in_hot_standby; IntervalStyle; jit; join_collapse_limit; lc_messages; lock_timeout; maintenance_work_mem; max_connections;
plan_cache_mode; primary_conninfo; quote_all_identifiers; random_page_cost; recovery_min_apply_delay; search_path; server_encoding;
server_version; server_version_num; session_replication_role; shared_buffers; standard_conforming_strings; statement_timeout;
temp_tablespaces; TimeZone; transaction_isolation; transaction_read_only; wal_level; work_mem; xmloption`.split(
    ';',
  );

export const SHOW = [
  ...filled(
    ['SHOW {}'],
    SETTINGS.map((name) => name.trim()),
  ),
  ...lines(`
SHOW ALL
SHOW TIME ZONE
SHOW TRANSACTION ISOLATION LEVEL
SHOW SESSION AUTHORIZATION
SHOW "work_mem"
show /* set work_mem = 1; */ search_path
`),
];
