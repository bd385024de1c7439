-- case: plain columns, an alias and a computed one
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, b AS bee, a + c AS total FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col bee <- IDENTITY d.s.t.b
--> col total <- TRANSFORMATION d.s.t.a, TRANSFORMATION d.s.t.c

-- case: functions, casts and constants
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT upper(b::VARCHAR) AS x, CAST(a AS BIGINT) AS y, 1 AS one, coalesce(a, b) AS z FROM t
--> in d.s.t
--> col x <- TRANSFORMATION d.s.t.b
--> col y <- TRANSFORMATION d.s.t.a
--> col one
--> col z <- TRANSFORMATION d.s.t.a, TRANSFORMATION d.s.t.b

-- case: FROM first
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
FROM t SELECT b, a
--> in d.s.t
--> col b <- IDENTITY d.s.t.b
--> col a <- IDENTITY d.s.t.a

-- case: FROM alone
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> col c <- IDENTITY d.s.t.c

-- case: CASE: conditions decide, branches are the value
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT CASE WHEN a > 1 THEN b ELSE c END AS x, CASE a WHEN b THEN 1 END AS y, if(a = 1, b, c) AS z FROM t
--> in d.s.t
--> col x <- TRANSFORMATION d.s.t.b, TRANSFORMATION d.s.t.c, CONDITIONAL d.s.t.a
--> col y <- CONDITIONAL d.s.t.a, CONDITIONAL d.s.t.b
--> col z <- TRANSFORMATION d.s.t.b, TRANSFORMATION d.s.t.c, CONDITIONAL d.s.t.a

-- case: presence in COUNT and IS NULL
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT count(a) AS n, count(DISTINCT b) AS d, count(*) AS rows, bool_or(c IS NOT NULL) AS any_c FROM t
--> in d.s.t
--> col n <- AGGREGATION d.s.t.a presence
--> col d <- AGGREGATION d.s.t.b
--> col rows
--> col any_c <- AGGREGATION d.s.t.c presence

-- case: presence in the select list without grouping
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a IS NULL AS gone, b IS NOT NULL AND c > 1 AS mixed FROM t
--> in d.s.t
--> col gone <- TRANSFORMATION d.s.t.a presence
--> col mixed <- TRANSFORMATION d.s.t.b presence, TRANSFORMATION d.s.t.c

-- case: a value used both whole and for its presence is used whole
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT count(a) + sum(a) AS x FROM t
--> in d.s.t
--> col x <- AGGREGATION d.s.t.a

-- case: COUNT of a CASE
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT count(CASE WHEN a > 1 THEN b END) AS n FROM t
--> in d.s.t
--> col n <- AGGREGATION d.s.t.b presence, CONDITIONAL d.s.t.a

-- case: hashes mask, unless the value also comes plain
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b VARCHAR)
SELECT md5(b) AS m, sha256(b) || a AS half, hash(upper(b)) AS h FROM t
--> in d.s.t
--> col m <- TRANSFORMATION d.s.t.b masks
--> col half <- TRANSFORMATION d.s.t.a, TRANSFORMATION d.s.t.b masks
--> col h <- TRANSFORMATION d.s.t.b masks

-- case: hashes in PostgreSQL
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b)
SELECT md5(b), encode(sha512(b::bytea), 'hex') AS h, digest(b, 'sha256') AS d FROM t
--> in d.s.t
--> col md5 <- TRANSFORMATION d.s.t.b masks
--> col h <- TRANSFORMATION d.s.t.b masks
--> col d <- TRANSFORMATION d.s.t.b masks

-- case: WHERE, and columns it does not know
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a FROM t WHERE b > 1 AND nope = 2
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> row FILTER d.s.t.b
--> gap unknown_column

-- case: HAVING and GROUP BY
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, sum(b) AS total FROM t GROUP BY a HAVING max(c) > 1
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col total <- AGGREGATION d.s.t.b
--> row FILTER d.s.t.c
--> row GROUP_BY d.s.t.a

-- case: GROUP BY and ORDER BY positions
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, b + c AS d, count(*) AS n FROM t GROUP BY 1, 2 ORDER BY 2 DESC
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col d <- TRANSFORMATION d.s.t.b, TRANSFORMATION d.s.t.c
--> col n
--> row GROUP_BY d.s.t.a
--> row GROUP_BY d.s.t.b
--> row GROUP_BY d.s.t.c
--> row SORT d.s.t.b
--> row SORT d.s.t.c

