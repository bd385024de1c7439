-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: one window twice
-- dialect: postgres
SELECT sum(a) OVER w AS s, first_value(b) OVER w AS f FROM t WINDOW w AS (PARTITION BY k ORDER BY i)
--> in t
--> col s <- AGGREGATION t.a, WINDOW t.i, WINDOW t.k
--> col f <- TRANSFORMATION t.b, WINDOW t.i, WINDOW t.k

-- case: a window upon a window
-- dialect: mysql
SELECT rank() OVER (w ORDER BY a) AS r FROM t WINDOW w AS (PARTITION BY c)
--> in t
--> col r <- WINDOW t.a, WINDOW t.c

-- case: with a frame
-- dialect: bigquery
SELECT avg(b) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS m FROM t WINDOW w AS (ORDER BY k)
--> in t
--> col m <- AGGREGATION t.b, WINDOW t.k

-- case: in two windows
-- dialect: spark
SELECT lag(a) OVER one AS p, lead(a, 2) OVER two AS n FROM u WINDOW one AS (ORDER BY b), two AS (PARTITION BY c ORDER BY b)
--> in u
--> col p <- TRANSFORMATION u.a, WINDOW u.b
--> col n <- TRANSFORMATION u.a, WINDOW u.b, WINDOW u.c

-- case: behind a filter
-- dialect: sqlite
SELECT count(a) FILTER (WHERE b > 0) OVER w AS n FROM u WINDOW w AS (PARTITION BY i)
--> in u
--> col n <- AGGREGATION u.a presence, CONDITIONAL u.b, WINDOW u.i
