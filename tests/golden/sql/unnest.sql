-- table: n (id, xs ARRAY<INT64>, ss ARRAY<STRUCT<p INT64, q STRING>>, m MAP<STRING, INT64>)

-- case: an implicit join with a list
-- dialect: bigquery
SELECT n.id, x FROM n, n.xs AS x
--> in n
--> col id <- IDENTITY n.id
--> col x <- TRANSFORMATION n.xs at []

-- case: structs in a list
-- dialect: bigquery
SELECT id, e.p, e.q AS q FROM n, UNNEST(ss) AS e WHERE e.p > 1
--> in n
--> col id <- IDENTITY n.id
--> col p <- TRANSFORMATION n.ss at [].p
--> col q <- TRANSFORMATION n.ss at [].q
--> row FILTER n.ss

-- case: with its offset
-- dialect: bigquery
SELECT x, o FROM n LEFT JOIN UNNEST(xs) AS x WITH OFFSET AS o
--> in n
--> col x <- TRANSFORMATION n.xs at []
--> col o

-- case: WITH ORDINALITY
-- dialect: trino
SELECT id, r.x, r.o FROM n CROSS JOIN UNNEST(xs) WITH ORDINALITY AS r (x, o)
--> in n
--> col id <- IDENTITY n.id
--> col x <- TRANSFORMATION n.xs at []
--> col o

-- case: two lists side by side
-- dialect: presto
SELECT a, b FROM n CROSS JOIN UNNEST(xs, xs) AS r (a, b)
--> in n
--> col a <- TRANSFORMATION n.xs at []
--> col b <- TRANSFORMATION n.xs at []

-- case: a subquery over a list
-- dialect: bigquery
SELECT id, (SELECT sum(x) FROM UNNEST(xs) AS x) AS total FROM n
--> in n
--> col id <- IDENTITY n.id
--> col total <- AGGREGATION n.xs at []

-- case: LATERAL VIEW
-- dialect: hive
SELECT id, e.x FROM n LATERAL VIEW explode(xs) e AS x
--> in n
--> col id <- IDENTITY n.id
--> col x <- TRANSFORMATION n.xs at []

-- case: LATERAL VIEW OUTER of a map
-- dialect: spark
SELECT k, v FROM n LATERAL VIEW OUTER explode(m) e AS k, v
--> in n
--> col k <- TRANSFORMATION n.m at []
--> col v <- TRANSFORMATION n.m at []

-- case: posexplode
-- dialect: databricks
SELECT o, x * 2 AS d FROM n LATERAL VIEW posexplode(xs) AS o, x WHERE x > 3
--> in n
--> col o
--> col d <- TRANSFORMATION n.xs at []
--> row FILTER n.xs

-- case: explode in SELECT
-- dialect: spark
SELECT id, explode(xs) AS x FROM n
--> in n
--> col id <- IDENTITY n.id
--> col x <- TRANSFORMATION n.xs

-- case: FLATTEN
-- dialect: snowflake
SELECT n.id, f.value:p::int AS p, f.index AS o FROM n, LATERAL FLATTEN(input => n.ss) AS f
--> in n
--> col id <- IDENTITY n.id
--> col P <- TRANSFORMATION n.ss at [].p
--> col O

-- case: FLATTEN of a path
-- dialect: snowflake
SELECT f.value AS v, f.key AS k FROM n, TABLE(FLATTEN(n.m)) f WHERE f.value > 5
--> in n
--> col V <- TRANSFORMATION n.m at []
--> col K <- TRANSFORMATION n.m
--> row FILTER n.m

-- case: ARRAY JOIN
-- dialect: clickhouse
SELECT id, x FROM n ARRAY JOIN xs AS x WHERE x > 0
--> in n
--> col id <- IDENTITY n.id
--> col x <- TRANSFORMATION n.xs at []
--> row FILTER n.xs

-- case: ARRAY JOIN in place
-- dialect: clickhouse
SELECT xs FROM n ARRAY JOIN xs
--> in n
--> col xs <- TRANSFORMATION n.xs at []

-- case: SPLIT into rows
-- dialect: tsql
-- table: w (id, tags VARCHAR)
SELECT w.id, s.value FROM w CROSS APPLY STRING_SPLIT(w.tags, ',') AS s
--> in w
--> col id <- IDENTITY w.id
--> col value <- TRANSFORMATION w.tags

-- case: a series
-- dialect: postgres
SELECT n.id, g FROM n, generate_series(1, n.id) AS g
--> in n
--> col id <- IDENTITY n.id
--> col g <- TRANSFORMATION n.id
