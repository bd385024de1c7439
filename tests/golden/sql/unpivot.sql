-- table: w (id, a, b, c, d)

-- case: two columns into one
-- dialect: snowflake
SELECT * FROM w UNPIVOT (v FOR k IN (a, b))
--> in w
--> col id <- IDENTITY w.id
--> col c <- IDENTITY w.c
--> col d <- IDENTITY w.d
--> col K
--> col V <- IDENTITY w.a, IDENTITY w.b
--> row FILTER w.a presence
--> row FILTER w.b presence

-- case: values first
-- dialect: tsql
SELECT id, v * 2 AS v2, k FROM w UNPIVOT (v FOR k IN (c, d)) AS p WHERE v > 0
--> in w
--> col id <- IDENTITY w.id
--> col v2 <- TRANSFORMATION w.c, TRANSFORMATION w.d
--> col k
--> row FILTER w.c
--> row FILTER w.d

-- case: groups of columns
-- dialect: bigquery
SELECT * FROM w UNPIVOT ((x, y) FOR k IN ((a, b) AS 'first', (c, d) AS 'second'))
--> in w
--> col id <- IDENTITY w.id
--> col x <- IDENTITY w.a, IDENTITY w.c
--> col y <- IDENTITY w.b, IDENTITY w.d
--> col k
--> row FILTER w.a presence
--> row FILTER w.b presence
--> row FILTER w.c presence
--> row FILTER w.d presence

-- case: as a statement
-- dialect: duckdb
-- default: d.s
-- table: d.s.x (id, a, b)
UNPIVOT x ON a, b INTO NAME k VALUE v
--> in d.s.x
--> col id <- IDENTITY d.s.x.id
--> col k
--> col v <- IDENTITY d.s.x.a, IDENTITY d.s.x.b
--> row FILTER d.s.x.a presence
--> row FILTER d.s.x.b presence

-- case: with nulls
-- dialect: databricks
SELECT k, v FROM w UNPIVOT INCLUDE NULLS (v FOR k IN (a, d))
--> in w
--> col k
--> col v <- IDENTITY w.a, IDENTITY w.d

-- case: grouped afterwards
-- dialect: oracle
SELECT k, sum(v) AS total FROM w UNPIVOT (v FOR k IN (b, c, d)) GROUP BY k
--> in w
--> col K
--> col TOTAL <- AGGREGATION w.b, AGGREGATION w.c, AGGREGATION w.d
--> row FILTER w.b presence
--> row FILTER w.c presence
--> row FILTER w.d presence
