-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: an alias used in the next item
-- dialect: snowflake
SELECT a + b AS s, s * 2 AS d FROM t WHERE s > 3
--> in t
--> col S <- TRANSFORMATION t.a, TRANSFORMATION t.b
--> col D <- TRANSFORMATION t.a, TRANSFORMATION t.b
--> row FILTER t.a
--> row FILTER t.b

-- case: an alias in GROUP BY and HAVING
-- dialect: bigquery
SELECT lower(c) AS low, max(a) AS top FROM t GROUP BY low HAVING top > 1
--> in t
--> col low <- TRANSFORMATION t.c
--> col top <- AGGREGATION t.a
--> row FILTER t.a
--> row GROUP_BY t.c

-- case: GROUP BY ROLLUP
-- dialect: mysql
SELECT c, k, sum(b) AS s FROM t GROUP BY c, k WITH ROLLUP
--> in t
--> col c <- IDENTITY t.c
--> col k <- IDENTITY t.k
--> col s <- AGGREGATION t.b
--> row GROUP_BY t.c
--> row GROUP_BY t.k

-- case: GROUPING SETS
-- dialect: trino
SELECT c, count(DISTINCT a) AS n FROM u GROUP BY GROUPING SETS ((c), ())
--> in u
--> col c <- IDENTITY u.c
--> col n <- AGGREGATION u.a
--> row GROUP_BY u.c

-- case: IFF and NVL
-- dialect: snowflake
SELECT IFF(a > 1, b, 0) AS f, NVL(a, b) AS n, DECODE(k, 1, a, b) AS d FROM t
--> in t
--> col F <- TRANSFORMATION t.b, CONDITIONAL t.a
--> col N <- TRANSFORMATION t.a, TRANSFORMATION t.b
--> col D <- TRANSFORMATION t.a, TRANSFORMATION t.b, CONDITIONAL t.k

-- case: TOP and ORDER BY
-- dialect: tsql
SELECT TOP (5) a, b AS [the b] FROM t ORDER BY k DESC
--> in t
--> col a <- IDENTITY t.a
--> col the b <- IDENTITY t.b
--> row SORT t.k

-- case: FINAL and PREWHERE
-- dialect: clickhouse
SELECT a, sumIf(b, k > 1) AS s FROM t FINAL PREWHERE i = 1 GROUP BY a
--> in t
--> col a <- IDENTITY t.a
--> col s <- AGGREGATION t.b, CONDITIONAL t.k
--> row FILTER t.i
--> row GROUP_BY t.a

-- case: hashes mask
-- dialect: snowflake
SELECT sha2(c) AS h, md5(concat(c, a)) AS g, c FROM t
--> in t
--> col H <- TRANSFORMATION t.c masks
--> col G <- TRANSFORMATION t.a masks, TRANSFORMATION t.c masks
--> col c <- IDENTITY t.c

-- case: hashes of bigquery
-- dialect: bigquery
SELECT to_hex(sha256(c)) AS h, farm_fingerprint(c) AS f FROM u
--> in u
--> col h <- TRANSFORMATION u.c masks
--> col f <- TRANSFORMATION u.c masks

-- case: HASHBYTES
-- dialect: tsql
SELECT HASHBYTES('SHA2_256', c) AS h FROM u
--> in u
--> col h <- TRANSFORMATION u.c masks

-- case: LISTAGG
-- dialect: oracle
SELECT i, LISTAGG(c, ',') WITHIN GROUP (ORDER BY k) AS l FROM t GROUP BY i
--> in t
--> col i <- IDENTITY t.i
--> col L <- AGGREGATION t.c, WINDOW t.k
--> row GROUP_BY t.i

-- case: collect_list and a lambda
-- dialect: spark
SELECT transform(collect_list(a), x -> x + 1) AS l FROM t GROUP BY c
--> in t
--> col l <- AGGREGATION t.a
--> row GROUP_BY t.c

-- case: a correlated count
-- dialect: teradata
SELECT t.i, (SELECT count(*) FROM u WHERE u.i = t.i) AS n FROM t
--> in t
--> in u
--> col i <- IDENTITY t.i
--> col n <- CONDITIONAL t.i, CONDITIONAL u presence, CONDITIONAL u.i

