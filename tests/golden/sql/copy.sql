-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: from a stage
-- dialect: snowflake
COPY INTO t FROM @stage/x FILE_FORMAT = (TYPE = CSV)
--> out t
--> gap file_source

-- case: from a bound stage
-- dialect: snowflake
-- bind: @stage/x = lake.x
-- table: lake.x (p, q)
COPY INTO u (a, b) FROM @stage/x
--> out u
--> in lake.x
--> col a <- IDENTITY lake.x.p
--> col b <- IDENTITY lake.x.q

-- case: from standard input
-- dialect: postgres
COPY t (a, b) FROM STDIN
--> out t
--> gap file_source

-- case: a query to a file
-- dialect: postgres
COPY (SELECT a, upper(c) AS c FROM t WHERE k = 1) TO '/tmp/x.csv' WITH (FORMAT csv)
--> in t
--> col a <- IDENTITY t.a
--> col c <- TRANSFORMATION t.c
--> row FILTER t.k
--> gap file_target

-- case: a table to a bound file
-- dialect: duckdb
-- bind: out.parquet = lake.out
COPY u TO 'out.parquet' (FORMAT parquet)
--> out lake.out
--> in u
--> col i <- IDENTITY u.i
--> col a <- IDENTITY u.a
--> col b <- IDENTITY u.b
--> col c <- IDENTITY u.c

-- case: to a stage
-- dialect: snowflake
COPY INTO @stage/y FROM (SELECT i, b FROM t)
--> in t
--> col i <- IDENTITY t.i
--> col b <- IDENTITY t.b
--> gap file_target

-- case: UNLOAD
-- dialect: redshift
-- bind: s3://lake/t = lake.t
UNLOAD ('SELECT a, b FROM t WHERE c = ''x''') TO 's3://lake/t' FORMAT PARQUET
--> out lake.t
--> in t
--> col a <- IDENTITY t.a
--> col b <- IDENTITY t.b
--> row FILTER t.c

-- case: EXPORT DATA
-- dialect: bigquery
EXPORT DATA OPTIONS (uri = 'gs://x/*.csv', format = 'CSV') AS SELECT k, a FROM t
--> in t
--> col k <- IDENTITY t.k
--> col a <- IDENTITY t.a
--> gap file_target
