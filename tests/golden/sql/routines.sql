-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: a procedure of T-SQL
-- dialect: tsql
-- script: its statements
CREATE PROCEDURE dbo.p @n INT AS
BEGIN
  SET NOCOUNT ON;
  SELECT i, a INTO #x FROM t WHERE k = @n;
  IF @n > 1
  BEGIN
    UPDATE u SET u.b = x.a FROM u JOIN #x x ON x.i = u.i;
  END
  DELETE FROM u WHERE a < 0;
END
--> # SELECT INTO
--> out #x
--> in t
--> col i <- IDENTITY t.i
--> col a <- IDENTITY t.a
--> row FILTER t.k
--> # UPDATE
--> out u
--> in t
--> in u
--> col b <- IDENTITY t.a
--> row FILTER t.k
--> row JOIN t.i
--> row JOIN u.i
--> # DELETE
--> out u
--> in u
--> row FILTER u.a

-- case: T-SQL without semicolons
-- dialect: tsql
-- script: its statements
CREATE PROC p AS
BEGIN
  INSERT INTO u (i, a)
  SELECT i, b FROM t
  UPDATE t SET a = 0 WHERE k = 1
  DELETE FROM u WHERE i = 2
END
--> # INSERT
--> out u
--> in t
--> col i <- IDENTITY t.i
--> col a <- IDENTITY t.b
--> # UPDATE
--> out t
--> in t
--> col a
--> row FILTER t.k
--> # DELETE
--> out u
--> in u
--> row FILTER u.i

-- case: Snowflake scripting in a string
-- dialect: snowflake
-- script: its statements
CREATE OR REPLACE PROCEDURE p() RETURNS INT LANGUAGE SQL AS $$
DECLARE n INT;
BEGIN
  CREATE TEMPORARY TABLE w AS SELECT i, b FROM t;
  IF (n > 1) THEN
    INSERT INTO u (i, b) SELECT i, b FROM w;
  END IF;
  RETURN 1;
END;
$$
--> # CREATE TABLE
--> out W
--> in t
--> col i <- IDENTITY t.i
--> col b <- IDENTITY t.b
--> # INSERT
--> out u
--> in t
--> col i <- IDENTITY t.i
--> col b <- IDENTITY t.b

-- case: PL/pgSQL
-- dialect: postgres
-- script: its statements
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$
DECLARE m integer;
BEGIN
  SELECT max(a) INTO m FROM t;
  FOR r IN SELECT i, c FROM t WHERE k > 1 LOOP
    UPDATE u SET c = 'x' WHERE u.i = 1;
  END LOOP;
  EXECUTE 'DELETE FROM ' || m;
END
$$
--> # SELECT
--> in t
--> col max <- AGGREGATION t.a
--> # SELECT
--> in t
--> col i <- IDENTITY t.i
--> col c <- IDENTITY t.c
--> row FILTER t.k
--> # UPDATE
--> out u
--> in u
--> col c
--> row FILTER u.i
--> # CREATE FUNCTION
--> gap dynamic_sql

-- case: a function that is one query
-- dialect: bigquery
CREATE TABLE FUNCTION f(n INT64) AS SELECT a, c FROM t WHERE k = 1
--> in t
--> col a <- IDENTITY t.a
--> col c <- IDENTITY t.c
--> row FILTER t.k

-- case: a body in another language
-- dialect: snowflake
CREATE FUNCTION f(x INT) RETURNS INT LANGUAGE PYTHON AS $$ def f(x): return x $$
--> gap routine

-- case: DO
-- dialect: postgres
DO $$ BEGIN INSERT INTO u (a) SELECT k FROM t; END $$
--> out u
--> in t
--> col a <- IDENTITY t.k

-- case: a call
-- dialect: redshift
CALL refresh_all(1)
--> gap routine

-- case: a block of its own
-- dialect: snowflake
-- script: its statements
BEGIN
  LET n := 1;
  DELETE FROM u WHERE i = 1;
  INSERT INTO u (i) SELECT k FROM t;
END;
--> # DELETE
--> out u
--> in u
--> row FILTER u.i
--> # INSERT
--> out u
--> in t
--> col i <- IDENTITY t.k
