import { filled, lines } from './lines.js';

/** Locking clauses: every strength and way to wait, at every depth. */
export const LOCKING = filled(
  lines(`
SELECT * FROM authors {}
SELECT * FROM authors a, posts p WHERE a.id = p.author_id {}
SELECT * FROM (SELECT * FROM authors {}) s
SELECT 1 FROM tree WHERE EXISTS (SELECT FROM authors {})
WITH t AS (SELECT * FROM authors {}) SELECT * FROM t
SELECT 1 UNION ALL (SELECT id FROM authors {})
`),
  ['FOR UPDATE', 'FOR NO KEY UPDATE', 'FOR SHARE', 'FOR KEY SHARE'].flatMap((lock) => [
    lock,
    `${lock} NOWAIT`,
    `${lock} SKIP LOCKED`,
  ]),
);

export const MORE_LOCKING = lines(`
SELECT * FROM authors a JOIN posts p ON true FOR UPDATE OF a FOR SHARE OF p
SELECT * FROM authors FOR UPDATE LIMIT 1
SELECT * FROM authors LIMIT 1 FOR UPDATE SKIP LOCKED
SELECT * FROM published FOR UPDATE
SELECT (SELECT id FROM authors LIMIT 1 FOR UPDATE)
SELECT ARRAY(SELECT id FROM authors FOR SHARE)
TABLE authors FOR UPDATE
SELECT * FROM authors FOR READ ONLY
SELECT * FROM authors WHERE id IN (SELECT author_id FROM posts FOR KEY SHARE)
WITH RECURSIVE t AS (SELECT 1 AS n), u AS (SELECT id FROM authors FOR UPDATE) SELECT * FROM t, u
SELECT * FROM (SELECT * FROM (SELECT * FROM (SELECT * FROM authors FOR UPDATE) a) b) c
VALUES (1) FOR UPDATE
SELECT 1 FOR UPDATE
`);

export const INTO = lines(`
SELECT 1 AS a INTO new_one
SELECT * INTO TEMP new_one FROM authors
SELECT INTO new_one 1 AS a
SELECT id INTO UNLOGGED TABLE new_one FROM authors
SELECT 1 AS a INTO TEMPORARY TABLE new_one UNION SELECT 2
WITH t AS (SELECT 1 AS a) SELECT a INTO new_one FROM t
select*into"new_one"from authors
`);

/** Data-modifying CTEs, wherever one may stand, and where none may. */
export const CTES_THAT_WRITE = filled(
  lines(`
WITH t AS ({}) SELECT 1
WITH t AS ({}) SELECT * FROM t
WITH a AS (SELECT 1), t AS ({}) SELECT * FROM a
WITH RECURSIVE t AS ({}) TABLE t
WITH t AS MATERIALIZED ({}) VALUES (1)
WITH t AS ({}) (SELECT 1 UNION SELECT 2)
EXPLAIN ANALYZE WITH t AS ({}) SELECT * FROM t
/* SELECT */ with t as ({}) select id from t
SELECT * FROM (WITH t AS ({}) SELECT * FROM t) s
`),
  lines(`
INSERT INTO tree VALUES (99) RETURNING id
UPDATE tree SET label = 'x' WHERE false RETURNING id
DELETE FROM tree WHERE false RETURNING id
MERGE INTO tree t USING (VALUES (1)) v (i) ON t.id = v.i WHEN MATCHED THEN DELETE RETURNING t.id
`),
);

