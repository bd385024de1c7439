-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: temporary tables one through another
-- dialect: snowflake
-- script: three statements
CREATE TEMPORARY TABLE one AS SELECT i, a + b AS s FROM t;
CREATE TEMP TABLE two AS SELECT s * 2 AS d FROM one WHERE i > 1;
INSERT INTO u (a) SELECT d FROM two;
--> # CREATE TABLE
--> out ONE
--> in t
--> col i <- IDENTITY t.i
--> col S <- TRANSFORMATION t.a, TRANSFORMATION t.b
--> # CREATE TABLE
--> out TWO
--> in t
--> col D <- TRANSFORMATION t.a, TRANSFORMATION t.b
--> row FILTER t.i
--> # INSERT
--> out u
--> in t
--> col a <- TRANSFORMATION t.a, TRANSFORMATION t.b
--> row FILTER t.i

-- case: filled in two steps
-- dialect: tsql
-- script: four statements
CREATE TABLE #w (x INT, y INT);
INSERT INTO #w (x) SELECT a FROM t;
INSERT INTO #w (y) SELECT b FROM u;
SELECT x, y FROM #w;
--> # CREATE TABLE
--> out #w
--> # INSERT
--> out #w
--> in t
--> col x <- IDENTITY t.a
--> # INSERT
--> out #w
--> in u
--> col y <- IDENTITY u.b
--> # SELECT
--> in t
--> in u
--> col x <- IDENTITY t.a
--> col y <- IDENTITY u.b

-- case: a volatile table
-- dialect: teradata
-- script: two statements
CREATE VOLATILE TABLE v AS (SELECT c, max(a) AS m FROM t GROUP BY c) WITH DATA ON COMMIT PRESERVE ROWS;
SELECT m FROM v WHERE c = 'x';
--> # CREATE TABLE
--> out v
--> in t
--> col c <- IDENTITY t.c
--> col m <- AGGREGATION t.a
--> row GROUP_BY t.c
--> # SELECT
--> in t
--> col m <- AGGREGATION t.a
--> row FILTER t.c
--> row GROUP_BY t.c

-- case: built aside and renamed
-- dialect: postgres
-- script: four statements
CREATE TABLE u_new AS SELECT i, c FROM t;
ALTER TABLE u RENAME TO u_old;
ALTER TABLE u_new RENAME TO u;
SELECT * FROM u;
--> # CREATE TABLE
--> out u_new
--> in t
--> col i <- IDENTITY t.i
--> col c <- IDENTITY t.c
--> # RENAME
--> out u_old
--> in u
--> col i <- IDENTITY u.i
--> col a <- IDENTITY u.a
--> col b <- IDENTITY u.b
--> col c <- IDENTITY u.c
--> # RENAME
--> out u
--> in u_new
--> col i <- IDENTITY u_new.i
--> col c <- IDENTITY u_new.c
--> # SELECT
--> in u
--> col i <- IDENTITY u.i
--> col c <- IDENTITY u.c

-- case: a temporary table changed and renamed
-- dialect: duckdb
-- script: four statements
CREATE TEMP TABLE w AS SELECT i, a FROM t;
UPDATE w SET a = u.b FROM u WHERE u.i = w.i;
ALTER TABLE w RENAME TO w2;
SELECT a FROM w2;
--> # CREATE TABLE
--> out w
--> in t
--> col i <- IDENTITY t.i
--> col a <- IDENTITY t.a
--> # UPDATE
--> out w
--> in t
--> in u
--> col a <- IDENTITY u.b
--> row FILTER t.i
--> row FILTER u.i
--> # RENAME
--> out w2
--> in w
--> # SELECT
--> in t
--> in u
--> col a <- IDENTITY t.a, IDENTITY u.b
--> row FILTER t.i
--> row FILTER u.i

-- case: dropped and made anew
-- dialect: spark
-- script: three statements
DROP TABLE IF EXISTS u;
CREATE TABLE u AS SELECT k AS only FROM t;
SELECT * FROM u;
--> # DROP TABLE
--> out u
--> # CREATE TABLE
--> out u
--> in t
--> col only <- IDENTITY t.k
--> # SELECT
--> in u
--> col only <- IDENTITY u.only

-- case: USE changes what names mean
-- dialect: hive
-- table: one.x (p)
-- table: two.x (q)
-- default: .one
-- script: three statements
SELECT * FROM x;
USE two;
SELECT * FROM x;
--> # SELECT
--> in one.x
--> col p <- IDENTITY one.x.p
--> # USE
--> # SELECT
--> in two.x
--> col q <- IDENTITY two.x.q

-- case: a bad statement between good ones
-- dialect: bigquery
-- script: three statements
SELECT a FROM t; SELECT FROM FROM; SELECT b FROM u
--> # SELECT
--> in t
--> col a <- IDENTITY t.a
--> # 
--> gap parse_error
--> # SELECT
--> in u
--> col b <- IDENTITY u.b
