-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: a new table
-- dialect: postgres
SELECT i, a + b AS s INTO fresh FROM t WHERE k = 2
--> out fresh
--> in t
--> col i <- IDENTITY t.i
--> col s <- TRANSFORMATION t.a, TRANSFORMATION t.b
--> row FILTER t.k

-- case: read through a temporary table
-- dialect: tsql
-- script: two statements
SELECT i, max(a) AS m INTO #x FROM t GROUP BY i
GO
INSERT INTO u (i, b) SELECT i, m FROM #x WHERE m > 3
--> # SELECT INTO
--> out #x
--> in t
--> col i <- IDENTITY t.i
--> col m <- AGGREGATION t.a
--> row GROUP_BY t.i
--> # INSERT
--> out u
--> in t
--> col i <- IDENTITY t.i
--> col b <- AGGREGATION t.a
--> row FILTER t.a
--> row GROUP_BY t.i

-- case: temporary by word
-- dialect: redshift
-- script: two statements
SELECT c INTO TEMP TABLE w FROM u;
SELECT count(*) AS n, c FROM w GROUP BY c;
--> # SELECT INTO
--> out w
--> in u
--> col c <- IDENTITY u.c
--> # SELECT
--> in u
--> col n
--> col c <- IDENTITY u.c
--> row GROUP_BY u.c
