-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: EXCEPT and REPLACE
-- dialect: bigquery
SELECT * EXCEPT (b) REPLACE (a + k AS a) FROM t
--> in t
--> col i <- IDENTITY t.i
--> col k <- IDENTITY t.k
--> col a <- TRANSFORMATION t.a, TRANSFORMATION t.k
--> col c <- IDENTITY t.c

-- case: EXCLUDE and RENAME
-- dialect: snowflake
SELECT u.* EXCLUDE (i, c) RENAME (a AS x) FROM u
--> in u
--> col X <- IDENTITY u.a
--> col b <- IDENTITY u.b

-- case: EXCEPT of one
-- dialect: databricks
SELECT * EXCEPT (c) FROM u WHERE c = 'q'
--> in u
--> col i <- IDENTITY u.i
--> col a <- IDENTITY u.a
--> col b <- IDENTITY u.b
--> row FILTER u.c

-- case: EXCEPT of two places
-- dialect: clickhouse
SELECT t.* EXCEPT (a, b), u.a FROM t JOIN u ON t.i = u.i
--> in t
--> in u
--> col i <- IDENTITY t.i
--> col k <- IDENTITY t.k
--> col c <- IDENTITY t.c
--> col a <- IDENTITY u.a
--> row JOIN t.i
--> row JOIN u.i

-- case: two stars
-- dialect: redshift
SELECT x.*, y.* FROM u x JOIN u y ON x.i = y.a
--> in u
--> col i <- IDENTITY u.i
--> col a <- IDENTITY u.a
--> col b <- IDENTITY u.b
--> col c <- IDENTITY u.c
--> col i#2 <- IDENTITY u.i
--> col a#2 <- IDENTITY u.a
--> col b#2 <- IDENTITY u.b
--> col c#2 <- IDENTITY u.c
--> row JOIN u.a
--> row JOIN u.i

-- case: a star over three CTEs
-- dialect: trino
WITH x AS (SELECT * FROM u), y AS (SELECT * FROM x), z AS (SELECT y.*, y.a * 2 AS a2 FROM y) SELECT a2, c FROM z
--> in u
--> col a2 <- TRANSFORMATION u.a
--> col c <- IDENTITY u.c
