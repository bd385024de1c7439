-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: a window
-- dialect: snowflake
SELECT i, a FROM t QUALIFY row_number() OVER (PARTITION BY i ORDER BY k DESC) = 1
--> in t
--> col i <- IDENTITY t.i
--> col a <- IDENTITY t.a
--> row FILTER t.i
--> row FILTER t.k

-- case: an alias
-- dialect: bigquery
SELECT i, rank() OVER (ORDER BY b) AS r FROM t WHERE k > 0 QUALIFY r < 3
--> in t
--> col i <- IDENTITY t.i
--> col r <- WINDOW t.b
--> row FILTER t.b
--> row FILTER t.k

-- case: an aggregate over a window
-- dialect: teradata
SELECT c, a FROM t QUALIFY sum(a) OVER (PARTITION BY c) > 10
--> in t
--> col c <- IDENTITY t.c
--> col a <- IDENTITY t.a
--> row FILTER t.a
--> row FILTER t.c

-- case: behind GROUP BY
-- dialect: databricks
SELECT c, count(*) AS n FROM u GROUP BY c QUALIFY dense_rank() OVER (ORDER BY count(*) DESC) = 1
--> in u
--> col c <- IDENTITY u.c
--> col n
--> row GROUP_BY u.c

-- case: a named window
-- dialect: duckdb
SELECT i FROM t WINDOW w AS (PARTITION BY c ORDER BY a) QUALIFY lag(b) OVER w IS NULL
--> in t
--> col i <- IDENTITY t.i
--> row FILTER t.a
--> row FILTER t.b presence
--> row FILTER t.c

-- case: within a view
-- dialect: redshift
CREATE VIEW latest AS SELECT * FROM u QUALIFY row_number() OVER (PARTITION BY c ORDER BY i) = 1
--> out latest
--> in u
--> col i <- IDENTITY u.i
--> col a <- IDENTITY u.a
--> col b <- IDENTITY u.b
--> col c <- IDENTITY u.c
--> row FILTER u.c
--> row FILTER u.i
