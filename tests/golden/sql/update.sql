-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: FROM, joined in WHERE
-- dialect: postgres
UPDATE t SET a = u.b, b = t.a + u.a FROM u WHERE t.i = u.i
--> out t
--> in t
--> in u
--> col a <- IDENTITY u.b
--> col b <- TRANSFORMATION t.a, TRANSFORMATION u.a
--> row FILTER t.i
--> row FILTER u.i

-- case: an alias in the target
-- dialect: redshift
UPDATE t AS x SET c = upper(y.c) FROM u AS y WHERE x.i = y.i AND y.a > 3
--> out t
--> in t
--> in u
--> col c <- TRANSFORMATION u.c
--> row FILTER t.i
--> row FILTER u.a
--> row FILTER u.i

-- case: the target named by its alias in FROM
-- dialect: tsql
UPDATE x SET x.a = y.b, x.c = 'k' FROM t AS x INNER JOIN u AS y ON x.i = y.i WHERE y.c IS NULL
--> out t
--> in t
--> in u
--> col a <- IDENTITY u.b
--> col c
--> row FILTER u.c presence
--> row JOIN t.i
--> row JOIN u.i

-- case: of a join
-- dialect: mysql
UPDATE t JOIN u ON t.i = u.i SET t.a = u.b WHERE u.c = 'x'
--> out t
--> in t
--> in u
--> col a <- IDENTITY u.b
--> row FILTER u.c
--> row JOIN t.i
--> row JOIN u.i

-- case: of the second table of a join
-- dialect: mysql
UPDATE t AS x LEFT JOIN u AS y USING (i) SET y.a = x.a
--> out u
--> in t
--> in u
--> col a <- IDENTITY t.a
--> row JOIN t.i
--> row JOIN u.i

-- case: several columns from one subquery
-- dialect: oracle
UPDATE t SET (a, b) = (SELECT u.a, max(u.b) FROM u WHERE u.i = t.i GROUP BY u.a) WHERE k = 1
--> out t
--> in t
--> in u
--> col a <- IDENTITY u.a, CONDITIONAL t.i, CONDITIONAL u.a, CONDITIONAL u.i
--> col b <- AGGREGATION u.b, CONDITIONAL t.i, CONDITIONAL u.a, CONDITIONAL u.i
--> row FILTER t.k

-- case: a row of values
-- dialect: postgres
UPDATE t SET (a, b) = (b, a + 1)
--> out t
--> in t
--> col a <- IDENTITY t.b
--> col b <- TRANSFORMATION t.a

-- case: a scalar subquery
-- dialect: sqlite
UPDATE t SET b = (SELECT sum(u.a) FROM u WHERE u.i = t.i)
--> out t
--> in t
--> in u
--> col b <- AGGREGATION u.a, CONDITIONAL t.i, CONDITIONAL u.i

-- case: a condition within the value
-- dialect: snowflake
UPDATE t SET a = CASE WHEN src.b > 0 THEN src.a ELSE t.b END FROM (SELECT i, a, b FROM u WHERE c <> 'z') AS src WHERE src.i = t.i
--> out t
--> in t
--> in u
--> col a <- TRANSFORMATION t.b, TRANSFORMATION u.a, CONDITIONAL u.b
--> row FILTER t.i
--> row FILTER u.c
--> row FILTER u.i

-- case: with a CTE in front
-- dialect: tsql
WITH w AS (SELECT i, avg(b) AS m FROM u GROUP BY i) UPDATE t SET t.a = w.m FROM t JOIN w ON w.i = t.i
--> out t
--> in t
--> in u
--> col a <- AGGREGATION u.b
--> row GROUP_BY u.i
--> row JOIN t.i
--> row JOIN u.i

-- case: two tables in FROM
-- dialect: bigquery
-- table: v (i, z)
UPDATE t SET b = v.z * u.a FROM u JOIN v ON u.i = v.i WHERE t.i = u.i
--> out t
--> in t
--> in u
--> in v
--> col b <- TRANSFORMATION u.a, TRANSFORMATION v.z
--> row FILTER t.i
--> row FILTER u.i
--> row JOIN u.i
--> row JOIN v.i

-- case: a constant
-- dialect: trino
UPDATE t SET a = 0 WHERE b < 10
--> out t
--> in t
--> col a
--> row FILTER t.b

-- case: a column that the table does not have
-- dialect: duckdb
UPDATE t SET nope = a
--> out t
--> in t
--> col nope <- IDENTITY t.a
--> gap unknown_column

-- case: a field of a struct
-- dialect: bigquery
-- table: w (id, s STRUCT<x INT64, y INT64>)
UPDATE w SET s.x = id WHERE true
--> out w
--> in w
--> col s <- TRANSFORMATION w.id
