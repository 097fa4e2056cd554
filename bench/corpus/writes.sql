INSERT INTO users (tenant_id, email, name) VALUES (1, 'new@example.org', 'New')
INSERT INTO users (email) VALUES ('new@example.org') RETURNING id
INSERT INTO likes VALUES (1, 3) ON CONFLICT DO NOTHING
INSERT INTO tenants (id, name) VALUES (1, 'Acme') ON CONFLICT (id) DO UPDATE SET name = excluded.name
INSERT INTO events (tenant_id, kind) SELECT id, 'check' FROM tenants
UPDATE users SET last_seen = now() WHERE id = 1
UPDATE products SET stock = stock - 1 WHERE id = 1 AND stock > 0 RETURNING stock
UPDATE orders o SET total = t.total FROM order_totals t WHERE t.id = o.id
DELETE FROM jobs WHERE attempts > 5
DELETE FROM comments USING posts WHERE posts.id = comments.post_id AND posts.deleted_at IS NOT NULL
WITH gone AS (DELETE FROM jobs RETURNING *) SELECT count(*) FROM gone
WITH new AS (INSERT INTO users (email) VALUES ('n@example.org') RETURNING id) INSERT INTO posts (author_id, title) SELECT id, 'Hello' FROM new
WITH moved AS (UPDATE posts SET views = views + 1 WHERE id = 1 RETURNING *) SELECT * FROM moved
MERGE INTO products p USING (VALUES ('sku1', 5)) v(sku, n) ON p.sku = v.sku WHEN MATCHED THEN UPDATE SET stock = n
TRUNCATE jobs
TRUNCATE TABLE likes, comments RESTART IDENTITY CASCADE
SELECT * FROM jobs WHERE queue = 'mail' ORDER BY run_at FOR UPDATE SKIP LOCKED LIMIT 1
SELECT * FROM products WHERE id = 1 FOR UPDATE
SELECT * FROM products WHERE id = 1 FOR SHARE
SELECT * FROM products WHERE id = 1 FOR NO KEY UPDATE NOWAIT
SELECT id FROM (SELECT id FROM users WHERE id = 1 FOR KEY SHARE) u
UPDATE jobs SET locked_by = 'me' WHERE id = (SELECT id FROM jobs WHERE locked_by IS NULL ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING *
SELECT nextval('orders_id_seq')
SELECT setval('orders_id_seq', 100)
SELECT currval('orders_id_seq')
SELECT next_invoice()
SELECT archive_posts(now() - interval '1 year')
CALL clean_jobs()
SELECT pg_advisory_lock(1)
SELECT pg_try_advisory_lock(1)
SELECT pg_advisory_xact_lock(1)
SELECT pg_advisory_unlock(1)
SELECT pg_notify('jobs', 'new')
NOTIFY jobs
LISTEN jobs
UNLISTEN *
SELECT set_config('app.tenant', '1', false)
SELECT set_config('app.tenant', '1', true)
SET search_path = public
SET LOCAL statement_timeout = '5s'
SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY
SET ROLE NONE
RESET ALL
BEGIN
COMMIT
SAVEPOINT a
PREPARE one AS SELECT 1
DECLARE c CURSOR FOR SELECT 1
LOCK TABLE users IN SHARE MODE
REFRESH MATERIALIZED VIEW sales_by_day
CREATE TABLE notes (id int)
CREATE TEMP TABLE scratch AS SELECT * FROM users
SELECT * INTO copies FROM users
ALTER TABLE users ADD COLUMN phone text
DROP VIEW paid_orders
CREATE INDEX ON orders (placed_at)
VACUUM ANALYZE orders
COPY users TO STDOUT
EXPLAIN ANALYZE DELETE FROM jobs
DO $$BEGIN PERFORM 1; END$$
