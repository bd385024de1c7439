-- case: values, filters and conditions pass through
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
WITH w AS (SELECT a, CASE WHEN b > 1 THEN c END AS d FROM t WHERE c > 0)
SELECT sum(d) AS s FROM w WHERE d < 9 GROUP BY a
--> in d.s.t
--> col s <- AGGREGATION d.s.t.c, CONDITIONAL d.s.t.b
--> row FILTER d.s.t.b
--> row FILTER d.s.t.c
--> row GROUP_BY d.s.t.a

-- case: transformations compose
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
WITH w AS (SELECT a, b + 1 AS b1, sum(c) AS sc FROM t GROUP BY ALL) SELECT a, b1, sc, sc + 1 AS more, max(b1) OVER () AS top FROM w
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col b1 <- TRANSFORMATION d.s.t.b
--> col sc <- AGGREGATION d.s.t.c
--> col more <- AGGREGATION d.s.t.c
--> col top <- AGGREGATION d.s.t.b
--> row GROUP_BY d.s.t.a
--> row GROUP_BY d.s.t.b

-- case: presence and hashes stay what they were
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (b, c VARCHAR)
WITH w AS (SELECT count(b) AS n, md5(c) AS h FROM t GROUP BY c) SELECT n + 1 AS m, upper(h) AS h FROM w
--> in d.s.t
--> col m <- AGGREGATION d.s.t.b presence
--> col h <- TRANSFORMATION d.s.t.c masks
--> row GROUP_BY d.s.t.c

-- case: a window's partition follows its column
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
WITH w AS (SELECT a, row_number() OVER (PARTITION BY b ORDER BY c) AS n FROM t) SELECT a, n FROM w WHERE n = 1
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col n <- WINDOW d.s.t.b, WINDOW d.s.t.c
--> row FILTER d.s.t.b
--> row FILTER d.s.t.c

-- case: a CTE nobody reads is no input
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
WITH w AS (SELECT a FROM u WHERE k > 1) SELECT a FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a

-- case: a CTE named like the table it reads
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
WITH t AS (SELECT a, b FROM t WHERE c > 1) SELECT * FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> row FILTER d.s.t.c

-- case: column names after the CTE's name
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
WITH w(x, y) AS (SELECT a, b FROM t) SELECT y, x FROM w
--> in d.s.t
--> col y <- IDENTITY d.s.t.b
--> col x <- IDENTITY d.s.t.a

-- case: a CTE in a subquery hides the outer one
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
WITH w AS (SELECT a FROM t) SELECT (WITH w AS (SELECT k AS a FROM u) SELECT max(a) FROM w) AS inner_, a FROM w
--> in d.s.t
--> in d.s.u
--> col inner_ <- AGGREGATION d.s.u.k
--> col a <- IDENTITY d.s.t.a

-- case: repeated names in a derived table
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, a_1 FROM (SELECT a, b AS a FROM t)
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col a_1 <- IDENTITY d.s.t.b

-- case: recursive: the recursive part counts too
-- dialect: duckdb
-- default: d.s
-- table: d.s.emp (id, name VARCHAR, boss, weight)
WITH RECURSIVE up(id, top, depth) AS (
  SELECT id, name, 0 FROM emp WHERE boss IS NULL
  UNION ALL
  SELECT e.id, up.top, up.depth + e.weight FROM emp AS e JOIN up ON e.boss = up.id
)
SELECT id, top, depth FROM up
--> in d.s.emp
--> col id <- IDENTITY d.s.emp.id
--> col top <- IDENTITY d.s.emp.name
--> col depth <- TRANSFORMATION d.s.emp.weight
--> row FILTER d.s.emp.boss presence
--> row JOIN d.s.emp.boss
--> row JOIN d.s.emp.id

-- case: recursive: facts travel round until nothing is new
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
WITH RECURSIVE r(x, y, z) AS (
  SELECT a, b, c FROM t UNION ALL SELECT y, z, z + 1 FROM r WHERE x < 9
) SELECT x, z FROM r
--> in d.s.t
--> col x <- IDENTITY d.s.t.a, IDENTITY d.s.t.b, TRANSFORMATION d.s.t.c
--> col z <- TRANSFORMATION d.s.t.c
--> row FILTER d.s.t.a
--> row FILTER d.s.t.b
--> row FILTER d.s.t.c

