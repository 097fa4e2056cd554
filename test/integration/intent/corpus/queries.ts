import { lines } from './lines.js';

/** What queries are made of: chapters 4, 7 and 9 of the documentation, and SELECT's page. */
export const QUERIES = lines(String.raw`
# the least
SELECT
SELECT 1;
select 1 as one, 'two' "Two", 3.0 three
SELECT ALL 1
SELECT FROM authors
SELECT * FROM authors
SELECT authors.* FROM authors
SELECT public.authors.name FROM public.authors
SELECT a.name, a."nextval" FROM authors AS a
SELECT "nextval" FROM authors
SELECT a FROM authors a
SELECT (a).name FROM authors a
SELECT (a.*)::text FROM authors a
SELECT a.ctid, a.tableoid::regclass, a.xmin FROM authors a
SELECT a.b, a.c FROM authors AS a (b, c)
TABLE authors
TABLE ONLY authors
TABLE authors ORDER BY id LIMIT 1
(TABLE authors)
((SELECT 1))
VALUES (1)
VALUES (1, 'a'), (2, 'b') ORDER BY 1 DESC
VALUES (1) UNION ALL SELECT 2
SELECT * FROM (VALUES (1, 'x'), (2, 'y')) AS v (n, t)
SELECT * FROM ONLY authors
SELECT * FROM authors*
SELECT DISTINCT author_id FROM posts
SELECT DISTINCT ON (author_id) author_id, title FROM posts ORDER BY author_id, published DESC NULLS LAST
SELECT id FROM authors WHERE name = 'Ada' AND born IS NOT NULL OR NOT id > 2
SELECT id FROM authors WHERE name LIKE 'A%' ESCAPE '!'
SELECT id FROM authors WHERE name NOT ILIKE '%d_'
SELECT id FROM authors WHERE name SIMILAR TO '(A|B)%'
SELECT id FROM authors WHERE name ~ '^A' AND name !~* 'z$'
SELECT id FROM authors WHERE id BETWEEN 1 AND 2
SELECT id FROM authors WHERE id BETWEEN SYMMETRIC 2 AND 1
SELECT id FROM authors WHERE id NOT BETWEEN 5 AND 6
SELECT id FROM authors WHERE id IN (1, 2, 3)
SELECT id FROM authors WHERE id NOT IN (SELECT author_id FROM posts WHERE author_id IS NOT NULL)
SELECT id FROM authors WHERE id = ANY ('{1,2}'::int[])
SELECT id FROM authors WHERE id > ALL (SELECT 0)
SELECT id FROM authors WHERE id = SOME (ARRAY[1, 2])
SELECT id FROM authors WHERE EXISTS (SELECT FROM posts WHERE author_id = authors.id)
SELECT id FROM authors WHERE (id, name) = (1, 'Ada')
SELECT id FROM authors WHERE (id, name) IN ((1, 'Ada'), (2, 'Bob'))
SELECT id FROM authors WHERE ROW(id, name) < ROW(2, 'B')
SELECT id FROM authors WHERE (id, name) IS DISTINCT FROM (1, NULL)
SELECT id FROM authors WHERE born IS NULL IS NOT TRUE
SELECT id FROM authors WHERE (born IS NULL) IS UNKNOWN
SELECT id FROM authors WHERE born ISNULL
SELECT id FROM authors WHERE born NOTNULL
SELECT id FROM authors a WHERE ROW(a.*) IS NULL
SELECT (SELECT name FROM authors WHERE id = p.author_id) FROM posts p
SELECT ARRAY(SELECT id FROM authors ORDER BY id)
SELECT (SELECT 1), (SELECT 2)
SELECT author_id, count(*), avg(score) FROM posts GROUP BY author_id HAVING count(*) > 1
SELECT author_id FROM posts GROUP BY 1 ORDER BY 1 USING >
SELECT author_id, title, sum(score) FROM posts GROUP BY GROUPING SETS ((author_id), (title), ())
SELECT author_id, title, sum(score), GROUPING(author_id, title) FROM posts GROUP BY ROLLUP (author_id, title)
SELECT author_id, title, count(*) FROM posts GROUP BY CUBE (author_id, title)
SELECT author_id, count(*) FROM posts GROUP BY DISTINCT ROLLUP (author_id), CUBE (author_id)
SELECT author_id, count(*) FROM posts GROUP BY ALL author_id
SELECT count(*) FILTER (WHERE score > 2), string_agg(title, ',' ORDER BY title DESC) FROM posts
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY score) FROM posts
SELECT mode() WITHIN GROUP (ORDER BY author_id) FROM posts
SELECT rank(2) WITHIN GROUP (ORDER BY author_id) FROM posts
SELECT count(DISTINCT author_id), array_agg(DISTINCT title ORDER BY title) FROM posts
SELECT count(*) FROM posts LIMIT 1 OFFSET 0
SELECT id FROM posts ORDER BY score DESC NULLS FIRST, id ASC FETCH FIRST 2 ROWS ONLY
SELECT id FROM posts ORDER BY score OFFSET 1 ROW FETCH NEXT ROW WITH TIES
SELECT id FROM posts LIMIT ALL
SELECT id FROM posts LIMIT NULL OFFSET (SELECT 1)
# joins
SELECT * FROM authors, posts WHERE posts.author_id = authors.id
SELECT * FROM authors CROSS JOIN posts
SELECT * FROM authors a INNER JOIN posts p ON a.id = p.author_id
SELECT * FROM authors a LEFT JOIN posts p ON a.id = p.author_id AND p.score > 1
SELECT * FROM authors a RIGHT OUTER JOIN posts p ON a.id = p.author_id
SELECT * FROM authors a FULL JOIN posts p USING (id)
SELECT * FROM authors a JOIN posts p USING (id) AS both
SELECT * FROM authors NATURAL LEFT JOIN tree
SELECT j.* FROM (authors a JOIN posts p ON a.id = p.author_id) AS j (b, c)
SELECT * FROM authors a, LATERAL (SELECT title FROM posts WHERE author_id = a.id LIMIT 1) t
SELECT * FROM authors a LEFT JOIN LATERAL titles(a.id) t ON true
SELECT * FROM authors a JOIN LATERAL unnest(a.tags) WITH ORDINALITY AS t (tag, n) ON n > 0
SELECT * FROM ((authors a JOIN posts p ON a.id = p.author_id) LEFT JOIN tree t ON t.id = p.id)
# functions in FROM
SELECT * FROM generate_series(1, 3)
SELECT * FROM generate_series(1, 3) AS n WITH ORDINALITY
SELECT n FROM generate_series(1, 3) n
SELECT n.n FROM generate_series(1, 3) AS n
SELECT * FROM ROWS FROM (generate_series(1, 3), unnest('{a,b}'::text[])) AS r (n, t)
SELECT * FROM ROWS FROM (json_to_recordset('[{"a": 1}]') AS (a int, b text), generate_series(1, 2)) AS x
SELECT * FROM json_to_record('{"a": 1, "b": "x"}') AS x (a int, b text)
SELECT * FROM jsonb_each('{"a": 1}')
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b']) AS u (n, t)
SELECT * FROM string_to_table('a,b', ',')
SELECT * FROM current_date AS d
SELECT * FROM CAST(1 AS int) AS c
SELECT * FROM COALESCE(1, 2) AS c
SELECT * FROM titles(1)
SELECT titles(id) FROM authors
SELECT * FROM greet()
SELECT greeting FROM greet(who => 'me')
SELECT * FROM pg_get_keywords() WHERE catcode = 'R' LIMIT 1
SELECT * FROM regexp_matches('foobar', 'o', 'g')
SELECT * FROM posts TABLESAMPLE BERNOULLI (50)
SELECT * FROM posts p TABLESAMPLE SYSTEM (50) REPEATABLE (7)
SELECT * FROM xmltable('/a/b' PASSING '<a><b>1</b></a>' COLUMNS n int PATH '.', o FOR ORDINALITY, t text DEFAULT 'x')
SELECT * FROM xmltable(XMLNAMESPACES ('http://x' AS x), '/x:a' PASSING '<a xmlns="http://x"/>' COLUMNS n text PATH '.')
SELECT * FROM json_table('[{"a": 1}]', '$[*]' COLUMNS (id FOR ORDINALITY, a int PATH '$.a', t text DEFAULT 'x' ON EMPTY))
SELECT * FROM json_table('{"a": [{"b": 1}]}', '$' COLUMNS (NESTED PATH '$.a[*]' AS n COLUMNS (b int, e boolean EXISTS PATH '$.b')))
SELECT * FROM json_table('[1]', '$[*]' AS p PASSING 1 AS x COLUMNS (a jsonb FORMAT JSON PATH '$' ERROR ON ERROR)) j
SELECT * FROM json_table('[1,2]', '$[*] ? (@ > $x)' PASSING 1 AS x COLUMNS (a jsonb PATH '$'))
# windows
SELECT id, row_number() OVER () FROM posts
SELECT id, rank() OVER (PARTITION BY author_id ORDER BY score DESC) FROM posts
SELECT id, sum(score) OVER w, avg(score) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM posts WINDOW w AS (ORDER BY id)
SELECT id, sum(id) OVER (ORDER BY id RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM posts
SELECT id, sum(id) OVER (ORDER BY id GROUPS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES) FROM posts
SELECT id, lag(id, 1, 0) OVER (ORDER BY id), lead(id) OVER (ORDER BY id), nth_value(id, 2) OVER (ORDER BY id) FROM posts
SELECT id, count(*) FILTER (WHERE score > 1) OVER (PARTITION BY author_id) FROM posts
SELECT ntile(2) OVER w, first_value(id) OVER w, cume_dist() OVER w FROM posts WINDOW v AS (PARTITION BY author_id), w AS (v ORDER BY id)
SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY author_id) AS n FROM posts) p WHERE n = 1
# WITH
WITH t AS (SELECT 1 AS n) SELECT n FROM t
WITH t (n) AS (VALUES (1), (2)), u AS (SELECT n * 2 AS m FROM t) SELECT * FROM t JOIN u ON m = n
WITH t AS MATERIALIZED (SELECT 1 AS n) SELECT n FROM t
WITH t AS NOT MATERIALIZED (SELECT 1 AS n) TABLE t
WITH RECURSIVE t (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) FROM t
WITH RECURSIVE walk AS (SELECT id, parent FROM tree WHERE parent IS NULL UNION SELECT c.id, c.parent FROM tree c JOIN walk w ON c.parent = w.id) SELECT * FROM walk
WITH RECURSIVE walk (id) AS (SELECT id FROM tree WHERE id = 1 UNION ALL SELECT c.id FROM tree c, walk w WHERE c.parent = w.id) SEARCH DEPTH FIRST BY id SET path SELECT * FROM walk ORDER BY path
WITH RECURSIVE walk (id) AS (SELECT 1 UNION ALL SELECT c.id FROM tree c, walk w WHERE c.parent = w.id) SEARCH BREADTH FIRST BY id SET seen SELECT * FROM walk
WITH RECURSIVE walk (id) AS (SELECT 1 UNION ALL SELECT c.id FROM tree c, walk w WHERE c.parent = w.id) CYCLE id SET looped USING path SELECT * FROM walk
WITH RECURSIVE walk (id) AS (SELECT 1 UNION ALL SELECT c.id FROM tree c, walk w WHERE c.parent = w.id) CYCLE id SET looped TO 'Y' DEFAULT 'N' USING path SELECT * FROM walk
WITH bumps AS (SELECT 1 AS n) SELECT * FROM bumps
WITH scratch AS (SELECT 1 AS n) SELECT * FROM (SELECT * FROM scratch) s
WITH a AS (WITH b AS (SELECT 1 AS n) SELECT * FROM b) SELECT * FROM a
SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t) s
SELECT id FROM authors WHERE id IN (WITH t AS (SELECT 1) TABLE t)
WITH t AS (SELECT 1 AS n) SELECT (WITH u AS (SELECT n FROM t) SELECT n FROM u)
WITH t AS (SELECT 1 AS n) SELECT * FROM t UNION SELECT n + 1 FROM t
WITH insert AS (SELECT 1 AS update) SELECT update FROM insert
# sets
SELECT 1 UNION SELECT 2
SELECT 1 UNION ALL SELECT 1 INTERSECT SELECT 1
(SELECT 1 ORDER BY 1 LIMIT 1) UNION ALL (SELECT 2 LIMIT 1) ORDER BY 1
SELECT id FROM authors EXCEPT SELECT author_id FROM posts
SELECT id FROM authors INTERSECT ALL SELECT author_id FROM posts
SELECT id FROM authors EXCEPT ALL (SELECT 1 UNION SELECT 2)
TABLE tree UNION TABLE tree
# relations of all kinds
SELECT * FROM published
SELECT * FROM published_twice WHERE double > 1
SELECT * FROM seen_recursive
SELECT n FROM stored
SELECT * FROM events WHERE at = '2024-05-05'
SELECT * FROM events_2024
SELECT * FROM mess_1
SELECT * FROM mine
SELECT last_value, is_called FROM seq
SELECT * FROM "select" WHERE "from" = 1 ORDER BY "order by"
SELECT a FROM "Weird "" name; drop"
SELECT * FROM other.posts
SELECT * FROM posts p, other.posts o
SELECT doubled FROM posts
SELECT * FROM bookings WHERE during && '[2024-01-02, 2024-01-05)'
SELECT * FROM counters
SELECT id FROM authors a WHERE a.label IS NOT NULL
SELECT a.label FROM authors a
SELECT label(a) FROM authors a
SELECT authors.label, authors.name FROM authors
SELECT calm FROM other.calm()
`);

