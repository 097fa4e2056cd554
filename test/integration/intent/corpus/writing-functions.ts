import { filled, lines } from './lines.js';

/** Where in a query an expression can stand. All of type int, at least once called. */
const PLACES = lines(String.raw`
SELECT {}
SELECT ALL ({}) AS n
SELECT 1 + {} * 2
SELECT DISTINCT {} FROM authors
SELECT DISTINCT ON ({}) id FROM authors
SELECT id FROM authors WHERE {} > 0
SELECT id FROM authors WHERE id = {} OR id < 0
SELECT id FROM authors WHERE id IN ({}, 5)
SELECT id FROM authors WHERE id BETWEEN 0 AND {}
SELECT id FROM authors WHERE id = ANY (ARRAY[{}])
SELECT id FROM authors WHERE EXISTS (SELECT {})
SELECT id FROM authors WHERE id NOT IN (SELECT {} FROM posts)
SELECT count(*) FROM authors GROUP BY {}
SELECT count(*) FROM authors HAVING {} > 0
SELECT id FROM authors ORDER BY {}
SELECT id FROM authors ORDER BY id, {} DESC NULLS LAST
SELECT id FROM authors LIMIT {}
SELECT id FROM authors OFFSET {}
SELECT * FROM authors FETCH FIRST ({}) ROWS ONLY
SELECT * FROM (SELECT {}) s
SELECT * FROM (VALUES ({})) v
VALUES ({})
VALUES (1), ({})
SELECT 1 UNION SELECT {}
(SELECT 1) EXCEPT ALL (SELECT {})
WITH t AS (SELECT {}) SELECT * FROM t
WITH t AS MATERIALIZED (SELECT {}) SELECT 1 FROM t
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 2 AND {} > 0) SELECT * FROM t
SELECT * FROM authors a JOIN posts p ON a.id = p.author_id AND {} > 0
SELECT * FROM authors a, LATERAL (SELECT {} + a.id) l
SELECT * FROM generate_series(1, {})
SELECT * FROM ROWS FROM (generate_series(1, {})) r
SELECT * FROM unnest(ARRAY[{}])
SELECT sum({}) FROM authors
SELECT count(*) FILTER (WHERE {} > 0) FROM authors
SELECT array_agg(id ORDER BY {}) FROM authors
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY {}) FROM authors
SELECT sum(id) OVER (ORDER BY {}) FROM authors
SELECT sum(id) OVER (PARTITION BY {} ORDER BY id ROWS 1 PRECEDING) FROM authors
SELECT count(*) OVER w FROM authors WINDOW w AS (PARTITION BY {})
SELECT CASE WHEN {} > 0 THEN 1 END
SELECT CASE {} WHEN 1 THEN 2 ELSE 3 END
SELECT COALESCE({}, 1), GREATEST(1, {})
SELECT NULLIF({}, 0)
SELECT ARRAY[1, {}]
SELECT (ARRAY[1, 2, 3, 4])[least({}, 4)]
SELECT ROW(1, {})
SELECT ({})::text
SELECT CAST({} AS numeric)
SELECT ({} > 0) IS TRUE
SELECT {} IS NOT NULL
SELECT 'x' || {}
SELECT abs({})
SELECT make_interval(days => {})
SELECT format('%s', VARIADIC ARRAY[{}]::text[])
SELECT EXTRACT(day FROM make_interval(days => {}))
SELECT JSON_OBJECT('a': {})
SELECT JSON_ARRAY(1, {})
SELECT JSON_ARRAYAGG({}) FROM authors
SELECT JSON_SCALAR({})
SELECT JSON_VALUE(jsonb '[]', '$.a' RETURNING int DEFAULT {} ON EMPTY)
SELECT JSON_EXISTS(jsonb '1', '$ ? (@ < $x)' PASSING {} AS x)
SELECT * FROM json_table('[1]', '$[*]' PASSING {} AS x COLUMNS (a int PATH '$'))
SELECT xmlelement(name a, xmlattributes({} AS b))
SELECT xmlforest({} AS a)
SELECT * FROM xmltable('/a' PASSING xmlelement(name a, {}) COLUMNS n int PATH '.')
SELECT * FROM posts TABLESAMPLE BERNOULLI (least({}, 100))
SELECT now() AT TIME ZONE make_interval(hours => least({}, 3))
TABLE authors LIMIT {}
EXPLAIN ANALYZE SELECT {}
`);

