SELECT * FROM users WHERE id = 1
SELECT id, email, name FROM users WHERE email = 'ada@example.org' LIMIT 1
SELECT id, name FROM users ORDER BY name ASC LIMIT 20 OFFSET 40
SELECT count(*) AS n FROM users
SELECT count(*)::int AS n FROM users WHERE tenant_id = 1
SELECT EXISTS (SELECT 1 FROM users WHERE email = 'x@example.org') AS taken
SELECT 1
SELECT 1 AS ok
SELECT now() AS now
SELECT version()
SHOW server_version
SHOW search_path
SELECT current_user, current_database(), current_schema()
SELECT current_setting('server_version_num')::int AS version
SELECT * FROM users WHERE lower(email) = lower('Ada@Example.org')
SELECT * FROM users WHERE name ILIKE '%ad%' ORDER BY created_at DESC
SELECT * FROM users WHERE name LIKE 'A%' AND born BETWEEN '1980-01-01' AND '1990-12-31'
SELECT * FROM users WHERE id IN (1, 2, 3)
SELECT * FROM users WHERE id = ANY ('{1,2,3}'::int[])
SELECT * FROM users WHERE id NOT IN (SELECT user_id FROM orders WHERE user_id IS NOT NULL)
SELECT DISTINCT plan FROM tenants
SELECT DISTINCT ON (user_id) user_id, id, placed_at FROM orders ORDER BY user_id, placed_at DESC
SELECT u.id, u.name, t.name AS tenant FROM users u JOIN tenants t ON t.id = u.tenant_id
SELECT u.*, t.plan FROM users u LEFT JOIN tenants t ON t.id = u.tenant_id WHERE t.plan IS NULL OR t.plan = 'pro'
SELECT u.name, count(o.id) AS orders FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id ORDER BY orders DESC
SELECT u.name, sum(o.total) FROM users u JOIN orders o ON o.user_id = u.id GROUP BY u.name HAVING sum(o.total) > 50
SELECT coalesce(sum(total), 0) AS total FROM orders WHERE state = 'paid'
SELECT state, count(*) FROM orders GROUP BY state
SELECT state, count(*) FILTER (WHERE placed_at > now() - interval '7 days') AS recent FROM orders GROUP BY state
SELECT date_trunc('month', placed_at) AS month, sum(total) FROM orders GROUP BY 1 ORDER BY 1
SELECT to_char(placed_at, 'YYYY-MM') AS month, avg(total)::numeric(10,2) FROM orders GROUP BY 1 ORDER BY 1
SELECT extract(year FROM placed_at) AS year, count(*) FROM orders GROUP BY year
SELECT extract(dow FROM placed_at) AS day, round(avg(total), 2) FROM orders GROUP BY day ORDER BY day
SELECT date_part('hour', placed_at) AS hour, count(*) FROM orders GROUP BY hour
SELECT * FROM orders WHERE placed_at >= current_date - 30
SELECT * FROM orders WHERE placed_at::date = current_date
SELECT * FROM orders WHERE placed_at > now() - '1 hour'::interval
SELECT * FROM orders WHERE placed_at AT TIME ZONE 'Europe/Berlin' < '2024-06-01'
SELECT age(born) FROM users WHERE born IS NOT NULL
SELECT name, extract(year FROM age(born))::int AS years FROM users
SELECT id, rank() OVER (PARTITION BY user_id ORDER BY total DESC) AS place FROM orders
SELECT id, row_number() OVER (ORDER BY placed_at) FROM orders
SELECT id, total, sum(total) OVER (ORDER BY placed_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running FROM orders
SELECT id, lag(total) OVER w AS before, lead(total) OVER w AS after FROM orders WINDOW w AS (PARTITION BY user_id ORDER BY placed_at)
SELECT id, total - first_value(total) OVER (ORDER BY id) AS more FROM orders
SELECT ntile(4) OVER (ORDER BY total) AS quartile, id FROM orders
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS median FROM orders
SELECT mode() WITHIN GROUP (ORDER BY state) FROM orders
SELECT percentile_disc(array[0.25, 0.75]) WITHIN GROUP (ORDER BY total) FROM orders
SELECT stddev(total), variance(total), corr(total, id) FROM orders
WITH recent AS (SELECT * FROM orders WHERE placed_at > now() - interval '7 days') SELECT user_id, count(*) FROM recent GROUP BY user_id
WITH a AS (SELECT id FROM users), b AS (SELECT user_id FROM orders) SELECT * FROM a LEFT JOIN b ON b.user_id = a.id
WITH RECURSIVE tree AS (SELECT id, parent_id, name, 1 AS depth FROM categories WHERE parent_id IS NULL UNION ALL SELECT c.id, c.parent_id, c.name, t.depth + 1 FROM categories c JOIN tree t ON t.id = c.parent_id) SELECT * FROM tree
WITH RECURSIVE up AS (SELECT id, parent_id FROM categories WHERE id = 3 UNION SELECT c.id, c.parent_id FROM categories c JOIN up ON up.parent_id = c.id) SELECT id FROM up
WITH RECURSIVE thread AS (SELECT id, body, array[id] AS path FROM comments WHERE parent_id IS NULL UNION ALL SELECT c.id, c.body, t.path || c.id FROM comments c JOIN thread t ON t.id = c.parent_id) SELECT * FROM thread ORDER BY path
WITH m AS MATERIALIZED (SELECT max(price) AS top FROM products) SELECT p.* FROM products p, m WHERE p.price = m.top
SELECT * FROM products WHERE price BETWEEN 5 AND 10 ORDER BY price NULLS LAST
SELECT * FROM products WHERE attributes @> '{"color": "red"}'
SELECT attributes ->> 'color' AS color, count(*) FROM products GROUP BY 1
SELECT id, attributes #>> '{size}' FROM products WHERE attributes ? 'size'
SELECT * FROM products WHERE attributes ?| array['color', 'weight']
SELECT * FROM products WHERE attributes ?& array['color', 'size']
SELECT jsonb_path_query_first(attributes, '$.size') FROM products
SELECT * FROM products WHERE attributes @? '$.size ? (@ > 5)'
SELECT * FROM products WHERE jsonb_path_exists(attributes, '$.color')
SELECT key, value FROM products, jsonb_each_text(attributes) WHERE id = 1
SELECT jsonb_agg(jsonb_build_object('id', id, 'title', title)) FROM products
SELECT json_build_object('users', (SELECT json_agg(u) FROM (SELECT id, name FROM users) u))
SELECT row_to_json(p) FROM products p WHERE id = 1
SELECT to_jsonb(u) - 'password' FROM users u WHERE id = 1
SELECT jsonb_pretty(profile) FROM users WHERE id = 1
SELECT jsonb_array_elements_text(profile -> 'phones') AS phone FROM users WHERE id = 1
SELECT jsonb_set(profile, '{city}', '"Paris"') FROM users WHERE id = 1
SELECT jsonb_strip_nulls(profile) || '{"a": 1}'::jsonb FROM users
SELECT profile -> 'phones' -> 0 AS phone, profile ->> 'city' AS city FROM users
SELECT jsonb_typeof(profile), jsonb_object_keys(profile) FROM users
SELECT * FROM jsonb_to_recordset('[{"a": 1, "b": "x"}]') AS r(a int, b text)
SELECT * FROM json_to_record('{"a": 1}') AS r(a int)
SELECT jsonb_object_agg(sku, price) FROM products
SELECT profile['city'] FROM users
SELECT unnest(tags) AS tag, count(*) FROM users GROUP BY tag ORDER BY 2 DESC
SELECT * FROM users WHERE 'admin' = ANY (tags)
SELECT * FROM users WHERE tags && '{admin,math}'
SELECT * FROM users WHERE tags @> array['math'] AND cardinality(tags) > 1
SELECT array_agg(name ORDER BY name) FROM users
SELECT array_to_string(tags, ', ') FROM users
SELECT string_agg(name, ', ' ORDER BY name) FROM users
SELECT array_length(tags, 1), array_position(tags, 'math') FROM users
SELECT tags[1], tags[1:2] FROM users
SELECT t.tag, t.n FROM users u, unnest(u.tags) WITH ORDINALITY t(tag, n)
SELECT array_append(tags, 'new'), array_remove(tags, 'math') FROM users
SELECT * FROM products WHERE search @@ to_tsquery('english', 'useful & product')
SELECT * FROM products WHERE search @@ plainto_tsquery('english', 'useful product')
SELECT title, ts_rank(search, websearch_to_tsquery('useful')) AS rank FROM products WHERE search @@ websearch_to_tsquery('useful') ORDER BY rank DESC
SELECT ts_headline('english', description, phraseto_tsquery('useful thing')) FROM products
SELECT * FROM products WHERE to_tsvector('english', title || ' ' || coalesce(description, '')) @@ tsquery('product')
SELECT title, similarity(title, 'Prodct 1') AS s FROM products WHERE title % 'Product 1' ORDER BY s DESC LIMIT 5
SELECT title, title <-> 'Product 1' AS distance FROM products ORDER BY distance LIMIT 3
SELECT * FROM users WHERE unaccent(name) = unaccent('Adá')
SELECT * FROM users WHERE unaccent(lower(name)) LIKE unaccent(lower('%AD%'))
SELECT encode(digest('text', 'sha256'), 'hex')
SELECT id FROM users WHERE password = crypt('secret', password)
SELECT crypt('secret', gen_salt('bf', 4))
SELECT gen_random_uuid()
SELECT gen_random_uuid() AS id, u.* FROM users u
SELECT encode(gen_random_bytes(16), 'base64')
SELECT md5(email) AS gravatar FROM users
SELECT encode(sha256(name::bytea), 'hex') FROM users
SELECT * FROM products ORDER BY random() LIMIT 3
SELECT * FROM products TABLESAMPLE SYSTEM (50)
SELECT * FROM products TABLESAMPLE BERNOULLI (50) REPEATABLE (7)
SELECT p.title, c.name FROM products p JOIN product_categories pc ON pc.product_id = p.id JOIN categories c ON c.id = pc.category_id
SELECT c.name, count(pc.product_id) FROM categories c LEFT JOIN product_categories pc ON pc.category_id = c.id GROUP BY c.id, c.name ORDER BY c.name
SELECT p.*, l.sold FROM products p LEFT JOIN LATERAL (SELECT sum(quantity) AS sold FROM order_lines WHERE product_id = p.id) l ON true
SELECT u.id, o.* FROM users u CROSS JOIN LATERAL (SELECT * FROM orders o WHERE o.user_id = u.id ORDER BY placed_at DESC LIMIT 2) o
SELECT * FROM products WHERE id IN (SELECT product_id FROM order_lines GROUP BY product_id HAVING sum(quantity) > 3)
SELECT * FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.state = 'paid')
SELECT * FROM users u WHERE NOT EXISTS (SELECT FROM orders o WHERE o.user_id = u.id)
SELECT o.id, (SELECT count(*) FROM order_lines l WHERE l.order_id = o.id) AS lines FROM orders o
SELECT * FROM orders WHERE total > (SELECT avg(total) FROM orders)
SELECT * FROM orders WHERE total > ALL (SELECT price FROM products)
SELECT * FROM orders WHERE (user_id, state) IN ((1, 'paid'), (2, 'open'))
SELECT * FROM orders WHERE state = 'paid'::order_state
SELECT enum_range(NULL::order_state)
SELECT unnest(enum_range(NULL::order_state))::text AS state
SELECT * FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE false
SELECT * FROM order_totals WHERE total > 10
SELECT * FROM paid_orders ORDER BY placed_at DESC LIMIT 10
SELECT t.*, u.name FROM order_totals t JOIN users u ON u.id = t.user_id
SELECT * FROM sales_by_day ORDER BY day
SELECT id FROM users UNION SELECT user_id FROM orders ORDER BY 1
SELECT id FROM users INTERSECT SELECT user_id FROM orders
SELECT id FROM users EXCEPT ALL SELECT user_id FROM orders
SELECT 'user' AS kind, id, name AS label FROM users UNION ALL SELECT 'product', id, title FROM products ORDER BY label LIMIT 10
(SELECT id FROM posts ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM posts ORDER BY id DESC LIMIT 1)
SELECT CASE WHEN stock = 0 THEN 'none' WHEN stock < 5 THEN 'few' ELSE 'many' END AS level, count(*) FROM products GROUP BY 1
SELECT CASE state WHEN 'open' THEN 1 ELSE 2 END FROM orders
SELECT nullif(description, ''), coalesce(description, title, 'none') FROM products
SELECT greatest(price, 5), least(price, 5) FROM products
SELECT title || ' (' || sku || ')' AS label FROM products
SELECT concat(title, ' ', sku), concat_ws(', ', title, description) FROM products
SELECT format('%s <%s>', name, email) FROM users
SELECT upper(left(name, 1)) || substr(name, 2) FROM users
SELECT substring(email FROM position('@' IN email) + 1) AS domain, count(*) FROM users GROUP BY 1
SELECT split_part(email, '@', 2) FROM users
SELECT regexp_replace(title, '\s+', ' ', 'g') FROM products
SELECT regexp_matches(sku, '(\w)(\d+)') FROM products
SELECT * FROM users WHERE email ~* '^[a-z]+@'
SELECT trim(name), ltrim(name), length(name), reverse(name), initcap(name) FROM users
SELECT lpad(id::text, 8, '0') FROM orders
SELECT to_char(total, 'FM999G990D00') FROM orders
SELECT to_date('2024-01-31', 'YYYY-MM-DD'), to_timestamp(0), to_number('12', '99')
SELECT overlay(sku placing '**' from 1 for 2) FROM products
SELECT translate(title, 'aeiou', '*****') FROM products
SELECT repeat('-', 10), chr(65), ascii('A')
SELECT quote_ident('a b'), quote_literal('it''s'), quote_nullable(NULL)
SELECT round(price * 1.19, 2), ceil(price), floor(price), trunc(price), mod(id, 2), power(2, 3), sqrt(2) FROM products
SELECT abs(-1), sign(-5), pi(), degrees(1), ln(2), exp(1), width_bucket(5, 0, 10, 5)
SELECT full_price(price) FROM products
SELECT full_price(price, rate => 0.07) FROM products
SELECT slugify(title) FROM products
SELECT * FROM posts WHERE slug = slugify('Post 1')
SELECT u.name, order_count(u.id) FROM users u
SELECT category_path(3)
SELECT id, category_path(id) FROM categories
SELECT generate_series(1, 5)
SELECT day::date FROM generate_series(current_date - 6, current_date, interval '1 day') day
SELECT d.day, count(o.id) FROM generate_series(now() - interval '6 days', now(), '1 day') AS d(day) LEFT JOIN orders o ON o.placed_at::date = d.day::date GROUP BY d.day ORDER BY d.day
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(id, name) JOIN users u USING (id)
VALUES (1, 'one'), (2, 'two')
TABLE tenants
SELECT p.id, p.title, u.name AS author, count(DISTINCT l.user_id) AS likes, count(DISTINCT c.id) AS comments FROM posts p JOIN users u ON u.id = p.author_id LEFT JOIN likes l ON l.post_id = p.id LEFT JOIN comments c ON c.post_id = p.id WHERE p.deleted_at IS NULL GROUP BY p.id, u.name ORDER BY p.published_at DESC LIMIT 10
SELECT * FROM posts WHERE (published_at, id) < (now(), 100) ORDER BY published_at DESC, id DESC LIMIT 20
SELECT * FROM posts WHERE published_at IS NOT NULL AND deleted_at IS NULL
SELECT count(*) OVER () AS total, p.* FROM posts p ORDER BY id LIMIT 5
SELECT * FROM posts ORDER BY published_at DESC FETCH FIRST 5 ROWS ONLY
SELECT id, title FROM posts WHERE id > 5 ORDER BY id LIMIT 5
SELECT id, EXISTS (SELECT 1 FROM likes WHERE post_id = posts.id AND user_id = 1) AS liked FROM posts
SELECT post_id, bool_or(user_id = 1), bool_and(user_id > 0), every(true) FROM likes GROUP BY post_id
SELECT min(published_at), max(published_at) FROM posts
SELECT max(id) + 1 FROM posts
SELECT author_id, count(*) FROM posts GROUP BY ROLLUP (author_id)
SELECT user_id, state, sum(total) FROM orders GROUP BY GROUPING SETS ((user_id, state), (user_id), ())
SELECT user_id, state, grouping(user_id, state) FROM orders GROUP BY CUBE (user_id, state)
SELECT c.id, c.body, p.title FROM comments c INNER JOIN posts p ON p.id = c.post_id WHERE c.author_id = 1
SELECT a.id, b.id FROM comments a FULL OUTER JOIN comments b ON b.parent_id = a.id
SELECT * FROM users CROSS JOIN tenants
SELECT * FROM users NATURAL JOIN tenants
SELECT * FROM events WHERE at >= '2024-01-01' AND at < '2024-04-01'
SELECT kind, count(*) FROM events WHERE tenant_id = 1 GROUP BY kind
SELECT date_bin('15 minutes', at, '2001-01-01') AS slot, count(*) FROM events GROUP BY slot
SELECT data ->> 'ip' AS ip FROM events WHERE kind = 'login' ORDER BY at DESC LIMIT 1
SELECT * FROM events_2024
SELECT * FROM bookings WHERE during && tstzrange('2024-01-01', '2024-01-02')
SELECT * FROM bookings WHERE during @> '2024-01-01 12:00'::timestamptz
SELECT lower(during), upper(during), isempty(during), upper(during) - lower(during) AS stay FROM bookings
SELECT lower(seats), seats * int4range(1, 2) FROM bookings
SELECT range_agg(during) FROM bookings
SELECT name FROM places WHERE area @> spot
SELECT name, spot <-> point(0, 0) AS distance FROM places ORDER BY distance
SELECT host(ip), masklen(ip), ip << inet '10.0.0.0/8' FROM places
SELECT fee::numeric, opening + interval '1 hour' FROM places
SELECT spot[0] AS x, spot[1] AS y FROM places
SELECT id, title, price FROM products WHERE valid @> now()
SELECT pg_typeof(price) FROM products LIMIT 1
SELECT * FROM information_schema.tables WHERE table_schema = 'public'
SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = 'users'
SELECT relname, reltuples::bigint FROM pg_class WHERE relkind = 'r'
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'orders'
SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v'
SELECT pg_size_pretty(pg_total_relation_size('orders'))
SELECT pg_database_size(current_database())
SELECT obj_description('users'::regclass), col_description('users'::regclass, 1)
SELECT to_regclass('public.users') IS NOT NULL AS there
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'orders'::regclass
SELECT pg_get_viewdef('order_totals'::regclass)
SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = 'users'::regclass AND a.attnum > 0
SELECT has_table_privilege('users', 'select')
SELECT name, setting FROM pg_settings WHERE name LIKE 'work%'
SELECT extname, extversion FROM pg_extension
EXPLAIN SELECT * FROM users WHERE id = 1
EXPLAIN (FORMAT json) SELECT * FROM orders JOIN users ON users.id = orders.user_id
EXPLAIN (ANALYZE, BUFFERS) SELECT count(*) FROM orders
EXPLAIN UPDATE users SET name = name
SELECT "users"."id", "users"."name" AS "userName" FROM "users" WHERE "users"."tenant_id" = 1 AND "users"."id" IN (1, 2) LIMIT 10
SELECT "t0"."id" AS "c0" FROM "public"."orders" AS "t0" INNER JOIN "public"."users" AS "t1" ON "t0"."user_id" = "t1"."id" WHERE "t1"."email" = 'ada@example.org' ORDER BY "t0"."id" ASC LIMIT 11 OFFSET 0
SELECT COUNT(1) AS "cnt" FROM (SELECT DISTINCT "User"."id" AS "ids_User_id" FROM "users" "User" LEFT JOIN "orders" "User__orders" ON "User__orders"."user_id" = "User"."id") "dt"
SELECT "id", "payload" FROM "jobs" WHERE "queue" = 'mail' AND "run_at" <= CURRENT_TIMESTAMP ORDER BY "run_at" LIMIT 10
SELECT /* dashboard */ count(*) FROM orders -- all of them
SELECT u.id, jsonb_build_object('name', u.name, 'orders', coalesce(o.list, '[]')) FROM users u LEFT JOIN (SELECT user_id, jsonb_agg(jsonb_build_object('id', id, 'total', total) ORDER BY id) AS list FROM orders GROUP BY user_id) o ON o.user_id = u.id
SELECT users.*, CASE WHEN last_seen > clock_timestamp() - interval '5 minutes' THEN 'online' ELSE 'away' END AS presence FROM users
SELECT xmlelement(name product, xmlattributes(id AS id), title) FROM products
SELECT txid_current_snapshot() IS NOT NULL
SELECT pg_is_in_recovery() IS NOT NULL AS known
SELECT localtimestamp, localtime, current_time, transaction_timestamp(), statement_timestamp(), timeofday()
SELECT make_date(2024, 2, 29), make_interval(days => 3), justify_interval(interval '40 days')
SELECT name FROM users ORDER BY name COLLATE "C"
SELECT cast(total AS text), total::int8, CAST('1' AS int) FROM orders
SELECT o.* FROM orders o WHERE o.address IS NULL AND o.total IS DISTINCT FROM 0
SELECT b.id FROM bookings b WHERE (b.during, b.place_id) IS NOT NULL
SELECT (p).title, (p).price FROM (SELECT p FROM products p) q
SELECT bit_and(id), bit_or(id), 5 & 3, 5 | 3, 1 << 4, ~1 FROM orders
SELECT num_nulls(name, born), num_nonnulls(name, born) FROM users
SELECT count(*) FILTER (WHERE stock = 0) AS out, count(*) FILTER (WHERE stock > 0) AS available FROM products
SELECT user_id, json_agg(json_build_object('id', id) ORDER BY id) FILTER (WHERE total > 10) FROM orders GROUP BY user_id
