-- table: p.d.events_yyyymmdd (day, name STRING, n)
-- default: p.d

-- case: all shards
-- dialect: bigquery
SELECT name, sum(n) AS s FROM `p.d.events_*` WHERE _TABLE_SUFFIX > '2020' GROUP BY name
--> in p.d.events_yyyymmdd
--> col name <- IDENTITY p.d.events_yyyymmdd.name
--> col s <- AGGREGATION p.d.events_yyyymmdd.n
--> row GROUP_BY p.d.events_yyyymmdd.name

-- case: one shard
-- dialect: bigquery
SELECT n + 1 AS m FROM events_20200131
--> in p.d.events_yyyymmdd
--> col m <- TRANSFORMATION p.d.events_yyyymmdd.n

-- case: a written shard
-- dialect: bigquery
INSERT INTO d.out_20200101 (x) SELECT n FROM `d.events_202001*`
--> out p.d.out_yyyymmdd
--> in p.d.events_yyyymmdd
--> col x <- IDENTITY p.d.events_yyyymmdd.n

-- case: a pattern of files
-- dialect: duckdb
-- default: d.s
-- not run: there are no such files
SELECT a, count(*) AS n FROM 'logs/*.parquet' GROUP BY a
--> col a
--> col n
--> gap file_source

-- case: a pattern of files that a binding names
-- dialect: duckdb
-- default: d.s
-- not run: there are no such files
-- table: lake.raw.logs (a, b)
-- bind: logs/*.parquet = lake.raw.logs
SELECT max(b) AS top FROM 'logs/*.parquet' WHERE a > 1
--> in lake.raw.logs
--> col top <- AGGREGATION lake.raw.logs.b
--> row FILTER lake.raw.logs.a

-- case: a folder of files
-- dialect: spark
SELECT a AS x FROM parquet.`/lake/logs/*`
--> col x
--> gap file_source

-- case: many tables by a pattern
-- dialect: clickhouse
-- default: s
SELECT a FROM merge('s', '^events_')
--> col a
--> gap file_source
