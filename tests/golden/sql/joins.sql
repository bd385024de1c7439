-- case: ON decides rows
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT t.b, u.v FROM t LEFT JOIN u ON t.a = u.a AND u.k > 1
--> in d.s.t
--> in d.s.u
--> col b <- IDENTITY d.s.t.b
--> col v <- IDENTITY d.s.u.v
--> row JOIN d.s.t.a
--> row JOIN d.s.u.a
--> row JOIN d.s.u.k

-- case: USING: the left side's column, once
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT *, a AS again FROM t JOIN u USING (a)
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> col c <- IDENTITY d.s.t.c
--> col k <- IDENTITY d.s.u.k
--> col v <- IDENTITY d.s.u.v
--> col again <- IDENTITY d.s.t.a
--> row JOIN d.s.t.a
--> row JOIN d.s.u.a

-- case: USING in PostgreSQL puts the merged column first
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
-- table: d.s.w (x, k)
SELECT * FROM u JOIN w USING (k)
--> in d.s.u
--> in d.s.w
--> col k <- IDENTITY d.s.u.k
--> col a <- IDENTITY d.s.u.a
--> col v <- IDENTITY d.s.u.v
--> col x <- IDENTITY d.s.w.x
--> row JOIN d.s.u.k
--> row JOIN d.s.w.k

-- case: USING of a right join
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, b, v FROM t RIGHT JOIN u USING (a)
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.u.a
--> col b <- IDENTITY d.s.t.b
--> col v <- IDENTITY d.s.u.v
--> row JOIN d.s.t.a
--> row JOIN d.s.u.a

-- case: USING of a full join: either
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a, b, v FROM t FULL JOIN u USING (a)
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a, IDENTITY d.s.u.a
--> col b <- IDENTITY d.s.t.b
--> col v <- IDENTITY d.s.u.v
--> row JOIN d.s.t.a
--> row JOIN d.s.u.a

-- case: three tables joined USING
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
-- table: d.s.w (w, a)
SELECT * FROM t JOIN u USING (a) JOIN w USING (a)
--> in d.s.t
--> in d.s.u
--> in d.s.w
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> col c <- IDENTITY d.s.t.c
--> col k <- IDENTITY d.s.u.k
--> col v <- IDENTITY d.s.u.v
--> col w <- IDENTITY d.s.w.w
--> row JOIN d.s.t.a
--> row JOIN d.s.u.a
--> row JOIN d.s.w.a

-- case: NATURAL
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT * FROM t NATURAL JOIN u
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> col c <- IDENTITY d.s.t.c
--> col k <- IDENTITY d.s.u.k
--> col v <- IDENTITY d.s.u.v
--> row JOIN d.s.t.a
--> row JOIN d.s.u.a

-- case: SEMI and ANTI: the right side is not seen
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
-- table: d.s.w (x)
SELECT * FROM t SEMI JOIN u USING (a) ANTI JOIN w ON w.x = t.b
--> in d.s.t
--> in d.s.u
--> in d.s.w
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> col c <- IDENTITY d.s.t.c
--> row JOIN d.s.t.a
--> row JOIN d.s.t.b
--> row JOIN d.s.u.a
--> row JOIN d.s.w.x

-- case: ASOF
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT t.b, u.v FROM t ASOF JOIN u ON t.a >= u.a
--> in d.s.t
--> in d.s.u
--> col b <- IDENTITY d.s.t.b
--> col v <- IDENTITY d.s.u.v
--> row JOIN d.s.t.a
--> row JOIN d.s.u.a

-- case: comma join, names from both
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT b, v FROM t, u WHERE t.a = u.a
--> in d.s.t
--> in d.s.u
--> col b <- IDENTITY d.s.t.b
--> col v <- IDENTITY d.s.u.v
--> row FILTER d.s.t.a
--> row FILTER d.s.u.a

-- case: joins in brackets keep their names
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
-- table: d.s.w (x)
SELECT t.b, k FROM (t JOIN u USING (a)) JOIN w ON w.x = u.v
--> in d.s.t
--> in d.s.u
--> in d.s.w
--> col b <- IDENTITY d.s.t.b
--> col k <- IDENTITY d.s.u.k
--> row JOIN d.s.t.a
--> row JOIN d.s.u.a
--> row JOIN d.s.u.v
--> row JOIN d.s.w.x