-- case: GROUP BY ALL and ORDER BY ALL
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, b + 1 AS d, max(c) AS m FROM t GROUP BY ALL ORDER BY ALL
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col d <- TRANSFORMATION d.s.t.b
--> col m <- AGGREGATION d.s.t.c
--> row GROUP_BY d.s.t.a
--> row GROUP_BY d.s.t.b
--> row SORT d.s.t.a
--> row SORT d.s.t.b
--> row SORT d.s.t.c

-- case: GROUPING SETS, ROLLUP
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, b, sum(c) AS s FROM t GROUP BY GROUPING SETS ((a), (a, b))
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> col s <- AGGREGATION d.s.t.c
--> row GROUP_BY d.s.t.a
--> row GROUP_BY d.s.t.b

-- case: GROUP BY an output name and columns
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a + b AS ab, b AS a, count(*) AS n FROM t GROUP BY ab, t.a, t.b
--> in d.s.t
--> col ab <- TRANSFORMATION d.s.t.a, TRANSFORMATION d.s.t.b
--> col a <- IDENTITY d.s.t.b
--> col n
--> row GROUP_BY d.s.t.a
--> row GROUP_BY d.s.t.b

-- case: lateral alias, in WHERE too
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a + b AS s, s * c AS p FROM t WHERE s > 1
--> in d.s.t
--> col s <- TRANSFORMATION d.s.t.a, TRANSFORMATION d.s.t.b
--> col p <- TRANSFORMATION d.s.t.a, TRANSFORMATION d.s.t.b, TRANSFORMATION d.s.t.c
--> row FILTER d.s.t.a
--> row FILTER d.s.t.b

-- case: no lateral alias in PostgreSQL
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a + b AS s, s * 2 AS p FROM t
--> in d.s.t
--> col s <- TRANSFORMATION d.s.t.a, TRANSFORMATION d.s.t.b
--> col p
--> gap unknown_column

-- case: ORDER BY prefers the output name, LIMIT says nothing
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT b AS a FROM t ORDER BY a LIMIT 3
--> in d.s.t
--> col a <- IDENTITY d.s.t.b
--> row SORT d.s.t.b

-- case: ORDER BY an expression means the columns, in PostgreSQL
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT b AS a FROM t ORDER BY a + 1
--> in d.s.t
--> col a <- IDENTITY d.s.t.b
--> row SORT d.s.t.a

-- case: DISTINCT groups by what is selected
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT DISTINCT a, b FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> row GROUP_BY d.s.t.a
--> row GROUP_BY d.s.t.b

-- case: DISTINCT ON groups by what it lists
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, c
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> row GROUP_BY d.s.t.a
--> row SORT d.s.t.a
--> row SORT d.s.t.c

-- case: a repeated output name
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, b AS a, c AS A FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col a#2 <- IDENTITY d.s.t.b
--> col A#3 <- IDENTITY d.s.t.c

-- case: a whole row
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT t, u.k FROM t JOIN u USING (a)
--> in d.s.t
--> in d.s.u
--> col t <- TRANSFORMATION d.s.t.a, TRANSFORMATION d.s.t.b, TRANSFORMATION d.s.t.c
--> col k <- IDENTITY d.s.u.k
--> row JOIN d.s.t.a
--> row JOIN d.s.u.a

-- case: a whole row in PostgreSQL, and a field of it
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT t, (t).b FROM t
--> in d.s.t
--> col t <- TRANSFORMATION d.s.t.a, TRANSFORMATION d.s.t.b, TRANSFORMATION d.s.t.c
--> col b <- IDENTITY d.s.t.b

-- case: struct fields at the grain of columns
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (s STRUCT(f INTEGER))
SELECT s.f, t.s.f AS g, s['f'] AS h FROM t
--> in d.s.t
--> col f <- TRANSFORMATION d.s.t.s at f
--> col g <- TRANSFORMATION d.s.t.s at f
--> col h <- TRANSFORMATION d.s.t.s at f

-- case: lambda and comprehension variables are no columns
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (x, y, xs INTEGER[])
SELECT list_transform(xs, lambda x: x + y) AS l, [x + 1 FOR x IN xs IF x > y] AS m FROM t
--> in d.s.t
--> col l <- TRANSFORMATION d.s.t.xs, TRANSFORMATION d.s.t.y
--> col m <- TRANSFORMATION d.s.t.xs, CONDITIONAL d.s.t.y

-- case: a position in FROM
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT #2 AS x FROM t
--> in d.s.t
--> col x <- IDENTITY d.s.t.b