/** Expressions, several a line with `;;` between them; each becomes a `SELECT …`. */
export const EXPRESSIONS = lines(String.raw`
# constants, casts, operators
NULL ;; TRUE ;; FALSE ;; 1 ;; -1 ;; +1 ;; 1.5 ;; .5 ;; 1e3 ;; 0x1F ;; 0o17 ;; 0b101 ;; 1_000_000
'it''s' ;; E'it\'s\n\x41\u0041' ;; U&'d\0061t\+000061' ;; U&'d!0061t!+000061' UESCAPE '!'
B'101' ;; X'1FF' ;; N'national'
$$dollar 'quoted' $1 $$ ;; $tag$ with $$ inside $tag$
'a' || 'b' || 1
1 + 2 * 3 / 4 % 5 - -6 ^ 2
5 & 3 ;; 5 | 3 ;; 5 # 3 ;; ~5 ;; 1 << 3 ;; 8 >> 1
|/ 25.0 ;; ||/ 27.0 ;; @ -5 ;; 5 ^ 2
1 < 2 ;; 1 <= 2 ;; 1 <> 2 ;; 1 != 2 ;; 1 = 1 ;; 1 > 2 ;; 1 >= 2
1 <~> 2
1 OPERATOR(public.<~>) 2
1 OPERATOR(pg_catalog.+) 2
'a' OPERATOR(other.<~>) 'b'
1::text ;; '1'::int ;; CAST('1' AS numeric(5, 2)) ;; int '1' ;; double precision '1.5'
'2024-01-01'::date ;; date '2024-01-01' ;; timestamp with time zone '2024-01-01 10:00+02' ;; time '10:00' ;; interval '1 day' hour
interval '1' day ;; interval '2-3' year to month ;; interval (3) '1.2345 s'
'{1,2}'::int[] ;; '{{1,2},{3,4}}'::int[][] ;; ARRAY[1, 2] ;; ARRAY[[1, 2], [3, 4]] ;; '{}'::text[]
(ARRAY[1, 2, 3])[1] ;; (ARRAY[1, 2, 3])[1:2] ;; (ARRAY[1, 2, 3])[:2] ;; '[2:3]={1,2}'::int[]
ROW(1, 'a') ;; (1, 2) ;; ROW(1, 2)::pair ;; (ROW(1, 2)::pair).x ;; ('(1,2)'::pair).*
'happy'::mood ;; 'sad'::mood < 'ok'::mood ;; enum_range(NULL::mood) ;; enum_first(NULL::mood)
'authors'::regclass ;; 'twice'::regproc ;; 'twice(int)'::regprocedure ;; 'int'::regtype ;; 'public'::regnamespace ;; '+(int,int)'::regoperator
5::positive ;; '7'::positive ;; CAST(8 AS positive) ;; NULL::positive[]
'a' COLLATE "C" < 'b' ;; 'a' COLLATE german ;; pg_catalog.max('a' COLLATE "C")
CASE WHEN 1 = 1 THEN 'a' ELSE 'b' END ;; CASE 1 WHEN 1 THEN 'x' WHEN 2 THEN 'y' END
COALESCE(NULL, 1) ;; NULLIF(1, 2) ;; GREATEST(1, 2) ;; LEAST(1, 2, 3)
1 IS DISTINCT FROM NULL ;; 1 IS NOT DISTINCT FROM 1 ;; NULL IS NULL ;; TRUE IS NOT FALSE ;; NULL::boolean IS UNKNOWN
NOT TRUE ;; TRUE AND FALSE OR TRUE
'abc' LIKE 'a%' ;; 'abc' ~~ 'a%' ;; 'abc' ~~* 'A%' ;; 'abc' ^@ 'a' ;; 'abc' ~ 'b' ;; 'abc' !~ 'd' ;; 'abc' ~* 'B'
(SELECT 1) + 1 ;; EXISTS (SELECT 1) ;; 1 IN (SELECT 1) ;; ARRAY(SELECT 1)
1 = ANY (ARRAY[1, 2]) ;; 1 < ALL ('{2,3}'::int[]) ;; 1 <> SOME (SELECT 2)
# text
upper('a') ;; lower('A') ;; initcap('a b') ;; length('a') ;; char_length('a') ;; bit_length('a') ;; octet_length('a') ;; reverse('ab')
substring('abc' from 2 for 1) ;; substring('abc' for 2) ;; substring('abc' from 'b.') ;; substring('abc' SIMILAR 'a#"b#"c' ESCAPE '#') ;; substr('abc', 2)
trim('  a ') ;; trim(both 'x' from 'xax') ;; ltrim('xa', 'x') ;; btrim('xax', 'x') ;; rtrim('ax', 'x')
position('b' in 'abc') ;; strpos('abc', 'b') ;; overlay('abc' placing 'x' from 2 for 1) ;; starts_with('abc', 'a')
replace('abc', 'b', 'x') ;; translate('abc', 'ab', 'xy') ;; split_part('a,b', ',', 2) ;; repeat('a', 3) ;; lpad('a', 3, 'x') ;; rpad('a', 3)
concat('a', 1, NULL) ;; concat_ws(',', 'a', 'b') ;; format('%s %I %L', 'a', 'b', 'c') ;; quote_ident('a b') ;; quote_literal('a') ;; quote_nullable(NULL)
md5('a') ;; sha256('a'::bytea) ;; encode('a'::bytea, 'base64') ;; decode('YQ==', 'base64') ;; convert_to('a', 'UTF8') ;; convert_from('a'::bytea, 'UTF8') ;; crc32('a'::bytea)
ascii('a') ;; chr(65) ;; to_hex(255) ;; to_bin(5) ;; to_oct(8) ;; unistr('\0061') ;; normalize('a', NFC) ;; 'a' IS NORMALIZED ;; casefold('A')
regexp_replace('abc', 'b', 'x', 'g') ;; regexp_match('abc', '(b)') ;; regexp_count('aa', 'a') ;; regexp_instr('ab', 'b') ;; regexp_like('a', 'A', 'i') ;; regexp_substr('ab', 'b') ;; regexp_split_to_array('a b', ' ')
string_to_array('a,b', ',') ;; array_to_string('{a,b}'::text[], ',') ;; parse_ident('a.b') ;; left('abc', 2) ;; right('abc', 2)
to_char(1234.5, '9G999D9') ;; to_number('1,234', '9,999') ;; to_char(now(), 'YYYY') ;; to_date('2024', 'YYYY') ;; to_timestamp('2024', 'YYYY') ;; to_timestamp(0)
# numbers
abs(-1) ;; ceil(1.2) ;; floor(1.2) ;; round(1.25, 1) ;; trunc(1.2) ;; mod(5, 3) ;; div(5, 3) ;; power(2, 3) ;; sqrt(4) ;; cbrt(8) ;; exp(1) ;; ln(2) ;; log(10) ;; log(2, 8)
sign(-1) ;; gcd(4, 6) ;; lcm(4, 6) ;; factorial(5) ;; width_bucket(5, 0, 10, 5) ;; pi() ;; degrees(1) ;; radians(1) ;; sin(1) ;; cosd(60) ;; atan2(1, 2) ;; scale(1.20) ;; min_scale(1.20) ;; trim_scale(1.20) ;; gamma(2) ;; lgamma(2)
random() ;; random(1, 10) ;; random_normal(0, 1) ;; random(1.0, 2.0)
gen_random_uuid() IS NOT NULL ;; uuidv4() IS NOT NULL ;; uuidv7() IS NOT NULL ;; uuid_extract_version(gen_random_uuid()) ;; uuid_extract_timestamp(uuidv7()) IS NOT NULL
# dates
now() ;; current_date ;; current_time ;; current_timestamp ;; current_timestamp(3) ;; localtime ;; localtimestamp(0) ;; transaction_timestamp() ;; statement_timestamp() ;; clock_timestamp() ;; timeofday()
age(now(), '2020-01-01') ;; date_trunc('day', now()) ;; date_trunc('day', now(), 'UTC') ;; date_part('year', now()) ;; extract(epoch from now()) ;; extract(year from interval '1 year') ;; date_bin('15 minutes', now(), '2001-01-01')
make_date(2024, 1, 1) ;; make_interval(days => 3) ;; make_timestamp(2024, 1, 1, 0, 0, 0) ;; make_timestamptz(2024, 1, 1, 0, 0, 0, 'UTC') ;; justify_days('35 days') ;; isfinite(now())
now() AT TIME ZONE 'UTC' ;; now() AT LOCAL ;; timezone('UTC', now()) ;; (DATE '2024-01-01', DATE '2024-02-01') OVERLAPS (DATE '2024-01-15', interval '1 day')
date '2024-01-01' + 7 ;; date '2024-01-01' - date '2023-01-01' ;; now() - interval '1 hour' ;; interval '1 day' * 2 ;; now()::date + time '10:00' ;; date_add(now(), '1 day')
pg_sleep(0) ;; pg_sleep_for('1 millisecond')
# arrays, ranges, geometry, network, bits
array_append('{1}'::int[], 2) ;; array_cat('{1}'::int[], '{2}') ;; array_dims('{1}'::int[]) ;; array_fill(0, '{2}') ;; array_length('{1}'::int[], 1) ;; array_position('{1}'::int[], 1) ;; array_remove('{1}'::int[], 1) ;; array_sort('{2,1}'::int[]) ;; array_reverse('{1,2}'::int[])
array_shuffle('{1,2}'::int[]) ;; array_sample('{1,2}'::int[], 1) ;; cardinality('{1}'::int[]) ;; trim_array('{1,2}'::int[], 1) ;; unnest('{1,2}'::int[]) ;; generate_subscripts('{1,2}'::int[], 1)
'{1,2}'::int[] @> '{1}' ;; '{1}'::int[] <@ '{1,2}' ;; '{1}'::int[] && '{1}' ;; '{1}'::int[] || 2 ;; many(1, 2, 3) ;; many(VARIADIC '{1,2}')
int4range(1, 5) @> 3 ;; '[1,5)'::int4range && '[4,9)' ;; lower('[1,5)'::int4range) ;; upper_inf('[1,)'::int4range) ;; range_merge('[1,2)'::int4range, '[3,4)') ;; isempty('empty'::int4range) ;; '[1,2)'::int4range -|- '[2,3)' ;; floats(1.0, 2.0) ;; '{[1,2),[5,6)}'::int4multirange ;; range_agg(int4range(1, 2))
point(1, 2) ;; box(point(0, 0), point(1, 1)) ;; circle(point(0, 0), 2) ;; area(box '((0,0),(1,1))') ;; point '(0,0)' <-> point '(1,1)' ;; lseg '[(0,0),(1,1)]' ;; box '((0,0),(1,1))' @> point '(0,0)' ;; # path '((0,0),(1,1))' ;; @@ box '((0,0),(2,2))' ;; ?- lseg '[(0,0),(1,0)]'
inet '10.0.0.1/8' ;; cidr '10/8' ;; host('10.0.0.1') ;; network('10.0.0.1/8') ;; inet '10.0.0.1' << inet '10/8' ;; macaddr '08:00:2b:01:02:03' ;; masklen('10/8'::cidr)
bit_count(B'101') ;; get_bit(B'101', 0) ;; set_bit(B'101', 0, 0) ;; B'101' & B'110' ;; get_byte('a'::bytea, 0) ;; '\xDEADBEEF'::bytea ;; bytea 'a' || 'b' ;; reverse('ab'::bytea) ;; 5::bytea
# JSON
'{"a": 1}'::json -> 'a' ;; '{"a": 1}'::jsonb ->> 'a' ;; '{"a": [1]}'::jsonb #> '{a,0}' ;; '{"a": [1]}'::jsonb #>> '{a,0}' ;; ('{"a": 1}'::jsonb)['a']
'{"a": 1}'::jsonb @> '{"a": 1}' ;; '{"a": 1}'::jsonb ? 'a' ;; '{"a": 1}'::jsonb ?| '{a,b}' ;; '{"a": 1}'::jsonb ?& '{a}' ;; '{"a": 1}'::jsonb - 'a' ;; '{"a": 1}'::jsonb #- '{a}' ;; '{"a": 1}'::jsonb || '{"b": 2}'
'{"a": [1, 2]}'::jsonb @? '$.a[*] ? (@ > 1)' ;; '{"a": 1}'::jsonb @@ '$.a == 1' ;; jsonb_path_query('{"a": [1]}', '$.a[*]') ;; jsonb_path_exists('{}', '$.a') ;; jsonb_path_query_array('[1]', '$[*]') ;; jsonb_path_query_first('[1]', '$[0]') ;; jsonb_path_match('{"a": 1}', '$.a == 1')
to_json(1) ;; to_jsonb('a'::text) ;; row_to_json(ROW(1, 2)) ;; array_to_json('{1}'::int[]) ;; json_build_object('a', 1) ;; jsonb_build_array(1, 'a') ;; jsonb_set('{"a": 1}', '{a}', '2') ;; jsonb_insert('[1]', '{0}', '0') ;; jsonb_strip_nulls('{"a": null}') ;; jsonb_pretty('{}') ;; jsonb_typeof('1') ;; json_array_length('[1]') ;; jsonb_object_keys('{"a": 1}')
json_populate_record(NULL::pair, '{"x": 1}')
jsonb_populate_record(NULL::pair, '{"x": 1}')
JSON_OBJECT('a': 1, 'b' VALUE 2 NULL ON NULL WITH UNIQUE KEYS) ;; JSON_OBJECT('a': 1 RETURNING jsonb) ;; JSON_ARRAY(1, 2 ABSENT ON NULL) ;; JSON_ARRAY(SELECT id FROM authors ORDER BY id RETURNING jsonb)
JSON_ARRAYAGG(1 ORDER BY 1) ;; JSON_OBJECTAGG('a': 1) ;; JSON_ARRAYAGG(2 RETURNING text) FILTER (WHERE true)
JSON('{"a": 1}' WITH UNIQUE KEYS) ;; JSON_SCALAR(1) ;; JSON_SERIALIZE('{}' RETURNING bytea) ;; '{}' IS JSON OBJECT ;; '1' IS NOT JSON ARRAY ;; '[]' IS JSON WITH UNIQUE KEYS
JSON_EXISTS(jsonb '{"a": 1}', '$.a' ERROR ON ERROR) ;; JSON_VALUE(jsonb '{"a": 1}', '$.a' RETURNING int DEFAULT 0 ON EMPTY) ;; JSON_QUERY(jsonb '{"a": [1]}', '$.a' WITH WRAPPER KEEP QUOTES NULL ON EMPTY) ;; JSON_VALUE(jsonb '1', '$ + $x' PASSING 1 AS x)
json_agg(1) ;; jsonb_object_agg('a', 1) ;; json_agg_strict(1) ;; jsonb_array_elements('[1]') ;; json_each_text('{"a": "b"}')
# XML
xmlelement(name a, xmlattributes(1 AS b), 'c', xmlforest(1 AS d)) ;; xmlconcat('<a/>', '<b/>') ;; xmlcomment('a') ;; xmlpi(name a, 'b') ;; xmlparse(DOCUMENT '<a/>') ;; xmlserialize(CONTENT '<a/>' AS text INDENT) ;; xmlroot('<a/>', version '1.0') ;; '<a/>' IS DOCUMENT ;; xmlexists('/a' PASSING '<a/>')
xpath('/a/text()', '<a>1</a>') ;; xpath_exists('/a', '<a/>') ;; xml_is_well_formed('<a/>') ;; xmlagg('<a/>'::xml) ;; xmltext('<')
# full text
to_tsvector('english', 'the cats') @@ to_tsquery('english', 'cat') ;; plainto_tsquery('a b') ;; phraseto_tsquery('a b') ;; websearch_to_tsquery('"a b" -c') ;; ts_rank(to_tsvector('a'), to_tsquery('a')) ;; ts_headline('a b', to_tsquery('a')) ;; setweight(to_tsvector('a'), 'A') ;; strip(to_tsvector('a')) ;; numnode(to_tsquery('a')) ;; ts_lexize('english_stem', 'cats') ;; to_tsquery('a') && to_tsquery('b') ;; !! to_tsquery('a') ;; ts_debug('english', 'cat') ;; ts_parse('default', 'a') ;; get_current_ts_config()
ts_rewrite('a & b'::tsquery, 'a'::tsquery, 'c'::tsquery)
# the system
current_user ;; session_user ;; user ;; current_role ;; system_user ;; current_catalog ;; current_schema ;; current_schema() ;; current_schemas(true) ;; current_database() ;; version()
current_setting('work_mem') ;; current_setting('app.tenant', true) ;; pg_backend_pid() ;; inet_client_addr() ;; pg_postmaster_start_time() ;; pg_conf_load_time() ;; pg_is_in_recovery() ;; pg_my_temp_schema() ;; pg_trigger_depth() ;; pg_jit_available()
pg_last_wal_replay_lsn() ;; pg_last_wal_receive_lsn() ;; pg_last_xact_replay_timestamp() ;; pg_is_wal_replay_paused() ;; pg_get_wal_replay_pause_state() ;; pg_wal_lsn_diff('0/2', '0/1')
pg_current_snapshot() ;; txid_current_snapshot() ;; pg_current_xact_id_if_assigned() ;; txid_current_if_assigned() ;; pg_snapshot_xmin(pg_current_snapshot()) ;; pg_current_xact_id_if_assigned() IS NULL
has_table_privilege('authors', 'SELECT') ;; has_schema_privilege('public', 'USAGE') ;; has_function_privilege('twice(int)', 'EXECUTE') ;; pg_has_role('postgres', 'MEMBER') ;; row_security_active('mine') ;; has_largeobject_privilege(4711, 'SELECT')
pg_get_viewdef('published'::regclass) ;; pg_get_functiondef('twice'::regproc) ;; pg_get_indexdef('authors_pkey'::regclass) ;; pg_get_constraintdef(1) ;; pg_get_expr(NULL, 0) ;; pg_get_serial_sequence('posts', 'id') ;; pg_get_userbyid(10) ;; pg_get_ruledef(1) ;; pg_get_triggerdef(1) ;; pg_get_statisticsobjdef(1) ;; pg_get_partkeydef('events'::regclass)
pg_table_size('authors') ;; pg_total_relation_size('authors') ;; pg_relation_size('authors', 'fsm') ;; pg_indexes_size('authors') ;; pg_database_size(current_database()) ;; pg_tablespace_size('pg_default') ;; pg_size_pretty(1024::bigint) ;; pg_size_bytes('1 MB') ;; pg_column_size(1) ;; pg_column_compression('a'::text) ;; pg_relation_filepath('authors') ;; pg_filenode_relation(0, 1)
to_regclass('nothing') ;; to_regproc('nothing') ;; to_regtype('nothing') ;; format_type(23, -1) ;; pg_typeof(1) ;; col_description('authors'::regclass, 1) ;; obj_description('authors'::regclass) ;; shobj_description(1, 'pg_database') ;; pg_describe_object('pg_class'::regclass, 'authors'::regclass, 0) ;; pg_table_is_visible('authors'::regclass) ;; pg_collation_for('a') ;; pg_basetype('positive') ;; COLLATION FOR ('a' COLLATE "C")
pg_blocking_pids(pg_backend_pid()) ;; pg_notification_queue_usage() ;; pg_sequence_last_value('seq') ;; pg_sequence_parameters('seq'::regclass) ;; pg_stat_get_numscans('authors'::regclass) ;; pg_stat_get_live_tuples('authors'::regclass) ;; pg_encoding_to_char(6) ;; pg_char_to_encoding('UTF8') ;; pg_client_encoding() ;; pg_partition_root('events_2024') ;; pg_listening_channels()
lo_get(4711) ;; lo_get(4711, 1, 2)
pg_input_is_valid('1', 'pair')
twice(2) ;; author_count() ;; greet() ;; greet('a') ;; greet(who := 'b') ;; sum_twice(1) ;; author_count() IS NULL IS NULL
twice(id) FROM authors ;; sum_twice(id) FROM authors
hashtext('a') ;; hash_record(ROW(1)) ;; int4pl(1, 2) ;; texteq('a', 'b') ;; "upper"('a') ;; pg_catalog.upper('a') ;; "pg_catalog"."lower"('A')
((1)) ;; (((((SELECT 1)))))
num_nulls(1, NULL) ;; num_nonnulls(VARIADIC ARRAY[1]) ;; any_value(1) ;; bool_and(true) ;; every(true) ;; bit_or(1) ;; stddev(1) ;; corr(1, 2) ;; regr_slope(1, 2) ;; string_agg('a', 'b') ;; xmlagg(NULL) ;; min(1) ;; max(ROW(1)::text) ;; range_intersect_agg(int4range(1, 2)) ;; variance(1)
`)
  .flatMap((line) => line.split(' ;; '))
  .map((expression) => `SELECT ${expression}`);

