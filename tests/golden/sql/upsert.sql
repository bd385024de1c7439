-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: the row that could not be inserted
-- dialect: postgres
INSERT INTO t (i, a, b) SELECT i, a, b FROM u ON CONFLICT (i) DO UPDATE SET a = excluded.a + t.a, b = t.k
--> out t
--> in t
--> in u
--> col i <- IDENTITY u.i
--> col a <- TRANSFORMATION t.a, TRANSFORMATION u.a
--> col b <- IDENTITY t.k, IDENTITY u.b

-- case: with a condition
-- dialect: sqlite
INSERT INTO t (i, c) SELECT i, c FROM u WHERE true ON CONFLICT (i) DO UPDATE SET c = excluded.c WHERE t.k < 5
--> out t
--> in t
--> in u
--> col i <- IDENTITY u.i
--> col c <- IDENTITY u.c
--> row FILTER t.k

-- case: nothing done
-- dialect: duckdb
INSERT INTO t (i, a) SELECT b, sum(a) FROM u GROUP BY b ON CONFLICT DO NOTHING
--> out t
--> in u
--> col i <- IDENTITY u.b
--> col a <- AGGREGATION u.a
--> row GROUP_BY u.b

-- case: VALUES of a column
-- dialect: mysql
INSERT INTO t (i, a) SELECT i, b FROM u ON DUPLICATE KEY UPDATE a = VALUES(a) * 2, k = VALUES(i)
--> out t
--> in u
--> col i <- IDENTITY u.i
--> col a <- TRANSFORMATION u.b
--> col k <- IDENTITY u.i

-- case: columns of the query
-- dialect: mysql
INSERT INTO t (i, a) SELECT u.i, u.a FROM u ON DUPLICATE KEY UPDATE c = u.c
--> out t
--> in u
--> col i <- IDENTITY u.i
--> col a <- IDENTITY u.a
--> col c <- IDENTITY u.c

-- case: a target under an alias
-- dialect: postgres
INSERT INTO t AS old (i, a) VALUES (1, 2) ON CONFLICT (i) DO UPDATE SET a = old.a + 1
--> out t
--> in t
--> col i
--> col a <- TRANSFORMATION t.a

-- case: OR REPLACE
-- dialect: sqlite
INSERT OR REPLACE INTO u SELECT i, a, b, c FROM t
--> out u
--> in t
--> col i <- IDENTITY t.i
--> col a <- IDENTITY t.a
--> col b <- IDENTITY t.b
--> col c <- IDENTITY t.c
