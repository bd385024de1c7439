-- table: n (id, s STRUCT<x INT64, y STRUCT<z INT64, w STRING>>, xs ARRAY<STRUCT<p INT64, q STRING>>)

-- case: fields of fields
-- dialect: bigquery
SELECT s.x, n.s.y.z AS deep, s.y FROM n
--> in n
--> col x <- TRANSFORMATION n.s at x
--> col deep <- TRANSFORMATION n.s at y.z
--> col y <- TRANSFORMATION n.s at y

-- case: a path through a CTE
-- dialect: spark
WITH w AS (SELECT s.y AS part FROM n) SELECT part.w FROM w WHERE part.z > 2
--> in n
--> col w <- TRANSFORMATION n.s at y.w
--> row FILTER n.s

-- case: the star of a struct
-- dialect: bigquery
SELECT id, s.* FROM n
--> in n
--> col id <- IDENTITY n.id
--> col x <- TRANSFORMATION n.s at x
--> col y <- TRANSFORMATION n.s at y

-- case: the star of a struct but one field
-- dialect: bigquery
SELECT n.s.y.* EXCEPT (z) FROM n
--> in n
--> col w <- TRANSFORMATION n.s at y.w

-- case: an element of a list
-- dialect: trino
SELECT xs[1].p AS first, element_at(xs, 2) AS second FROM n
--> in n
--> col first <- TRANSFORMATION n.xs at [0].p
--> col second <- TRANSFORMATION n.xs at [1]

-- case: a bracket and a computed key
-- dialect: databricks
SELECT s['x'] AS x, xs[id].q AS q FROM n
--> in n
--> col x <- TRANSFORMATION n.s at x
--> col q <- TRANSFORMATION n.id, TRANSFORMATION n.xs at [].q

-- case: two paths of one column
-- dialect: duckdb
SELECT s.x + s.y.z AS total, s FROM n
--> in n
--> col total <- TRANSFORMATION n.s at x|y.z
--> col s <- IDENTITY n.s

-- case: a path and the whole is the whole
-- dialect: hive
SELECT concat(s.x, s) AS both FROM n
--> in n
--> col both <- TRANSFORMATION n.s

-- case: brackets around a composite
-- dialect: postgres
SELECT (s).y.w AS w, (n.s).x FROM n
--> in n
--> col w <- TRANSFORMATION n.s at y.w
--> col x <- TRANSFORMATION n.s at x

-- case: made and taken apart
-- dialect: duckdb
SELECT r.one FROM (SELECT {'one': id, 'two': s.x} AS r FROM n) AS q
--> in n
--> col one <- TRANSFORMATION n.id, TRANSFORMATION n.s at x

-- case: a list of rows makes a column of each field
-- dialect: trino
-- table: o (id, items ARRAY(ROW(sku VARCHAR, n INTEGER)))
SELECT o.id, i.sku, i.n + 1 AS more FROM o CROSS JOIN UNNEST(o.items) AS i (sku, n)
--> in o
--> col id <- IDENTITY o.id
--> col sku <- TRANSFORMATION o.items at [].sku
--> col more <- TRANSFORMATION o.items at [].n

-- case: a list of structs without an alias
-- dialect: bigquery
SELECT id, q FROM n, UNNEST(n.xs) WHERE p > 1
--> in n
--> col id <- IDENTITY n.id
--> col q <- TRANSFORMATION n.xs at [].q
--> row FILTER n.xs
