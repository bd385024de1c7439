-- table: s (id, m VARCHAR, a, b)

-- case: names of values and aliases
-- dialect: snowflake
SELECT * FROM s PIVOT (sum(a) FOR m IN ('x', 'y')) AS p (id, b, x, y)
--> in s
--> col ID <- IDENTITY s.id
--> col B <- IDENTITY s.b
--> col X <- AGGREGATION s.a, CONDITIONAL s.m
--> col Y <- AGGREGATION s.a, CONDITIONAL s.m
--> row GROUP_BY s.b
--> row GROUP_BY s.id

-- case: aggregates with aliases
-- dialect: bigquery
SELECT * FROM s PIVOT (sum(a) AS total, max(b) AS top FOR m IN ('x', 'y' AS z))
--> in s
--> col id <- IDENTITY s.id
--> col total_x <- AGGREGATION s.a, CONDITIONAL s.m
--> col top_x <- AGGREGATION s.b, CONDITIONAL s.m
--> col total_z <- AGGREGATION s.a, CONDITIONAL s.m
--> col top_z <- AGGREGATION s.b, CONDITIONAL s.m
--> row GROUP_BY s.id

-- case: of a subquery
-- dialect: spark
SELECT id, x + y AS both FROM (SELECT id, m, a * 2 AS v FROM s) PIVOT (avg(v) FOR m IN ('x', 'y'))
--> in s
--> col id <- IDENTITY s.id
--> col both <- AGGREGATION s.a, CONDITIONAL s.m
--> row GROUP_BY s.id

-- case: values in brackets
-- dialect: tsql
SELECT id, [x] FROM (SELECT id, m, a FROM s) AS q PIVOT (count(a) FOR m IN ([x], [y])) AS p
--> in s
--> col id <- IDENTITY s.id
--> col x <- AGGREGATION s.a presence, CONDITIONAL s.m
--> row GROUP_BY s.id

-- case: aliases of values and aggregate
-- dialect: oracle
SELECT x_s FROM s PIVOT (min(b) AS s FOR m IN ('x' AS x, 'y' AS y))
--> in s
--> col X_S <- AGGREGATION s.b, CONDITIONAL s.m
--> row GROUP_BY s.a
--> row GROUP_BY s.id

-- case: as a statement
-- dialect: duckdb
-- default: d.s
-- table: d.s.s (id, m VARCHAR, a, b)
PIVOT s ON m IN ('x', 'y') USING sum(a) AS t, max(b) GROUP BY id
--> in d.s.s
--> col id <- IDENTITY d.s.s.id
--> col x_t <- AGGREGATION d.s.s.a, CONDITIONAL d.s.s.m
--> col x_max(b) <- AGGREGATION d.s.s.b, CONDITIONAL d.s.s.m
--> col y_t <- AGGREGATION d.s.s.a, CONDITIONAL d.s.s.m
--> col y_max(b) <- AGGREGATION d.s.s.b, CONDITIONAL d.s.s.m
--> row GROUP_BY d.s.s.id

-- case: over values that only the data knows
-- dialect: duckdb
PIVOT s ON m USING sum(a)
--> in s
--> col id <- IDENTITY s.id
--> col b <- IDENTITY s.b
--> row GROUP_BY s.b
--> row GROUP_BY s.id
--> gap unsupported_query

-- case: ANY value
-- dialect: snowflake
SELECT id, w FROM s PIVOT (sum(b) FOR m IN (ANY)) AS p
--> in s
--> col id <- IDENTITY s.id
--> col W <- AGGREGATION s.b 0.7, CONDITIONAL s.m
--> row GROUP_BY s.a
--> row GROUP_BY s.id

-- case: filtered and joined afterwards
-- dialect: databricks
-- table: r (id, z)
SELECT r.z, p.x FROM s PIVOT (sum(a) FOR m IN ('x')) AS p JOIN r ON r.id = p.id WHERE p.x > 1
--> in r
--> in s
--> col z <- IDENTITY r.z
--> col x <- AGGREGATION s.a, CONDITIONAL s.m
--> row FILTER s.a
--> row FILTER s.m
--> row GROUP_BY s.b
--> row GROUP_BY s.id
--> row JOIN r.id
--> row JOIN s.id

-- case: by an IN list of redshift
-- dialect: redshift
SELECT y FROM (SELECT m, b FROM s) PIVOT (avg(b) FOR m IN ('x', 'y')) WHERE x IS NOT NULL
--> in s
--> col y <- AGGREGATION s.b, CONDITIONAL s.m
--> row FILTER s.b presence
--> row FILTER s.m presence

-- case: a pivot without an aggregate counts
-- dialect: duckdb
-- default: d.s
-- table: d.s.w (id, m VARCHAR)
PIVOT w ON m IN ('x', 'y')
--> in d.s.w
--> col id <- IDENTITY d.s.w.id
--> col x <- CONDITIONAL d.s.w.m
--> col y <- CONDITIONAL d.s.w.m
--> row GROUP_BY d.s.w.id
