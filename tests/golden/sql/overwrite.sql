-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: a whole table
-- dialect: snowflake
INSERT OVERWRITE INTO u SELECT i, a, k, c FROM t
--> out u
--> in t
--> col i <- IDENTITY t.i
--> col a <- IDENTITY t.a
--> col b <- IDENTITY t.k
--> col c <- IDENTITY t.c

-- case: a static partition leaves its column out
-- dialect: hive
-- table: p (x, y, ds VARCHAR)
INSERT OVERWRITE TABLE p PARTITION (ds = '2026-01-01') SELECT a, b FROM t
--> out p
--> in t
--> col x <- IDENTITY t.a
--> col y <- IDENTITY t.b

-- case: a dynamic partition comes last
-- dialect: spark
-- table: p (ds VARCHAR, x, y)
INSERT OVERWRITE TABLE p PARTITION (ds) SELECT a, b, c FROM t
--> out p
--> in t
--> col x <- IDENTITY t.a
--> col y <- IDENTITY t.b
--> col ds <- IDENTITY t.c

-- case: listed columns
-- dialect: databricks
INSERT OVERWRITE u (c, a) SELECT c, max(a) FROM t GROUP BY 1
--> out u
--> in t
--> col c <- IDENTITY t.c
--> col a <- AGGREGATION t.a
--> row GROUP_BY t.c

-- case: several tables from one source
-- dialect: hive
-- table: p (x)
-- table: q (y)
-- script: two writes
FROM t INSERT OVERWRITE TABLE p SELECT a WHERE k = 1 INSERT INTO TABLE q SELECT b
--> # INSERT OVERWRITE
--> out p
--> in t
--> col x <- IDENTITY t.a
--> row FILTER t.k
--> # INSERT
--> out q
--> in t
--> col y <- IDENTITY t.b

-- case: INSERT ALL with conditions
-- dialect: snowflake
-- table: p (x)
-- table: q (x, y)
-- script: two writes
INSERT ALL WHEN n > 1 THEN INTO p (x) VALUES (n) ELSE INTO q (y) VALUES (m) SELECT a AS n, b AS m FROM t
--> # INSERT
--> out p
--> in t
--> col x <- IDENTITY t.a
--> row FILTER t.a
--> # INSERT
--> out q
--> in t
--> col y <- IDENTITY t.b

-- case: INSERT ALL as one answer
-- dialect: oracle
-- table: p (x)
-- table: q (x, y)
INSERT ALL INTO p (x) VALUES (n) INTO q (x, y) VALUES (m, n) SELECT a AS n, b AS m FROM t
--> out p
--> out q
--> in t
--> col x <- IDENTITY t.a
--> col x#2 <- IDENTITY t.b
--> col y <- IDENTITY t.a
--> gap several_outputs
