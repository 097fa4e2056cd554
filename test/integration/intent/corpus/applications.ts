import { filled, lines } from './lines.js';

/** What applications and their tools ask all day, of any table. */
const OF_ANY_TABLE = filled(
  lines(`
SELECT count(*) FROM {}
SELECT count(*) AS total, min(id) AS first, max(id) AS last FROM {}
SELECT 1 AS one FROM {} LIMIT 1
SELECT EXISTS (SELECT 1 FROM {} WHERE id = 1)
select "id" from "{}" where "id" = 1 limit 1
select * from {} order by id desc limit 10 offset 20
SELECT t.* FROM {} t WHERE t.id IN (1, 2, 3) ORDER BY array_position(ARRAY[3, 1, 2], t.id)
SELECT t.id, row_to_json(t) FROM {} t
SELECT coalesce(json_agg(t), '[]') FROM (SELECT * FROM {} LIMIT 3) t
SELECT id, count(*) OVER () AS total FROM {} ORDER BY id LIMIT 5
SELECT * FROM {} WHERE id > 1 ORDER BY id FETCH FIRST 5 ROWS ONLY
WITH page AS (SELECT id FROM {} ORDER BY id LIMIT 5) SELECT t.* FROM {} t JOIN page USING (id)
SELECT id FROM {} GROUP BY id HAVING count(*) > 1
SELECT percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY id) FROM {}
SELECT reltuples::bigint FROM pg_class WHERE oid = '{}'::regclass
SELECT pg_size_pretty(pg_total_relation_size('{}'))
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = '{}'::regclass AND a.attnum > 0 AND NOT a.attisdropped
SELECT c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conrelid = '{}'::regclass
SELECT i.relname, ix.indisunique, pg_get_indexdef(ix.indexrelid) FROM pg_index ix JOIN pg_class i ON i.oid = ix.indexrelid WHERE ix.indrelid = to_regclass('{}')
SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '{}' ORDER BY ordinal_position
`),
  ['authors', 'posts', 'tree', 'published', 'counters', 'mine'],
);

export const APPLICATIONS = [
  ...OF_ANY_TABLE,
  ...lines(String.raw`
SELECT a.id, a.name, json_agg(json_build_object('id', p.id, 'title', p.title) ORDER BY p.id) FILTER (WHERE p.id IS NOT NULL) AS posts FROM authors a LEFT JOIN posts p ON p.author_id = a.id GROUP BY a.id
SELECT p.* FROM posts p WHERE p.words @@ websearch_to_tsquery('english', 'hello -spam') ORDER BY ts_rank(p.words, websearch_to_tsquery('english', 'hello')) DESC
SELECT date_trunc('month', published) AS month, count(*), sum(score) FROM posts WHERE published >= now() - interval '10 years' GROUP BY 1 ORDER BY 1
SELECT d::date, count(p.id) FROM generate_series(date '2024-01-01', date '2024-01-07', '1 day') d LEFT JOIN posts p ON p.published::date = d GROUP BY d ORDER BY d
SELECT * FROM authors WHERE tags @> ARRAY['math'] AND data @> '{"a": {}}' AND data -> 'a' ? 'b'
SELECT * FROM authors WHERE lower(name) LIKE lower('%' || 'A' || '%') ESCAPE '\'
SELECT id, name, CASE WHEN born < '1900-01-01' THEN 'old' WHEN born IS NULL THEN '?' ELSE 'new' END AS age FROM authors ORDER BY CASE WHEN mood = 'happy' THEN 0 ELSE 1 END, name COLLATE "C"
SELECT * FROM posts WHERE (published, id) < ('2025-01-01', 9) ORDER BY published DESC, id DESC LIMIT 20
SELECT DISTINCT ON (a.id) a.id, p.title FROM authors a JOIN posts p ON p.author_id = a.id ORDER BY a.id, p.published DESC NULLS LAST
SELECT a.*, recent.* FROM authors a CROSS JOIN LATERAL (SELECT title FROM posts p WHERE p.author_id = a.id ORDER BY id DESC LIMIT 2) recent
SELECT id, title, score - lag(score) OVER (PARTITION BY author_id ORDER BY id) AS change FROM posts
SELECT author_id, sum(score) FILTER (WHERE published > '2024-01-15') AS late, sum(score) AS all_of_it FROM posts GROUP BY ROLLUP (author_id)
WITH RECURSIVE up AS (SELECT id, parent, label, 1 AS depth FROM tree WHERE id = 4 UNION ALL SELECT t.id, t.parent, t.label, up.depth + 1 FROM tree t JOIN up ON t.id = up.parent) SELECT string_agg(label, ' < ' ORDER BY depth) FROM up
SELECT key, value FROM authors, jsonb_each_text(data) WHERE id = 1
SELECT tag, count(*) FROM authors, unnest(tags) AS tag GROUP BY tag ORDER BY count(*) DESC, tag
SELECT room FROM bookings WHERE NOT during && tstzrange(now(), now() + interval '1 hour') AND upper(during) > '2000-01-01'
SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), now()
SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = ANY ('{r,p,v,m}') AND pg_table_is_visible(c.oid)
SELECT t.typname, e.enumlabel FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid ORDER BY 1, e.enumsortorder
SELECT extname, extversion FROM pg_extension
SELECT pid, state, query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
SELECT random() AS "lucky", id FROM authors ORDER BY random() LIMIT 1
SELECT md5(string_agg(id::text, ',' ORDER BY id)) FROM posts
SELECT to_char(published AT TIME ZONE 'Europe/Berlin', 'YYYY-MM-DD"T"HH24:MI:SSOF') FROM posts
SELECT gen_random_uuid() AS id, clock_timestamp() AS at
`),
  ...filled(
    ['SELECT NULL::{}', 'SELECT pg_typeof(NULL::{}), CAST(NULL AS {}[])'],
    lines(`
bigint
bit(3)
bit varying
boolean
box
bytea
char(3)
character varying(5)
cidr
circle
date
double precision
inet
int4multirange
int8range
interval day to second (3)
json
jsonb
jsonpath
line
lseg
macaddr
macaddr8
money
name
numeric(10, 2)
numrange
oid
path
pg_lsn
pg_snapshot
point
polygon
real
regrole
smallint
text
time (3) without time zone
timestamp with time zone
tsquery
tsvector
tstzmultirange
txid_snapshot
uuid
xid8
xml
mood
pair
positive
floats
authors
`),
  ),
];
