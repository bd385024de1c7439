-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: update or insert
-- dialect: snowflake
MERGE INTO t USING u ON t.i = u.i WHEN MATCHED THEN UPDATE SET t.a = u.a, t.b = t.b + u.b WHEN NOT MATCHED THEN INSERT (i, a) VALUES (u.i, u.b)
--> out t
--> in t
--> in u
--> col a <- IDENTITY u.a, IDENTITY u.b
--> col b <- TRANSFORMATION t.b, TRANSFORMATION u.b
--> col i <- IDENTITY u.i
--> row JOIN t.i
--> row JOIN u.i

-- case: from a subquery, with conditions
-- dialect: bigquery
MERGE t AS x USING (SELECT i, sum(a) AS s FROM u GROUP BY i) AS y ON x.i = y.i WHEN MATCHED AND y.s > 5 THEN UPDATE SET a = y.s WHEN NOT MATCHED THEN INSERT (i, a) VALUES (y.i, y.s)
--> out t
--> in t
--> in u
--> col a <- AGGREGATION u.a
--> col i <- IDENTITY u.i
--> row FILTER u.a
--> row GROUP_BY u.i
--> row JOIN t.i
--> row JOIN u.i

-- case: columns named by USING
-- dialect: duckdb
MERGE INTO t USING u USING (i) WHEN MATCHED THEN UPDATE SET a = u.b
--> out t
--> in t
--> in u
--> col a <- IDENTITY u.b
--> row JOIN t.i
--> row JOIN u.i

-- case: stars by name
-- dialect: databricks
MERGE INTO t USING u ON t.i = u.i WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *
--> out t
--> in t
--> in u
--> col i <- IDENTITY u.i
--> col a <- IDENTITY u.a
--> col b <- IDENTITY u.b
--> col c <- IDENTITY u.c
--> row JOIN t.i
--> row JOIN u.i

-- case: INSERT ROW
-- dialect: bigquery
MERGE INTO t USING u ON t.i = u.i AND t.k = 0 WHEN NOT MATCHED THEN INSERT ROW
--> out t
--> in t
--> in u
--> col i <- IDENTITY u.i
--> col a <- IDENTITY u.a
--> col b <- IDENTITY u.b
--> col c <- IDENTITY u.c
--> row JOIN t.i
--> row JOIN t.k
--> row JOIN u.i

-- case: rows that the source does not have are deleted
-- dialect: tsql
MERGE t AS d USING u AS s ON d.i = s.i WHEN MATCHED THEN UPDATE SET d.c = s.c WHEN NOT MATCHED BY TARGET THEN INSERT (i, c) VALUES (s.i, s.c) WHEN NOT MATCHED BY SOURCE AND d.k > 2 THEN DELETE;
--> out t
--> in t
--> in u
--> col c <- IDENTITY u.c
--> col i <- IDENTITY u.i
--> row FILTER t.k
--> row JOIN t.i
--> row JOIN u.i

-- case: WHERE behind the assignments
-- dialect: oracle
MERGE INTO t USING u ON (t.i = u.i) WHEN MATCHED THEN UPDATE SET t.b = u.b WHERE u.a = 1 WHEN NOT MATCHED THEN INSERT (t.i, t.b) VALUES (u.i, 0)
--> out t
--> in t
--> in u
--> col b <- IDENTITY u.b
--> col i <- IDENTITY u.i
--> row FILTER u.a
--> row JOIN t.i
--> row JOIN u.i

-- case: nothing done where matched
-- dialect: postgres
MERGE INTO t USING (VALUES (1, 2)) AS v(x, y) ON t.i = v.x WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT (i, a) VALUES (v.x, v.y)
--> out t
--> in t
--> col i
--> col a
--> row JOIN t.i

-- case: values without a list of columns
-- dialect: duckdb
MERGE INTO u USING t ON u.i = t.i WHEN NOT MATCHED THEN INSERT VALUES (t.i, t.a, t.b + t.k, t.c)
--> out u
--> in t
--> in u
--> col i <- IDENTITY t.i
--> col a <- IDENTITY t.a
--> col b <- TRANSFORMATION t.b, TRANSFORMATION t.k
--> col c <- IDENTITY t.c
--> row JOIN t.i
--> row JOIN u.i

-- case: a target that no schema describes
-- dialect: spark
MERGE INTO fresh USING u ON fresh.id = u.i WHEN MATCHED THEN UPDATE SET fresh.x = u.a
--> out fresh
--> in fresh
--> in u
--> col x <- IDENTITY u.a
--> row JOIN fresh.id
--> row JOIN u.i

-- case: a CTE in front
-- dialect: tsql
WITH s AS (SELECT i, lower(c) AS c FROM u) MERGE INTO t USING s ON t.i = s.i WHEN MATCHED THEN UPDATE SET c = s.c;
--> out t
--> in t
--> in u
--> col c <- TRANSFORMATION u.c
--> row JOIN t.i
--> row JOIN u.i

-- case: only the deletion of matches
-- dialect: redshift
MERGE INTO t USING u ON t.i = u.i WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (i) VALUES (u.a)
--> out t
--> in t
--> in u
--> col i <- IDENTITY u.a
--> row JOIN t.i
--> row JOIN u.i

-- case: unlisted columns of the source
-- dialect: databricks
MERGE INTO t USING other ON t.i = other.i WHEN MATCHED THEN UPDATE SET *
--> out t
--> in other
--> in t
--> row JOIN other.i
--> row JOIN t.i
--> gap unknown_table
