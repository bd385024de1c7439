-- case: UNION ALL by position
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, b FROM t UNION ALL SELECT k, v + 1 FROM u WHERE a > 1
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a, IDENTITY d.s.u.k
--> col b <- IDENTITY d.s.t.b, TRANSFORMATION d.s.u.v
--> row FILTER d.s.u.a

-- case: UNION groups by everything
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a FROM t UNION SELECT k FROM u
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a, IDENTITY d.s.u.k
--> row GROUP_BY d.s.t.a
--> row GROUP_BY d.s.u.k

-- case: UNION ALL BY NAME
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, b FROM t UNION ALL BY NAME SELECT v AS b, k FROM u
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b, IDENTITY d.s.u.v
--> col k <- IDENTITY d.s.u.k

-- case: INTERSECT takes from both
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a FROM t INTERSECT SELECT a FROM u
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a, IDENTITY d.s.u.a
--> row GROUP_BY d.s.t.a
--> row GROUP_BY d.s.u.a

-- case: EXCEPT: the right side decides only
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a FROM t EXCEPT ALL SELECT k FROM u WHERE v > 1
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a
--> row FILTER d.s.u presence
--> row FILTER d.s.u.k
--> row FILTER d.s.u.v

-- case: ORDER BY behind a set operation means its output
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a AS x FROM t UNION ALL SELECT k FROM u ORDER BY x LIMIT 2
--> in d.s.t
--> in d.s.u
--> col x <- IDENTITY d.s.t.a, IDENTITY d.s.u.k
--> row SORT d.s.t.a
--> row SORT d.s.u.k

-- case: brackets and three operands
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
(SELECT a FROM t) UNION ALL (SELECT b FROM t ORDER BY c LIMIT 1) UNION ALL SELECT v FROM u
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a, IDENTITY d.s.t.b, IDENTITY d.s.u.v
--> row SORT d.s.t.c

-- case: stars over unknown tables are matched by name, as a guess
-- dialect: duckdb
-- default: d.s
WITH w AS (SELECT * FROM p UNION ALL SELECT * FROM q) SELECT x FROM w
--> in d.s.p
--> in d.s.q
--> col x <- IDENTITY d.s.p.x 0.4, IDENTITY d.s.q.x 0.4

-- case: operands of different width
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, b FROM t UNION ALL SELECT k FROM u
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a, IDENTITY d.s.u.k
--> col b <- IDENTITY d.s.t.b
--> gap column_count

-- case: conditions and windows of every operand reach the column
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT CASE WHEN a > 1 THEN b END AS x FROM t UNION ALL SELECT CASE WHEN k > 1 THEN v END FROM u UNION ALL SELECT sum(b) OVER (PARTITION BY c) FROM t
--> in d.s.t
--> in d.s.u
--> col x <- AGGREGATION d.s.t.b, TRANSFORMATION d.s.u.v, CONDITIONAL d.s.t.a, CONDITIONAL d.s.u.k, WINDOW d.s.t.c

-- case: EXCEPT by a condition
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a FROM t EXCEPT SELECT CASE WHEN k > 1 THEN v END FROM u
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a
--> row FILTER d.s.u presence
--> row FILTER d.s.u.k
--> row FILTER d.s.u.v
--> row GROUP_BY d.s.t.a

-- case: listed columns beside stars over unknown tables
-- dialect: duckdb
-- default: d.s
SELECT *, a AS src FROM p UNION ALL SELECT *, b AS src FROM q
--> in d.s.p
--> in d.s.q
--> col src <- IDENTITY d.s.p.a 0.7, IDENTITY d.s.q.b 0.4
--> gap unknown_table

-- case: MINUS twice
-- dialect: oracle
-- default: S
-- table: S.T (A, B, C)
-- table: S.U (A, K, V)
SELECT a FROM t MINUS SELECT k FROM u MINUS SELECT v FROM u
--> in S.T
--> in S.U
--> col A <- IDENTITY S.T.A
--> row FILTER S.U presence
--> row FILTER S.U.K
--> row FILTER S.U.V
--> row GROUP_BY S.T.A

-- case: each operand with its own LIMIT
-- dialect: mysql
-- default: s
-- table: s.t (a, b, c)
-- table: s.u (a, k, v)
(SELECT a FROM t ORDER BY b LIMIT 1) UNION ALL (SELECT k FROM u ORDER BY v LIMIT 2)
--> in s.t
--> in s.u
--> col a <- IDENTITY s.t.a, IDENTITY s.u.k
--> row SORT s.t.b
--> row SORT s.u.v

-- case: INTERSECT DISTINCT with a constant
-- dialect: bigquery
-- default: p.d
-- table: p.d.t (a, b, c)
-- table: p.d.u (a, k, v)
SELECT a, 1 AS one FROM t INTERSECT DISTINCT SELECT k, v FROM u
--> in p.d.t
--> in p.d.u
--> col a <- IDENTITY p.d.t.a, IDENTITY p.d.u.k
--> col one <- IDENTITY p.d.u.v
--> row GROUP_BY p.d.t.a
--> row GROUP_BY p.d.u.k
--> row GROUP_BY p.d.u.v
