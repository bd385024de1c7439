-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: by a condition
-- dialect: sqlite
DELETE FROM t WHERE a > 5 AND c IS NULL
--> out t
--> in t
--> row FILTER t.a
--> row FILTER t.c presence

-- case: USING
-- dialect: postgres
DELETE FROM t USING u WHERE t.i = u.i AND u.b = 0
--> out t
--> in t
--> in u
--> row FILTER t.i
--> row FILTER u.b
--> row FILTER u.i

-- case: by a subquery
-- dialect: trino
DELETE FROM t WHERE i IN (SELECT u.i FROM u WHERE u.a < 0)
--> out t
--> in t
--> in u
--> row FILTER t.i
--> row FILTER u presence
--> row FILTER u.a
--> row FILTER u.i

-- case: by EXISTS
-- dialect: snowflake
DELETE FROM t AS x WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.i = x.i)
--> out t
--> in t
--> in u
--> row FILTER t.i
--> row FILTER u presence
--> row FILTER u.i

-- case: one of two joined tables
-- dialect: mysql
DELETE x FROM t AS x JOIN u AS y ON x.i = y.i WHERE y.c = 'gone'
--> out t
--> in t
--> in u
--> row FILTER u.c
--> row JOIN t.i
--> row JOIN u.i

-- case: all
-- dialect: bigquery
DELETE FROM t WHERE TRUE
--> out t

-- case: a CTE in front
-- dialect: tsql
WITH w AS (SELECT i FROM u) DELETE FROM t WHERE i IN (SELECT i FROM w)
--> out t
--> in t
--> in u
--> row FILTER t.i
--> row FILTER u presence
--> row FILTER u.i
