-- case: VALUES
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT * FROM (VALUES (1, 2), (3, 4)) AS v(x, y)
--> col x
--> col y

-- case: VALUES names its columns
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a)
SELECT * FROM (VALUES (1, 2)) AS v
--> col col0
--> col col1

-- case: VALUES in PostgreSQL
-- dialect: postgres
-- default: d.s
VALUES (1, 'x')
--> col column1
--> col column2

-- case: VALUES with a correlated column
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT x FROM t, LATERAL (VALUES (t.a), (t.b)) AS v(x)
--> in d.s.t
--> col x <- IDENTITY d.s.t.a, IDENTITY d.s.t.b

-- case: unnest with a column alias
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (id, arr INTEGER[])
SELECT id, x FROM t, unnest(t.arr) AS u(x) WHERE x > 1
--> in d.s.t
--> col id <- IDENTITY d.s.t.id
--> col x <- TRANSFORMATION d.s.t.arr at []
--> row FILTER d.s.t.arr

-- case: unnest with a table alias
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (id, arr INTEGER[])
SELECT u, u.unnest FROM t, unnest(arr) AS u
--> in d.s.t
--> col u <- TRANSFORMATION d.s.t.arr at []
--> col unnest <- TRANSFORMATION d.s.t.arr at []

-- case: unnest of structs
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (arr STRUCT(f INTEGER, g INTEGER)[])
SELECT u.x.f AS f, x.g FROM t, unnest(arr) AS u(x)
--> in d.s.t
--> col f <- TRANSFORMATION d.s.t.arr at [].f
--> col g <- TRANSFORMATION d.s.t.arr at [].g

-- case: unnest WITH ORDINALITY
-- dialect: postgres
-- default: d.s
-- table: d.s.t (id, arr)
SELECT x, n FROM t CROSS JOIN LATERAL unnest(arr) WITH ORDINALITY AS u(x, n)
--> in d.s.t
--> col x <- TRANSFORMATION d.s.t.arr at []
--> col n

-- case: unnest in the select list
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (id, arr INTEGER[])
SELECT id, unnest(arr) AS x FROM t
--> in d.s.t
--> col id <- IDENTITY d.s.t.id
--> col x <- TRANSFORMATION d.s.t.arr

-- case: series
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a)
SELECT * FROM range(3), generate_series(1, 2) AS g, range(2) AS r(i)
--> col range
--> col g
--> col i

-- case: a series to a column
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, i FROM t, generate_series(1, t.b) AS g(i)
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col i <- TRANSFORMATION d.s.t.b

-- case: a function with a column list
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT k, j.v FROM t, json_each(t.b) AS j(k, v)
--> in d.s.t
--> col k <- TRANSFORMATION d.s.t.b
--> col v <- TRANSFORMATION d.s.t.b

-- case: a function without one
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT * FROM t, json_each(t.b::JSON)
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> col c <- IDENTITY d.s.t.c
--> gap table_function

-- case: read_csv: a file is no dataset
-- dialect: duckdb
-- default: d.s
SELECT r.a, b FROM read_csv('raw/x.csv', header = true) AS r
--> col a
--> col b
--> gap file_source

-- case: a file that a binding names
-- not run: there is no such file
-- dialect: duckdb
-- default: d.s
-- table: lake.raw.x (a, b)
-- bind: raw/x.csv = lake.raw.x
SELECT * FROM 'raw/x.csv'
--> in lake.raw.x
--> col a <- IDENTITY lake.raw.x.a
--> col b <- IDENTITY lake.raw.x.b

-- case: PIVOT by a number
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT * FROM t PIVOT (sum(b) FOR a IN (1, 2))
--> in d.s.t
--> col c <- IDENTITY d.s.t.c
--> col 1 <- AGGREGATION d.s.t.b, CONDITIONAL d.s.t.a
--> col 2 <- AGGREGATION d.s.t.b, CONDITIONAL d.s.t.a
--> row GROUP_BY d.s.t.c

-- case: named arguments of a table function are no comparison
-- not run: there is no such function
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b)
SELECT t.a, r.x FROM t, scan_things(t.b, header = true) AS r
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col x <- TRANSFORMATION d.s.t.b

-- case: a series under an alias
-- dialect: trino
-- table: t (a)
SELECT n, t.a + n AS m FROM t, UNNEST(sequence(1, t.a)) AS s(n)
--> in t
--> col n <- TRANSFORMATION t.a
--> col m <- TRANSFORMATION t.a

-- case: an array of days
-- dialect: bigquery
-- table: t (first DATE, last DATE)
SELECT day FROM t, UNNEST(GENERATE_DATE_ARRAY(t.first, t.last)) AS day
--> in t
--> col day <- TRANSFORMATION t.first, TRANSFORMATION t.last

-- case: a JSON tree
-- dialect: sqlite
-- table: t (id, doc TEXT)
SELECT t.id, j.value FROM t, json_each(t.doc) AS j WHERE j.key = 'x'
--> in t
--> col id <- IDENTITY t.id
--> col value <- TRANSFORMATION t.doc
--> row FILTER t.doc
