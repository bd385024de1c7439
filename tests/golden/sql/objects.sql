-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: RENAME TO
-- dialect: postgres
ALTER TABLE u RENAME TO old_u
--> out old_u
--> in u
--> col i <- IDENTITY u.i
--> col a <- IDENTITY u.a
--> col b <- IDENTITY u.b
--> col c <- IDENTITY u.c

-- case: RENAME TABLE
-- dialect: mysql
-- table: x (p)
RENAME TABLE x TO y
--> out y
--> in x
--> col p <- IDENTITY x.p

-- case: names in quotes, several at once
-- dialect: mysql
-- script: each pair is told of
-- table: x to y, z (p)
RENAME TABLE `x to y, z` TO `to`, `to` TO w
--> # RENAME
--> out to
--> in x to y, z
--> col p <- IDENTITY x to y, z.p
--> # RENAME
--> out w
--> in to
--> col p <- IDENTITY to.p

-- case: sp_rename
-- dialect: tsql
-- table: x (p, q)
EXEC sp_rename 'x', 'y'
--> out y
--> in x
--> col p <- IDENTITY x.p
--> col q <- IDENTITY x.q

-- case: RENAME COLUMN
-- dialect: snowflake
ALTER TABLE u RENAME COLUMN a TO a2
--> out u
--> in u
--> col A2 <- IDENTITY u.a

-- case: a column is dropped
-- dialect: bigquery
-- script: the star behind knows it
ALTER TABLE u DROP COLUMN b;
SELECT * FROM u
--> # ALTER TABLE
--> out u
--> # SELECT
--> in u
--> col i <- IDENTITY u.i
--> col a <- IDENTITY u.a
--> col c <- IDENTITY u.c

-- case: a column is added
-- dialect: duckdb
-- table: x (p)
-- script: the star behind knows it
ALTER TABLE x ADD COLUMN q INTEGER;
SELECT x.* FROM x WHERE p > 1
--> # ALTER TABLE
--> out x
--> # SELECT
--> in x
--> col p <- IDENTITY x.p
--> col q <- IDENTITY x.q
--> row FILTER x.p

-- case: SWAP WITH
-- dialect: snowflake
-- table: x (p)
-- table: y (q)
-- script: each becomes the other
ALTER TABLE x SWAP WITH y;
SELECT q FROM x
--> # SWAP
--> out x
--> in y
--> col q <- IDENTITY y.q
--> # SWAP
--> out y
--> in x
--> col p <- IDENTITY x.p
--> # SELECT
--> in x
--> col q <- IDENTITY x.q

-- case: EXCHANGE TABLES
-- dialect: clickhouse
-- table: x (p)
-- table: y (p, q)
-- script: each becomes the other
EXCHANGE TABLES x AND y;
SELECT * FROM x LIMIT 3
--> # SWAP
--> out x
--> in y
--> col p <- IDENTITY y.p
--> col q <- IDENTITY y.q
--> # SWAP
--> out y
--> in x
--> col p <- IDENTITY x.p
--> # SELECT
--> in x
--> col p <- IDENTITY x.p
--> col q <- IDENTITY x.q

-- case: CLONE
-- dialect: snowflake
CREATE TABLE v CLONE u
--> out V
--> in u
--> col i <- IDENTITY u.i
--> col a <- IDENTITY u.a
--> col b <- IDENTITY u.b
--> col c <- IDENTITY u.c

-- case: SHALLOW CLONE
-- dialect: databricks
-- table: x (p)
CREATE OR REPLACE TABLE v SHALLOW CLONE x
--> out v
--> in x
--> col p <- IDENTITY x.p

-- case: COPY of a table
-- dialect: bigquery
-- table: x (p)
CREATE TABLE v COPY x
--> out v
--> in x
--> col p <- IDENTITY x.p

-- case: LIKE takes the columns and no data
-- dialect: redshift
-- script: the columns are known
CREATE TABLE v (LIKE u);
SELECT * FROM v
--> # CREATE TABLE
--> out v
--> # SELECT
--> in v
--> col i <- IDENTITY v.i
--> col a <- IDENTITY v.a
--> col b <- IDENTITY v.b
--> col c <- IDENTITY v.c

-- case: a table without its data
-- dialect: teradata
CREATE TABLE v AS u WITH NO DATA
--> out v

-- case: a table with its data
-- dialect: teradata
-- table: x (p)
CREATE TABLE v AS x WITH DATA
--> out v
--> in x
--> col p <- IDENTITY x.p

-- case: DROP TABLE
-- dialect: oracle
DROP TABLE u
--> out u

-- case: DROP VIEW IF EXISTS
-- dialect: trino
DROP VIEW IF EXISTS a.b.v
--> out a.b.v

-- case: TRUNCATE
-- dialect: tsql
TRUNCATE TABLE t
--> out t

-- case: APPEND FROM
-- dialect: redshift
-- table: x (p)
-- table: y (p)
ALTER TABLE x APPEND FROM y
--> out x
--> in y
--> col p <- IDENTITY y.p

-- case: a materialised view to a table
-- dialect: clickhouse
-- table: x (p)
CREATE MATERIALIZED VIEW mv TO x AS SELECT a AS p FROM t
--> out x
--> in t
--> col p <- IDENTITY t.a