-- case: recursive in PostgreSQL with two recursive parts
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
WITH RECURSIVE r AS (
  SELECT a AS n FROM t UNION SELECT k FROM u, r WHERE u.a = r.n UNION SELECT v FROM u, r WHERE u.a = r.n
) SELECT n FROM r
--> in d.s.t
--> in d.s.u
--> col n <- IDENTITY d.s.t.a, IDENTITY d.s.u.k, IDENTITY d.s.u.v
--> row FILTER d.s.t.a
--> row FILTER d.s.u.a
--> row FILTER d.s.u.k
--> row FILTER d.s.u.v
--> row GROUP_BY d.s.t.a
--> row GROUP_BY d.s.u.k
--> row GROUP_BY d.s.u.v

-- case: a bound CTE is that dataset and its body is not walked
-- dialect: duckdb
-- default: d.s
-- table: d.s.x (a)
-- bind: __dbt__cte__x = d.s.x
WITH __dbt__cte__x AS (SELECT a FROM secret WHERE b > 1) SELECT a AS id, zz FROM __dbt__cte__x
--> in d.s.x
--> col id <- IDENTITY d.s.x.a
--> col zz
--> gap unknown_column

-- case: a bound table
-- not run: reads a table that is not there
-- dialect: duckdb
-- default: d.s
-- table: d.real.base (A, b)
-- bind: staged = d.real.base
-- bind: d.s.other = d.real.unknown
SELECT a FROM s.staged JOIN other USING (a)
--> in d.real.base
--> in d.real.unknown
--> col A <- IDENTITY d.real.base.A
--> row JOIN d.real.base.A
--> row JOIN d.real.unknown.a

-- case: recursive: conditions travel round too
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
WITH RECURSIVE r(x, y) AS (
  SELECT a, b FROM t UNION ALL SELECT CASE WHEN y > 1 THEN c END, x FROM r, t WHERE x < 1
) SELECT y FROM r
--> in d.s.t
--> col y <- IDENTITY d.s.t.a, IDENTITY d.s.t.b, TRANSFORMATION d.s.t.c, CONDITIONAL d.s.t.a, CONDITIONAL d.s.t.b, CONDITIONAL d.s.t.c
--> row FILTER d.s.t.a
--> row FILTER d.s.t.b
--> row FILTER d.s.t.c

-- case: a whole row carries the conditions of its columns
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
WITH w AS (SELECT CASE WHEN a > 1 THEN b END AS x FROM t) SELECT w FROM w
--> in d.s.t
--> col w <- TRANSFORMATION d.s.t.b, CONDITIONAL d.s.t.a

-- case: a WITH within a CTE is seen there only
-- dialect: snowflake
-- default: D.S
-- table: D.S.T (A, B, C)
-- table: D.S.U (A, K, V)
WITH w (p, q) AS (WITH i AS (SELECT a, b FROM t WHERE c > 0) SELECT a, max(b) FROM i GROUP BY a) SELECT q AS m FROM w WHERE p > 1
--> in D.S.T
--> col M <- AGGREGATION D.S.T.B
--> row FILTER D.S.T.A
--> row FILTER D.S.T.C
--> row GROUP_BY D.S.T.A

-- case: one CTE read twice, once through another
-- dialect: bigquery
-- default: p.d
-- table: p.d.t (a, b, c)
-- table: p.d.u (a, k, v)
WITH w AS (SELECT a, b FROM t), x AS (SELECT a, SUM(b) AS s FROM w GROUP BY a) SELECT w.b, w.b / x.s AS share FROM w JOIN x ON w.a = x.a
--> in p.d.t
--> col b <- IDENTITY p.d.t.b
--> col share <- AGGREGATION p.d.t.b
--> row GROUP_BY p.d.t.a
--> row JOIN p.d.t.a

-- case: a CTE in front of an UPDATE
-- dialect: tsql
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
WITH x AS (SELECT a, MAX(v) AS top FROM u GROUP BY a) UPDATE t SET t.b = x.top FROM t JOIN x ON x.a = t.a WHERE t.c = 0
--> out d.s.t
--> in d.s.t
--> in d.s.u
--> col b <- AGGREGATION d.s.u.v
--> row FILTER d.s.t.c
--> row GROUP_BY d.s.u.a
--> row JOIN d.s.t.a
--> row JOIN d.s.u.a
