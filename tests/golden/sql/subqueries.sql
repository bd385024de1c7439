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