/** Everything that PostgreSQL shows of itself as a relation. */
export const SYSTEM_RELATIONS =
  `pg_aggregate pg_aios pg_am pg_attribute pg_authid pg_available_extension_versions pg_available_extensions
pg_backend_memory_contexts pg_cast pg_class pg_collation pg_config pg_constraint pg_cursors pg_database pg_db_role_setting
pg_default_acl pg_depend pg_description pg_enum pg_event_trigger pg_extension pg_file_settings pg_foreign_table pg_group
pg_hba_file_rules pg_ident_file_mappings pg_index pg_indexes pg_inherits pg_language pg_largeobject pg_locks pg_matviews
pg_namespace pg_opclass pg_operator pg_policies pg_prepared_statements pg_prepared_xacts pg_proc pg_publication
pg_publication_tables pg_range pg_replication_origin_status pg_replication_slots pg_rewrite pg_roles pg_rules pg_seclabels
pg_sequence pg_sequences pg_settings pg_shadow pg_shmem_allocations pg_shdepend pg_stat_activity pg_stat_all_tables
pg_stat_archiver pg_stat_bgwriter pg_stat_checkpointer pg_stat_database pg_stat_database_conflicts pg_stat_gssapi pg_stat_io
pg_stat_progress_vacuum pg_stat_recovery_prefetch pg_stat_replication pg_stat_slru pg_stat_ssl pg_stat_subscription
pg_stat_user_functions pg_stat_user_indexes pg_stat_user_tables pg_stat_wal pg_stat_wal_receiver pg_stat_xact_user_tables
pg_statio_user_tables pg_statistic pg_stats pg_stats_ext pg_tables pg_tablespace pg_timezone_abbrevs pg_timezone_names
pg_trigger pg_ts_config pg_ts_dict pg_type pg_user pg_user_mappings pg_views pg_wait_events
information_schema.tables information_schema.columns information_schema.key_column_usage information_schema.referential_constraints
information_schema.routines information_schema.parameters information_schema.sequences information_schema.table_constraints
information_schema.table_privileges information_schema.triggers information_schema.views information_schema.domains
information_schema.schemata information_schema.sql_features information_schema.element_types`
    .split(/\s+/)
    .map((relation) => `SELECT * FROM ${relation} LIMIT 5`);