/** Texts that mislead whoever looks for words, not for grammar. */
export const MISLEADING = [
  // reads that look like something else
  ...lines(String.raw`
SELECT 'insert into authors values (1)'
SELECT 'DROP TABLE authors; --' AS "delete from authors"
SELECT "insert", "update" FROM (SELECT 1 AS "insert", 2 AS "update") AS "delete"
SELECT insert, update, delete FROM (SELECT 1, 2, 3) AS t (insert, update, delete)
SELECT 1 AS into_, 2 AS for_update
SELECT $$; DELETE FROM authors; $$
SELECT $a$ SELECT nextval('seq') $a$
SELECT $_$ '/* $_$
SELECT 'nextval(''seq'')'
SELECT E'\'; DELETE FROM authors; --'
SELECT E'\\' , 1
SELECT '\' , 1 AS "'"
SELECT '\'
SELECT 1 /* ; DELETE FROM authors */
SELECT 1 -- ; DELETE FROM authors
SELECT /* FOR UPDATE */ 1
SELECT 1 /* nested /* comments */ ; DELETE FROM authors */
SELECT '/*', 1, '*/'
SELECT '--', 1
SELECT "--" FROM (SELECT 1 AS "--") t
SELECT 1 AS "/*", 2 AS "*/"
SELECT U&'\0027' , U&"\0061" FROM (SELECT 1 AS a) t
SELECT 'a' 'b' IS NULL
SELECT current_user AS "set_config"
SELECT 1 nextval
SELECT t.nextval FROM (SELECT 1 AS nextval) t
SELECT 1 AS lock, 2 AS set, 3 AS commit, 4 AS "call", 5 AS copy, 6 AS prepare, 7 AS truncate
SELECT explain, analyze_, vacuum FROM (VALUES (1, 2, 3)) v (explain, analyze_, vacuum)
SELECT(1)
SELECT-1
SELECT*FROM authors
SELECT"name"FROM"authors"
select$$x$$
(((SELECT 1)))
(SELECT 1);
SELECT 1;;
;SELECT 1
; ; SELECT 1 ; ;
/**/SELECT 1
/* a */ /* b */ SELECT 1
sElEcT 1
WITH update AS (SELECT 1 AS delete) SELECT delete FROM update
SELECT é FROM (SELECT 1 AS é) ü
SELECT '😀' AS "😀"
SELECT 1 WHERE 'for update' = 'for update'
SELECT name FROM authors WHERE name = 'x; update authors set name = ''y'''
SELECT 1 AS a, 2 AS "into b"
SELECT not_a_function FROM (SELECT 1 AS not_a_function) q
VALUES ('INSERT')
TABLE "select"
`),
  'SELECT 1 -- a comment\n, 2',
  '-- first\nSELECT 1',
  '-- DELETE FROM authors\n/* UPDATE */ SELECT\n\t1',
  "SELECT 'a'\n'b'",
  'SELECT\r\n1',
  'SELECT\f1',
  '\uFEFFSELECT 1',
  'SELECT $$a\nb$$',
  "SELECT E'\\u0027' || U&'\\0027; DELETE FROM authors; --'",
  'SELECT 1 AS "a\nb"',
  // writes that look like reads
  ...lines(String.raw`
SELECT 1; DELETE FROM tree
SELECT 1; SELECT 2
SELECT 1;SELECT pg_advisory_lock(41)
SHOW work_mem; SET work_mem = '9MB'
EXPLAIN SELECT 1; DELETE FROM tree
VALUES (1); TRUNCATE authors
BEGIN; SELECT 1
BEGIN READ WRITE; DELETE FROM tree; COMMIT; SELECT 1
SELECT 1; COMMIT; DELETE FROM tree
COMMIT; DELETE FROM tree
SELECT '; ' ; DELETE FROM tree --'
SELECT 1 /* */; DELETE FROM tree /* */
SELECT 'a\'; DELETE FROM tree; --'
SELECT 'it''s'; DELETE FROM tree
SELECT $$a$$; DELETE FROM tree; SELECT $$b$$
SELECT $a$ $$ $a$; DELETE FROM tree; --$a$
SELECT 1 /* /* */ */; DELETE FROM tree
SELECT "a;b"; DELETE FROM tree
/* SELECT */ DELETE FROM tree
(WITH t AS (DELETE FROM tree RETURNING id) SELECT id FROM t)
(SELECT nextval('seq'))
SELECT(nextval('seq'))
select"nextval"('seq')
SELECT	nextval	(	'seq'	)
with t as(delete from tree returning id)select*from t
WITH "select" AS (DELETE FROM tree RETURNING id) SELECT id FROM "select"
SELECT * FROM authors WHERE id = 1 FOR UPDATE /* nothing */
SELECT id FROM authors FOR/**/UPDATE
SELECT id FROM authors FOR NO KEY/**/UPDATE
SELECT id INTO/**/new_one FROM authors
SELECT n'x', nextval('seq')
SELECT U&'\0027', nextval('seq')
SELECT E'\'', nextval('seq'), E'\''
SELECT 'a' "b", nextval('seq')
`),
  'SELECT 1 --\n; DELETE FROM tree',
  '-- SELECT\nDELETE FROM tree',
  "SELECT 1 -- '\n, nextval('seq') -- '",
  "SELECT 'a'\n, nextval('seq')",
  'SELECT nextval\n(\n$$seq$$\n)',
  "SELECT 'x' -- it's\n; SELECT pg_advisory_lock(42)",
  // not a statement at all
  ...lines(`
;
SELEC 1
SELECT 1 FROM
SELECT 'unclosed
SELECT "unclosed
SELECT $$unclosed
SELECT 1 /* unclosed
SELECT (1
SELECT 1)
INSERT SELECT 1
hello
EXPLAIN
`),
  '-- nothing but a comment',
  '/* nothing */',
];