-- case: joins in brackets under an alias
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT j.b, j.v FROM (t JOIN u USING (a)) AS j
--> in d.s.t
--> in d.s.u
--> col b <- IDENTITY d.s.t.b
--> col v <- IDENTITY d.s.u.v
--> row JOIN d.s.t.a
--> row JOIN d.s.u.a

-- case: an alias hides the table's name
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT x.a FROM t AS x WHERE t.b = 1
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> gap unknown_relation

-- case: table names as qualifiers
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT s.t.a, d.s.t.b FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b

-- case: an ambiguous column is reported, not guessed
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a FROM t, u
--> in d.s.t
--> in d.s.u
--> col a
--> gap ambiguous_column

-- case: an alias with column names
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT x, y, c FROM t AS q(x, y)
--> in d.s.t
--> col x <- IDENTITY d.s.t.a
--> col y <- IDENTITY d.s.t.b
--> col c <- IDENTITY d.s.t.c

-- case: unknown tables: only what is qualified resolves
-- dialect: duckdb
-- default: d.s
SELECT p.x, y FROM p JOIN q ON p.id = q.id
--> in d.s.p
--> in d.s.q
--> col x <- IDENTITY d.s.p.x 0.7
--> col y
--> row JOIN d.s.p.id
--> row JOIN d.s.q.id
--> gap ambiguous_column

-- case: an unknown table beside a known one takes what the known one lacks
-- not run: reads a table that is not there
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT b, z FROM t JOIN nowhere ON t.a = nowhere.id
--> in d.s.nowhere
--> in d.s.t
--> col b <- IDENTITY d.s.t.b
--> col z <- IDENTITY d.s.nowhere.z 0.7
--> row JOIN d.s.nowhere.id
--> row JOIN d.s.t.a

-- case: an anti join by its word
-- dialect: hive
-- default: s
-- table: s.t (a, b, c)
-- table: s.u (a, k, v)
SELECT t.b FROM t LEFT ANTI JOIN u ON t.a = u.a AND u.k > t.c WHERE t.b > 1
--> in s.t
--> in s.u
--> col b <- IDENTITY s.t.b
--> row FILTER s.t.b
--> row JOIN s.t.a
--> row JOIN s.t.c
--> row JOIN s.u.a
--> row JOIN s.u.k

-- case: the outer join marked by a plus
-- dialect: oracle
-- default: S
-- table: S.T (A, B, C)
-- table: S.U (A, K, V)
SELECT t.b, u.v FROM t, u WHERE t.a = u.a (+) AND u.k (+) > 1
--> in S.T
--> in S.U
--> col B <- IDENTITY S.T.B
--> col V <- IDENTITY S.U.V
--> row FILTER S.T.A
--> row FILTER S.U.A
--> row FILTER S.U.K

-- case: OUTER APPLY of an aggregate
-- dialect: tsql
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT t.a, x.m FROM t OUTER APPLY (SELECT MAX(u.v) AS m FROM u WHERE u.k = t.b) AS x
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.t.a
--> col m <- AGGREGATION d.s.u.v
--> row FILTER d.s.t.b
--> row FILTER d.s.u.k

-- case: a global any join
-- dialect: clickhouse
-- default: s
-- table: s.t (a, b, c)
-- table: s.u (a, k, v)
SELECT t.b, u.v FROM t GLOBAL ANY LEFT JOIN u ON t.a = u.a
--> in s.t
--> in s.u
--> col b <- IDENTITY s.t.b
--> col v <- IDENTITY s.u.v
--> row JOIN s.t.a
--> row JOIN s.u.a

-- case: STRAIGHT_JOIN
-- dialect: mysql
-- default: s
-- table: s.t (a, b, c)
-- table: s.u (a, k, v)
SELECT u.k, t.c FROM t STRAIGHT_JOIN u ON t.b = u.v
--> in s.t
--> in s.u
--> col k <- IDENTITY s.u.k
--> col c <- IDENTITY s.t.c
--> row JOIN s.t.b
--> row JOIN s.u.v