/** Some of each kind: the first one fails on a slave, the second leaves a lock behind there, quietly. */
export const AT_ANY_PLACE = [
  ...filled(PLACES, ['bump(1)', 'lock_quietly(21)']),
  ...filled(PLACES, ['twice(1)', `"other".calm()`]),
];

/** By any other way than a plain call. */
export const HIDDEN_CALLS = lines(String.raw`
# notation
SELECT (1).bump
SELECT (22).lock_quietly
SELECT ('seq'::regclass).nextval
SELECT (22::bigint).pg_advisory_lock
SELECT (SELECT 22).lock_quietly
SELECT ($$seq$$::regclass)."nextval"
SELECT x.bump FROM generate_series(1, 1) x
SELECT x.lock_quietly FROM generate_series(22, 22) AS x
SELECT generate_series.bump FROM generate_series(1, 1)
SELECT x.nextval FROM CAST('seq' AS regclass) x
SELECT x.lock_quietly FROM twice(11) x
SELECT (ARRAY[22])[1].lock_quietly
SELECT ((ARRAY[22])[1]).lock_quietly
SELECT visit(a) FROM authors a
SELECT a.visit FROM authors a
SELECT authors.visit FROM authors
SELECT public.authors.visit FROM public.authors
SELECT (a).visit FROM authors a
SELECT id FROM authors a WHERE a.visit > 0
SELECT id FROM authors a ORDER BY a.visit
SELECT (SELECT a.visit) FROM authors a
SELECT a.bumped_by_default FROM generate_series(1, 1) a
SELECT bump()
SELECT public.bump(1)
SELECT "public"."bump"(1)
SELECT bump(ALL 1)
SELECT "Bump Me"()
SELECT "select"()
SELECT bump($1 => 1)
SELECT U&"b\0075mp"(1)
SELECT U&"b!0075mp" UESCAPE '!' (1)
SELECT nExTvAl('seq')
SELECT nextval ( 'seq' )
SELECT nextval/* */('seq')
SELECT "nextval"('seq')
SELECT pg_catalog.nextval('seq')
SELECT postgres.pg_catalog.nextval('seq')
SELECT nextval('seq'::regclass), 1
SELECT * FROM nextval('seq')
SELECT * FROM nextval('seq') WITH ORDINALITY
SELECT * FROM writes_rows()
SELECT writes_rows()
SELECT * FROM authors, LATERAL bump(authors.id)
SELECT * FROM ROWS FROM (bump(1), generate_series(1, 2))
SELECT bump(1) OVER () FROM authors
# defaults, overloads, search path
SELECT bumped_by_default()
SELECT bumped_by_default($$1$$::int), bumped_by_default()
SELECT bumped_by_defaults_default()
SELECT locked_by_default(1)
SELECT mixed('a'::text)
SELECT mixed('a')
SELECT twin()
SELECT other.twin()
SELECT public.twin()
SELECT nothing_of_the_kind(1)
SELECT pg_temp.bump(1)
# aggregates and operators
SELECT bumping_sum(id) FROM authors
SELECT bumping_sum(id) OVER () FROM authors
SELECT bumping_sum(DISTINCT id ORDER BY id) FROM authors
SELECT 1 <~~> 2
SELECT 1 OPERATOR(public.<~~>) 2
SELECT id FROM authors WHERE id <~~> 1
SELECT id FROM authors WHERE id <~~> ANY (ARRAY[1])
SELECT id FROM authors WHERE id <~~> ALL (SELECT 1)
SELECT id FROM authors WHERE (id, id) <~~> (SELECT 1, 2)
SELECT !!! 'x'
SELECT OPERATOR(public.!!!) 'x'
SELECT id FROM authors ORDER BY id USING OPERATOR(public.<~~>)
SELECT 1 <?> 2
# casts, types, domains
SELECT 1::ticket
SELECT CAST(1 AS ticket)
SELECT 1::int::public.ticket
SELECT ARRAY[1]::ticket[]
SELECT ARRAY[1]::_ticket
SELECT ticket(1)
SELECT to_ticket(1)
SELECT 5::counted
SELECT counted '5'
SELECT counted('5')
SELECT CAST('5' AS counted)
SELECT '5'::counted_again
SELECT '{5}'::counted[]
SELECT '{5}'::_counted
SELECT '(1,5)'::counted_pair
SELECT ROW(1, 5)::counted_pair
SELECT '(1,5)'::counters
SELECT '{"(1,5)"}'::counters[]
SELECT 22::latched
SELECT latched '22'
SELECT '{22}'::latched[]
SELECT of_counted(5)
SELECT of_counted('5')
SELECT as_counted()
SELECT 5 =*= 6
SELECT id =*= 6 FROM authors
SELECT json_populate_record(NULL::counters, '{"n": 5}')
SELECT jsonb_populate_record(c, '{"n": 5}') FROM (SELECT 1) s LEFT JOIN counters c ON true
SELECT * FROM jsonb_populate_recordset(NULL::counted_pair, '[{"b": 5}]')
SELECT * FROM json_to_record('{"n": 5}') AS x (n counted)
SELECT * FROM json_to_recordset('[{"n": 22}]') AS x (n latched)
SELECT * FROM json_table('[5]', '$[*]' COLUMNS (n counted PATH '$'))
SELECT JSON_VALUE(jsonb '22', '$' RETURNING latched)
SELECT JSON_QUERY(jsonb '5', '$' RETURNING counted)
SELECT * FROM xmltable('/a' PASSING '<a>22</a>' COLUMNS n latched PATH '.')
SELECT * FROM ROWS FROM (json_to_record('{"n": 22}') AS (n latched)) r
SELECT pg_input_is_valid('22', 'latched')
SELECT * FROM pg_input_error_info('5', 'counted')
SELECT domain_in('22', 'latched'::regtype, -1)
SELECT array_in('{22}', 'latched'::regtype, -1)
SELECT record_in('(1,5)', 'counted_pair'::regtype, -1)
SELECT COALESCE(NULL, 5::counted)
SELECT CASE WHEN true THEN 22 ELSE 1 END::latched
# views and relations
SELECT * FROM bumps
TABLE bumps
SELECT n FROM public.bumps
SELECT id FROM bumps_hidden
SELECT count(*) FROM bumps_hidden
SELECT * FROM latches
SELECT 1 FROM latches
SELECT * FROM authors WHERE EXISTS (SELECT FROM latches)
SELECT * FROM visits
SELECT * FROM mixed_view
SELECT * FROM listed
SELECT * FROM other.listed
SELECT id FROM authors UNION ALL SELECT id FROM other.listed
WITH latches AS (SELECT * FROM latches) SELECT * FROM latches
WITH t AS (SELECT 1) SELECT * FROM latches
SELECT * FROM (WITH latches AS (SELECT 1) SELECT * FROM latches) s, latches
WITH latches AS (SELECT 1) SELECT * FROM public.latches
SELECT * FROM scratch
SELECT * FROM over_scratch
SELECT * FROM mess
SELECT * FROM mess_2
SELECT * FROM parent
SELECT * FROM child
SELECT * FROM abroad
SELECT * FROM watched
SELECT * FROM nothing_of_the_kind
SELECT * FROM pg_temp.authors
# what takes SQL, or a relation's name, out of a string
SELECT query_to_xml('SELECT lock_quietly(22)', false, false, '')
SELECT query_to_xml_and_xmlschema('SELECT nextval(''seq'')', false, false, '')
SELECT table_to_xml('latches', false, false, '')
SELECT table_to_xml_and_xmlschema('latches', false, false, '')
SELECT schema_to_xml('public', false, false, '')
SELECT database_to_xml(false, false, '')
SELECT ts_stat('SELECT to_tsvector(lock_quietly(22)::text)')
SELECT ts_rewrite('a'::tsquery, 'SELECT to_tsquery(lock_quietly(22)::text), to_tsquery(''b'')')
SELECT cursor_to_xml('c', 1, false, false, '')
`);

