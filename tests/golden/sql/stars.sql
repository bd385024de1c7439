-- case: a star
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT * FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> col c <- IDENTITY d.s.t.c

-- case: two stars, one qualified
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT u.*, t.* FROM t, u
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.u.a
--> col k <- IDENTITY d.s.u.k
--> col v <- IDENTITY d.s.u.v
--> col a#2 <- IDENTITY d.s.t.a
--> col b <- IDENTITY d.s.t.b
--> col c <- IDENTITY d.s.t.c

-- case: EXCLUDE, REPLACE, RENAME
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT * EXCLUDE (c) REPLACE (b + 1 AS b) RENAME (a AS z) FROM t
--> in d.s.t
--> col z <- IDENTITY d.s.t.a
--> col b <- TRANSFORMATION d.s.t.b

-- case: EXCLUDE on a qualified star and with a qualifier
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT t.* EXCLUDE (a), * EXCLUDE (u.a) FROM t, u
--> in d.s.t
--> in d.s.u
--> col b <- IDENTITY d.s.t.b
--> col c <- IDENTITY d.s.t.c
--> col a <- IDENTITY d.s.t.a
--> col b#2 <- IDENTITY d.s.t.b
--> col c#2 <- IDENTITY d.s.t.c
--> col k <- IDENTITY d.s.u.k
--> col v <- IDENTITY d.s.u.v

-- case: COLUMNS over a star
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT max(COLUMNS(*)) FROM t
--> in d.s.t
--> col a <- AGGREGATION d.s.t.a
--> col b <- AGGREGATION d.s.t.b
--> col c <- AGGREGATION d.s.t.c

-- case: COLUMNS over a star without some
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT COLUMNS(* EXCLUDE (b)) + 1 FROM t
--> in d.s.t
--> col a <- TRANSFORMATION d.s.t.a
--> col c <- TRANSFORMATION d.s.t.c

-- case: COLUMNS by pattern, found anywhere in the name
-- dialect: duckdb
-- default: d.s
-- table: d.s.e (event_id, user_ID, seen_ts, name)
SELECT COLUMNS('_ts|id') FROM e
--> in d.s.e
--> col event_id <- IDENTITY d.s.e.event_id
--> col seen_ts <- IDENTITY d.s.e.seen_ts

-- case: COLUMNS by pattern, the alias filled in
-- dialect: duckdb
-- default: d.s
-- table: d.s.e (event_id, made_ts, seen_ts)
SELECT COLUMNS('(\w+)_ts') AS '\1_time' FROM e
--> in d.s.e
--> col made_time <- IDENTITY d.s.e.made_ts
--> col seen_time <- IDENTITY d.s.e.seen_ts

-- case: COLUMNS by list
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT COLUMNS(['c', 'a']) FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col c <- IDENTITY d.s.t.c

-- case: COLUMNS chosen by a computation is said to be unsupported
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT COLUMNS(lambda c: c LIKE 'a%'), b FROM t
--> in d.s.t
--> col b <- IDENTITY d.s.t.b
--> gap unsupported_expression

-- case: a filtered star is said to be unsupported
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT * LIKE 'a%', b FROM t
--> in d.s.t
--> col b <- IDENTITY d.s.t.b
--> gap unsupported_expression

-- case: a star over an unknown table
-- dialect: duckdb
-- default: d.s
SELECT *, a + 1 AS b FROM nowhere
--> in d.s.nowhere
--> col b <- TRANSFORMATION d.s.nowhere.a 0.7
--> gap unknown_table

-- case: a star over an unknown table, seen through
-- dialect: duckdb
-- default: d.s
WITH w AS (SELECT * EXCLUDE (z) RENAME (o AS n), y + 1 AS yy FROM nowhere) SELECT x, yy, n, z FROM w
--> in d.s.nowhere
--> col x <- IDENTITY d.s.nowhere.x 0.7
--> col yy <- TRANSFORMATION d.s.nowhere.y 0.7
--> col n <- IDENTITY d.s.nowhere.o 0.7
--> col z
--> gap unknown_column

-- case: COLUMNS over an unknown table
-- dialect: duckdb
-- default: d.s
SELECT COLUMNS('a') FROM nowhere
--> in d.s.nowhere
--> gap unknown_table

-- case: COLUMNS unpacked into the arguments of one call
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
SELECT coalesce(*COLUMNS('a|c')) AS first_, b FROM t
--> in d.s.t
--> col first_ <- TRANSFORMATION d.s.t.a, TRANSFORMATION d.s.t.c
--> col b <- IDENTITY d.s.t.b

-- case: a star over a join in brackets
-- dialect: mysql
-- default: s
-- table: s.t (a, b, c)
-- table: s.u (a, k, v)
SELECT x.* FROM (SELECT t.*, u.v AS extra FROM t JOIN u ON u.a = t.a) AS x WHERE x.extra > 0
--> in s.t
--> in s.u
--> col a <- IDENTITY s.t.a
--> col b <- IDENTITY s.t.b
--> col c <- IDENTITY s.t.c
--> col extra <- IDENTITY s.u.v
--> row FILTER s.u.v
--> row JOIN s.t.a
--> row JOIN s.u.a

-- case: a star beside the columns it has
-- dialect: bigquery
-- table: t (a, b)
SELECT *, b * 2 AS twice FROM t UNION ALL SELECT a, 0, b FROM t
--> in t
--> col a <- IDENTITY t.a
--> col b <- IDENTITY t.b
--> col twice <- TRANSFORMATION t.b

-- case: a star into a table
-- dialect: snowflake
-- default: D.S
-- table: D.S.T (A, B)
CREATE OR REPLACE TRANSIENT TABLE n AS SELECT s.* FROM (SELECT * FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) = 1) AS s
--> out D.S.N
--> in D.S.T
--> col A <- IDENTITY D.S.T.A
--> col B <- IDENTITY D.S.T.B
--> row FILTER D.S.T.A
--> row FILTER D.S.T.B