-- case: arg_max takes the first argument, led by the second
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT arg_max(a, b) AS x, string_agg(b, ',' ORDER BY c) AS l FROM t
--> in d.s.t
--> col x <- AGGREGATION d.s.t.a, CONDITIONAL d.s.t.b
--> col l <- AGGREGATION d.s.t.b, WINDOW d.s.t.c

-- case: FILTER decides about the aggregate it is on
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT sum(a) FILTER (WHERE b > 1) AS x, sum(c) AS y FROM t
--> in d.s.t
--> col x <- AGGREGATION d.s.t.a, CONDITIONAL d.s.t.b
--> col y <- AGGREGATION d.s.t.c

-- case: WITHIN GROUP orders by the value itself
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) AS mid FROM t
--> in d.s.t
--> col mid <- AGGREGATION d.s.t.a

-- case: PostgreSQL's names for what has none
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a + 1, sum(b), b::text, CASE WHEN a > 1 THEN 2 END, count(*) FROM t GROUP BY a, b
--> in d.s.t
--> col ?column? <- TRANSFORMATION d.s.t.a
--> col sum <- AGGREGATION d.s.t.b
--> col b <- TRANSFORMATION d.s.t.b
--> col case <- CONDITIONAL d.s.t.a
--> col count
--> row GROUP_BY d.s.t.a
--> row GROUP_BY d.s.t.b

-- case: DuckDB's names for what has none
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a + 1, max(b), count(*), CAST(c AS INT), a IS NULL, NOT a, lower(b::VARCHAR) FROM t GROUP BY ALL
--> in d.s.t
--> col (a + 1) <- TRANSFORMATION d.s.t.a
--> col max(b) <- AGGREGATION d.s.t.b
--> col count_star()
--> col CAST(c AS INTEGER) <- TRANSFORMATION d.s.t.c
--> col (a IS NULL) <- TRANSFORMATION d.s.t.a presence
--> col (NOT a) <- TRANSFORMATION d.s.t.a
--> col lower(CAST(b AS VARCHAR)) <- TRANSFORMATION d.s.t.b
--> row GROUP_BY d.s.t.a
--> row GROUP_BY d.s.t.b
--> row GROUP_BY d.s.t.c

-- case: rowid is a column that no schema lists
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT rowid AS r, t.rowid AS q, a FROM t
--> in d.s.t
--> col r
--> col q
--> col a <- IDENTITY d.s.t.a

-- case: an alias set by equals
-- dialect: tsql
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT total = a + b, c AS [the c] FROM t
--> in d.s.t
--> col total <- TRANSFORMATION d.s.t.a, TRANSFORMATION d.s.t.b
--> col the c <- IDENTITY d.s.t.c

-- case: GROUP_CONCAT in an order
-- dialect: mysql
-- default: s
-- table: s.t (a, b, c)
-- table: s.u (a, k, v)
SELECT a, GROUP_CONCAT(DISTINCT b ORDER BY c DESC SEPARATOR '|') AS l FROM t GROUP BY a
--> in s.t
--> col a <- IDENTITY s.t.a
--> col l <- AGGREGATION s.t.b, WINDOW s.t.c
--> row GROUP_BY s.t.a

-- case: iif and an infix match
-- dialect: sqlite
-- table: t (a, b, c)
SELECT iif(a > 1, b, c) AS x, b GLOB 'x*' AS y, ifnull(c, 0) AS z FROM t
--> in t
--> col x <- TRANSFORMATION t.b, TRANSFORMATION t.c, CONDITIONAL t.a
--> col y <- TRANSFORMATION t.b
--> col z <- TRANSFORMATION t.c

-- case: the first of a group
-- dialect: oracle
-- default: S
-- table: S.T (A, B, C)
-- table: S.U (A, K, V)
SELECT a, MAX(b) KEEP (DENSE_RANK FIRST ORDER BY c) AS f FROM t GROUP BY a
--> in S.T
--> col A <- IDENTITY S.T.A
--> col F <- AGGREGATION S.T.B, WINDOW S.T.C
--> row GROUP_BY S.T.A

-- case: a masked column in a mixed row
-- dialect: trino
-- table: t (a VARCHAR, b VARCHAR)
SELECT to_hex(sha256(to_utf8(a))) AS h, concat(to_hex(md5(to_utf8(a))), b) AS m FROM t
--> in t
--> col h <- TRANSFORMATION t.a masks
--> col m <- TRANSFORMATION t.a masks, TRANSFORMATION t.b
