-- case: CREATE VIEW
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
CREATE OR REPLACE VIEW v AS SELECT a, sum(b) AS s FROM t GROUP BY a
--> out d.s.v
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col s <- AGGREGATION d.s.t.b
--> row GROUP_BY d.s.t.a

-- case: CREATE VIEW with column names
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
CREATE VIEW x.v (one, two) AS SELECT a, b FROM t
--> out d.x.v
--> in d.s.t
--> col one <- IDENTITY d.s.t.a
--> col two <- IDENTITY d.s.t.b

-- case: CREATE MATERIALIZED VIEW
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
CREATE MATERIALIZED VIEW v AS SELECT a FROM t
--> out d.s.v
--> in d.s.t
--> col a <- IDENTITY d.s.t.a

-- case: CREATE TABLE AS
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
CREATE TABLE n AS FROM t SELECT a, c AS d WHERE b > 1
--> out d.s.n
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col d <- IDENTITY d.s.t.c
--> row FILTER d.s.t.b

-- case: CREATE TABLE without a query makes columns of nothing
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
CREATE TABLE n (a INT)
--> out d.s.n

-- case: SELECT INTO
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
SELECT a INTO n FROM t
--> out d.s.n
--> in d.s.t
--> col a <- IDENTITY d.s.t.a

-- case: INSERT with a column list
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
INSERT INTO u (v, K) SELECT a, b FROM t
--> out d.s.u
--> in d.s.t
--> col v <- IDENTITY d.s.t.a
--> col k <- IDENTITY d.s.t.b

-- case: INSERT without a column list maps by position
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
INSERT INTO u SELECT c, b, a FROM t
--> out d.s.u
--> in d.s.t
--> col a <- IDENTITY d.s.t.c
--> col k <- IDENTITY d.s.t.b
--> col v <- IDENTITY d.s.t.a

-- case: INSERT BY NAME
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
INSERT INTO u BY NAME SELECT a, b AS V FROM t
--> out d.s.u
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col v <- IDENTITY d.s.t.b

-- case: INSERT with a CTE in front
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
WITH w AS (SELECT b FROM t) INSERT INTO u (k) SELECT b FROM w
--> out d.s.u
--> in d.s.t
--> col k <- IDENTITY d.s.t.b

-- case: INSERT of values
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
INSERT INTO u (a, k) VALUES (1, (SELECT max(b) FROM t))
--> out d.s.u
--> in d.s.t
--> col a
--> col k <- AGGREGATION d.s.t.b

-- case: INSERT into an unknown table
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
INSERT INTO nowhere SELECT a, b AS x FROM t
--> out d.s.nowhere
--> in d.s.t
--> col a <- IDENTITY d.s.t.a 0.4
--> col x <- IDENTITY d.s.t.b 0.4
--> gap unknown_target

-- case: INSERT of too many values
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
INSERT INTO u (a) SELECT a, b FROM t
--> out d.s.u
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> gap column_count

-- case: INSERT into a column that is not there
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
INSERT INTO u (zz) SELECT a FROM t
--> out d.s.u
--> in d.s.t
--> col zz <- IDENTITY d.s.t.a
--> gap unknown_column

-- case: INSERT that reads its own target
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
INSERT INTO t SELECT a, k, v FROM u WHERE a > (SELECT max(a) FROM t)
--> out d.s.t
--> in d.s.t
--> in d.s.u
--> col a <- IDENTITY d.s.u.a
--> col b <- IDENTITY d.s.u.k
--> col c <- IDENTITY d.s.u.v
--> row FILTER d.s.t presence
--> row FILTER d.s.t.a
--> row FILTER d.s.u.a

-- case: INSERT ON CONFLICT
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
INSERT INTO u (a, k) SELECT a, b FROM t ON CONFLICT (a) DO UPDATE SET k = excluded.k
--> out d.s.u
--> in d.s.t
--> col a <- IDENTITY d.s.t.a
--> col k <- IDENTITY d.s.t.b

-- case: UPDATE of one column
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
UPDATE t SET a = b
--> out d.s.t
--> in d.s.t
--> col a <- IDENTITY d.s.t.b

-- case: a data-changing CTE is said to be unsupported
-- dialect: postgres
-- default: d.s
-- table: d.s.t (a, b, c)
-- table: d.s.u (a, k, v)
WITH w AS (DELETE FROM t RETURNING a) SELECT a FROM w
--> col a
--> gap unsupported_query

-- case: a secure view with comments on its columns
-- dialect: snowflake
-- default: D.S
-- table: D.S.T (A, B)
CREATE OR REPLACE SECURE VIEW v (one COMMENT 'first', two COMMENT 'second') AS SELECT a, b FROM t
--> out D.S.V
--> in D.S.T
--> col ONE <- IDENTITY D.S.T.A
--> col TWO <- IDENTITY D.S.T.B

-- case: a materialized view that writes elsewhere
-- dialect: clickhouse
-- default: s
-- table: s.t (a, b)
-- table: s.sums (a, total)
CREATE MATERIALIZED VIEW v TO sums AS SELECT a, sum(b) AS total FROM t GROUP BY a
--> out s.sums
--> in s.t
--> col a <- IDENTITY s.t.a
--> col total <- AGGREGATION s.t.b
--> row GROUP_BY s.t.a

-- case: INSERT IGNORE
-- dialect: mysql
-- default: s
-- table: s.t (a, b)
-- table: s.u (k, v)
INSERT IGNORE INTO t (b, a) SELECT k, MAX(v) FROM u GROUP BY k
--> out s.t
--> in s.u
--> col b <- IDENTITY s.u.k
--> col a <- AGGREGATION s.u.v
--> row GROUP_BY s.u.k

-- case: a temporary view
-- dialect: spark
-- default: s
-- table: s.t (a, b)
CREATE OR REPLACE TEMPORARY VIEW v AS SELECT a AS x, b FROM t WHERE b IS NOT NULL
--> out s.v
--> in s.t
--> col x <- IDENTITY s.t.a
--> col b <- IDENTITY s.t.b
--> row FILTER s.t.b presence