/** Functions of PostgreSQL's own that do more than read, or that only the master can answer. */
export const SYSTEM_FUNCTIONS = lines(String.raw`
SELECT nextval('seq')
SELECT currval('seq')
SELECT lastval()
SELECT setval('seq', 5)
SELECT setval('seq', 5, false)
SELECT setseed(0.5)
SELECT setseed(0.5), random()
SELECT set_config('work_mem', '8MB', false)
SELECT set_config('work_mem', '8MB', true)
SELECT set_config('search_path', 'other', false)
SELECT set_config('app.tenant', '7', false)
SELECT set_config('app.tenant', '7', true)
SELECT set_config('default_transaction_read_only', 'off', false)
SELECT pg_catalog.set_config('timezone', 'Asia/Tokyo', false)
SELECT pg_notify('news', 'x')
SELECT pg_advisory_lock(31)
SELECT pg_advisory_lock(31, 32)
SELECT pg_advisory_lock_shared(33)
SELECT pg_advisory_xact_lock(34)
SELECT pg_advisory_xact_lock_shared(35)
SELECT pg_try_advisory_lock(36)
SELECT pg_try_advisory_lock(36, 37)
SELECT pg_try_advisory_lock_shared(38)
SELECT pg_try_advisory_xact_lock(39)
SELECT pg_try_advisory_xact_lock_shared(40)
SELECT pg_advisory_unlock(31)
SELECT pg_advisory_unlock_all()
SELECT pg_advisory_unlock_shared(33)
SELECT id FROM authors WHERE pg_try_advisory_lock(id + 100)
SELECT pg_export_snapshot()
SELECT txid_current()
SELECT pg_current_xact_id()
SELECT txid_status(3)
SELECT pg_xact_status('3'::xid8)
SELECT pg_current_wal_lsn()
SELECT pg_current_wal_insert_lsn()
SELECT pg_current_wal_flush_lsn()
SELECT pg_walfile_name('0/1')
SELECT pg_walfile_name_offset('0/1')
SELECT pg_switch_wal()
SELECT pg_create_restore_point('here')
SELECT pg_logical_emit_message(false, 'a', 'b')
SELECT pg_create_logical_replication_slot('s', 'test_decoding')
SELECT pg_logical_slot_get_changes('s', NULL, NULL)
SELECT pg_logical_slot_peek_changes('s', NULL, NULL)
SELECT pg_replication_origin_create('o')
SELECT pg_replication_origin_session_setup('o')
SELECT pg_last_committed_xact()
SELECT pg_import_system_collations('public')
SELECT lo_create(0)
SELECT lo_creat(-1)
SELECT lo_from_bytea(0, 'x')
SELECT lo_put(4711, 0, 'y')
SELECT lo_unlink(4711)
SELECT lo_import('/etc/hostname')
SELECT lo_open(4711, x'20000'::int)
SELECT brin_summarize_new_values('authors_pkey')
SELECT gin_clean_pending_list('authors_pkey')
SELECT pg_clear_relation_stats('public', 'authors')
SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', 'authors', 'relpages', 7)
SELECT currtid2('authors', '(0,1)')
SELECT pg_nextoid('pg_class', 'oid', 'pg_class_oid_index')
SELECT pg_extension_config_dump('authors', '')
SELECT binary_upgrade_set_next_pg_type_oid(1)
`);

/** Called writes though a slave would do: on purpose, see reviewed-functions.ts. */
export const LEFT_OUT = lines(String.raw`
SELECT pg_ls_waldir() LIMIT 1
SELECT query_to_xml('SELECT 1', false, false, '')
`);
