-- case: inline
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, sum(b) OVER (PARTITION BY a ORDER BY c) AS s FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col s <- AGGREGATION d.s.t.b, WINDOW d.s.t.a, WINDOW d.s.t.c

-- case: by name
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT rank() OVER w AS r, lag(b) OVER w AS l FROM t WINDOW w AS (PARTITION BY a ORDER BY c)
--> in d.s.t
--> col r <- WINDOW d.s.t.a, WINDOW d.s.t.c
--> col l <- TRANSFORMATION d.s.t.b, WINDOW d.s.t.a, WINDOW d.s.t.c

-- case: a window that builds on another
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT sum(b) OVER (w ORDER BY c) AS s, max(b) OVER v AS m FROM t WINDOW w AS (PARTITION BY a), v AS (w ORDER BY b)
--> in d.s.t
--> col s <- AGGREGATION d.s.t.b, WINDOW d.s.t.a, WINDOW d.s.t.c
--> col m <- AGGREGATION d.s.t.b, WINDOW d.s.t.a, WINDOW d.s.t.b

-- case: QUALIFY filters rows by its window
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, b FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY c) = 1
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> row FILTER d.s.t.a
--> row FILTER d.s.t.c

-- case: QUALIFY by alias and named window
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, row_number() OVER w AS n FROM t WINDOW w AS (PARTITION BY b ORDER BY c) QUALIFY n = 1
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col n <- WINDOW d.s.t.b, WINDOW d.s.t.c
--> row FILTER d.s.t.b
--> row FILTER d.s.t.c

-- case: a window over groups
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, rank() OVER (ORDER BY sum(b)) AS r, sum(sum(c)) OVER () AS t FROM t GROUP BY ALL
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col r <- WINDOW d.s.t.b
--> col t <- AGGREGATION d.s.t.c
--> row GROUP_BY d.s.t.a

-- case: a window without a name for its column
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
SELECT sum(b) OVER (PARTITION BY a ORDER BY c), row_number() OVER (ORDER BY b) FROM t
--> in d.s.t
--> col sum(b) OVER (PARTITION BY a ORDER BY c) <- AGGREGATION d.s.t.b, WINDOW d.s.t.a, WINDOW d.s.t.c
--> col row_number() OVER (ORDER BY b) <- WINDOW d.s.t.b

-- case: a share of the group
-- dialect: snowflake
-- default: D.S
-- table: D.S.T (A, B)
SELECT RATIO_TO_REPORT(b) OVER (PARTITION BY a) AS share FROM t
--> in D.S.T
--> col SHARE <- AGGREGATION D.S.T.B, WINDOW D.S.T.A

-- case: nulls left out, a frame of its own
-- dialect: bigquery
-- table: t (a, b, c)
SELECT LAST_VALUE(b IGNORE NULLS) OVER (PARTITION BY a ORDER BY c ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS l FROM t
--> in t
--> col l <- TRANSFORMATION t.b, WINDOW t.a, WINDOW t.c

-- case: an aggregate of an aggregate
-- dialect: mysql
-- table: t (a, b, c)
SELECT a, SUM(SUM(b)) OVER (ORDER BY a) AS running FROM t GROUP BY a
--> in t
--> col a <- IDENTITY t.a
--> col running <- AGGREGATION t.b, WINDOW t.a
--> row GROUP_BY t.a
