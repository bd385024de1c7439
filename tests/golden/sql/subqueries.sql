-- case: scalar in the select list: its value is direct, its filter conditional
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, (SELECT max(v) FROM u WHERE u.a = t.a AND k > 1) AS m FROM t
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a
--> col m <- AGGREGATION d.s.u.v, CONDITIONAL d.s.t.a, CONDITIONAL d.s.u.a, CONDITIONAL d.s.u.k

-- case: scalar count: the mere rows decide
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT (SELECT count(*) FROM u) AS n, EXISTS (SELECT 1 FROM u WHERE k = b) AS e FROM t
--> in d.s.t
--> in d.s.u
--> col n <- CONDITIONAL d.s.u presence
--> col e <- CONDITIONAL d.s.t.b, CONDITIONAL d.s.u presence, CONDITIONAL d.s.u.k

-- case: IN, EXISTS and scalar in WHERE all filter
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT b FROM t WHERE a IN (SELECT a FROM u WHERE k > 1) AND EXISTS (SELECT v FROM u WHERE u.a = t.c)
--> in d.s.t
--> in d.s.u
--> col b <- IDENTITY d.s.t.b
--> row FILTER d.s.t.a
--> row FILTER d.s.t.c
--> row FILTER d.s.u presence
--> row FILTER d.s.u.a
--> row FILTER d.s.u.k

-- case: a scalar in WHERE
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT b FROM t WHERE a > (SELECT avg(v) FROM u)
--> in d.s.t
--> in d.s.u
--> col b <- IDENTITY d.s.t.b
--> row FILTER d.s.t.a
--> row FILTER d.s.u presence
--> row FILTER d.s.u.v

-- case: a column the subquery's table lacks comes from around it
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT b FROM t WHERE c IN (SELECT c FROM u)
--> in d.s.t
--> in d.s.u
--> col b <- IDENTITY d.s.t.b
--> row FILTER d.s.t.c
--> row FILTER d.s.u presence

-- case: derived table
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT x.s + 1 AS s1 FROM (SELECT a, sum(b) AS s FROM t GROUP BY a) AS x WHERE x.a > 1
--> in d.s.t
--> col s1 <- AGGREGATION d.s.t.b
--> row FILTER d.s.t.a
--> row GROUP_BY d.s.t.a

-- case: LATERAL in PostgreSQL
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT t.b, l.top FROM t CROSS JOIN LATERAL (SELECT max(v) AS top FROM u WHERE u.a = t.a) AS l
--> in d.s.t
--> in d.s.u
--> col b <- IDENTITY d.s.t.b
--> col top <- AGGREGATION d.s.u.v
--> row FILTER d.s.t.a
--> row FILTER d.s.u.a

-- case: DuckDB sees to the left without LATERAL
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT l.z FROM t, (SELECT t.a + v AS z FROM u) AS l
--> in d.s.t
--> in d.s.u
--> col z <- TRANSFORMATION d.s.t.a, TRANSFORMATION d.s.u.v

-- case: ARRAY of a subquery
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT ARRAY(SELECT v FROM u WHERE u.a = t.a) AS vs FROM t
--> in d.s.t
--> in d.s.u
--> col vs <- TRANSFORMATION d.s.u.v, CONDITIONAL d.s.t.a, CONDITIONAL d.s.u.a

-- case: a name in an inner unknown table that the outer query also has is a guess
-- not run: reads a table that is not there
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT b FROM t WHERE a IN (SELECT c FROM nowhere)
--> in d.s.nowhere
--> in d.s.t
--> col b <- IDENTITY d.s.t.b
--> row FILTER d.s.nowhere presence
--> row FILTER d.s.nowhere.c
--> row FILTER d.s.t.a

-- case: rows compared with a subquery's
-- dialect: mysql
-- default: s
-- table: s.t (a, b, c)
-- table: s.u (a, k, v)
SELECT c FROM t WHERE (a, b) IN (SELECT k, MAX(v) FROM u GROUP BY k)
--> in s.t
--> in s.u
--> col c <- IDENTITY s.t.c
--> row FILTER s.t.a
--> row FILTER s.t.b
--> row FILTER s.u presence
--> row FILTER s.u.k
--> row FILTER s.u.v

-- case: compared with ANY and ALL
-- dialect: snowflake
-- default: D.S
-- table: D.S.T (A, B, C)
-- table: D.S.U (A, K, V)
SELECT b FROM t WHERE a = ANY (SELECT k FROM u) AND c >= ALL (SELECT v FROM u)
--> in D.S.T
--> in D.S.U
--> col B <- IDENTITY D.S.T.B
--> row FILTER D.S.T.A
--> row FILTER D.S.T.C
--> row FILTER D.S.U presence
--> row FILTER D.S.U.K
--> row FILTER D.S.U.V

-- case: a scalar in an expression of a join
-- dialect: tsql
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT t.b, (SELECT MIN(v) FROM u) - t.c AS rest FROM t
--> in d.s.t
--> in d.s.u
--> col b <- IDENTITY d.s.t.b
--> col rest <- TRANSFORMATION d.s.t.c, AGGREGATION d.s.u.v

-- case: a subquery in HAVING
-- dialect: sqlite
-- table: t (a, b)
-- table: u (k)
SELECT a FROM t GROUP BY a HAVING sum(b) > (SELECT avg(k) FROM u)
--> in t
--> in u
--> col a <- IDENTITY t.a
--> row FILTER t.b
--> row FILTER u presence
--> row FILTER u.k
--> row GROUP_BY t.a