-- case: EXISTS as a value
-- dialect: redshift
SELECT a, EXISTS (SELECT 1 FROM u WHERE u.c = t.c) AS seen FROM t
--> in t
--> in u
--> col a <- IDENTITY t.a
--> col seen <- CONDITIONAL t.c, CONDITIONAL u presence, CONDITIONAL u.c

-- case: UNION ALL by position
-- dialect: hive
SELECT a, c FROM t UNION ALL SELECT b, c FROM u
--> in t
--> in u
--> col a <- IDENTITY t.a, IDENTITY u.b
--> col c <- IDENTITY t.c, IDENTITY u.c

-- case: MINUS
-- dialect: oracle
SELECT a FROM t MINUS SELECT a FROM u
--> in t
--> in u
--> col a <- IDENTITY t.a
--> row FILTER u presence
--> row FILTER u.a
--> row GROUP_BY t.a

-- case: EXCEPT DISTINCT
-- dialect: bigquery
SELECT i, b FROM t EXCEPT DISTINCT SELECT i, b FROM u WHERE a > 0
--> in t
--> in u
--> col i <- IDENTITY t.i
--> col b <- IDENTITY t.b
--> row FILTER u presence
--> row FILTER u.a
--> row FILTER u.b
--> row FILTER u.i
--> row GROUP_BY t.b
--> row GROUP_BY t.i

-- case: a dynamic table
-- dialect: snowflake
CREATE DYNAMIC TABLE d TARGET_LAG = '1 hour' WAREHOUSE = w AS SELECT i, sum(a) AS s FROM t GROUP BY ALL
--> out D
--> in t
--> col i <- IDENTITY t.i
--> col S <- AGGREGATION t.a
--> row GROUP_BY t.i

-- case: columns listed in a view
-- dialect: mysql
CREATE OR REPLACE VIEW v (x, y) AS SELECT a, b + k FROM t
--> out v
--> in t
--> col x <- IDENTITY t.a
--> col y <- TRANSFORMATION t.b, TRANSFORMATION t.k

-- case: partitioned by a column of the query
-- dialect: bigquery
CREATE OR REPLACE TABLE d.v PARTITION BY day CLUSTER BY c AS SELECT DATE(k) AS day, c FROM t
--> out d.v
--> in t
--> col day <- TRANSFORMATION t.k
--> col c <- IDENTITY t.c

-- case: a table of Athena's kind
-- dialect: presto
CREATE TABLE v WITH (format = 'ORC') AS SELECT coalesce(a, b, 0) AS z FROM t
--> out v
--> in t
--> col z <- TRANSFORMATION t.a, TRANSFORMATION t.b

-- case: time travel
-- dialect: snowflake
SELECT i FROM t AT (TIMESTAMP => '2026-01-01'::timestamp) AS old WHERE old.k = 2
--> in t
--> col i <- IDENTITY t.i
--> row FILTER t.k

-- case: time travel by version
-- dialect: databricks
SELECT old.c FROM t VERSION AS OF 3 AS old
--> in t
--> col c <- IDENTITY t.c

-- case: a sample
-- dialect: tsql
SELECT x.a FROM t AS x TABLESAMPLE (10 PERCENT) WHERE x.b BETWEEN 1 AND x.k
--> in t
--> col a <- IDENTITY t.a
--> row FILTER t.b
--> row FILTER t.k

-- case: a table function of its own
-- dialect: redshift
SELECT r.v AS w FROM t, split_rows(t.c) AS r (v)
--> in t
--> col w <- TRANSFORMATION t.c

-- case: a generator
-- dialect: snowflake
SELECT seq4() AS n FROM TABLE(GENERATOR(ROWCOUNT => 10))
--> col N

-- case: arg_max
-- dialect: clickhouse
SELECT argMax(a, k) AS last, c FROM t GROUP BY c
--> in t
--> col last <- AGGREGATION t.a, CONDITIONAL t.k
--> col c <- IDENTITY t.c
--> row GROUP_BY t.c

-- case: max_by
-- dialect: databricks
SELECT max_by(b, i) AS last FROM u
--> in u
--> col last <- AGGREGATION u.b, CONDITIONAL u.i

-- case: a pipe
-- dialect: bigquery
FROM t |> WHERE k > 1 |> SELECT a, b |> EXTEND a + b AS s
--> in t
--> col a <- IDENTITY t.a
--> col b <- IDENTITY t.b
--> col s <- TRANSFORMATION t.a, TRANSFORMATION t.b
--> row FILTER t.k
