-- table: j (id, d VARIANT, e VARCHAR)

-- case: colon paths
-- dialect: snowflake
SELECT d:a.b::string AS b, d:items[0].price AS p, d['k']['l'] AS l FROM j
--> in j
--> col B <- TRANSFORMATION j.d at a.b
--> col P <- TRANSFORMATION j.d at items[0].price
--> col L <- TRANSFORMATION j.d at k.l

-- case: arrows
-- dialect: postgres
SELECT d -> 'a' ->> 'b' AS b, (d -> 'c') -> 1 AS c FROM j WHERE d ->> 'ok' = 'yes'
--> in j
--> col b <- TRANSFORMATION j.d at a.b
--> col c <- TRANSFORMATION j.d at c[1]
--> row FILTER j.d

-- case: functions with a path
-- dialect: bigquery
SELECT JSON_VALUE(e, '$.a.b') AS b, JSON_EXTRACT_SCALAR(d, '$.c[0]') AS c FROM j
--> in j
--> col b <- TRANSFORMATION j.e at a.b
--> col c <- TRANSFORMATION j.d at c[0]

-- case: get_json_object
-- dialect: spark
SELECT get_json_object(e, '$.x.y') AS y, id FROM j
--> in j
--> col y <- TRANSFORMATION j.e at x.y
--> col id <- IDENTITY j.id

-- case: arrows with a path
-- dialect: mysql
SELECT d ->> '$.a' AS a, JSON_EXTRACT(e, '$.b') AS b FROM j
--> in j
--> col a <- TRANSFORMATION j.d at a
--> col b <- TRANSFORMATION j.e at b

-- case: json_extract_scalar
-- dialect: trino
SELECT json_extract_scalar(e, '$.k') || id AS k FROM j
--> in j
--> col k <- TRANSFORMATION j.e at k, TRANSFORMATION j.id

-- case: arrow and bracket
-- dialect: duckdb
SELECT d -> '$.a[2]' AS a, d ->> 'b' AS b FROM j
--> in j
--> col a <- TRANSFORMATION j.d at a[2]
--> col b <- TRANSFORMATION j.d at b

-- case: a path through a subquery
-- dialect: snowflake
SELECT o:city AS city FROM (SELECT d:address AS o FROM j) AS q
--> in j
--> col CITY <- TRANSFORMATION j.d at address.city

-- case: JSON_VALUE
-- dialect: tsql
SELECT JSON_VALUE(e, '$.n') AS n FROM j WHERE ISJSON(d) = 1
--> in j
--> col n <- TRANSFORMATION j.e at n
--> row FILTER j.d

-- case: OPENJSON with columns
-- dialect: tsql
SELECT j.id, o.n, o.m FROM j CROSS APPLY OPENJSON(j.e) WITH (n INT '$.x.n', m VARCHAR(9)) AS o
--> in j
--> col id <- IDENTITY j.id
--> col n <- TRANSFORMATION j.e at x.n
--> col m <- TRANSFORMATION j.e at m

-- case: JSON_TABLE
-- dialect: mysql
SELECT r.n FROM j, JSON_TABLE(j.d, '$.list[*]' COLUMNS (n INT PATH '$.n', o FOR ORDINALITY)) AS r
--> in j
--> col n <- TRANSFORMATION j.d at list[*].n

-- case: JSON_TABLE with a bare path
-- dialect: oracle
SELECT x.m FROM j, JSON_TABLE(e, '$' COLUMNS (m NUMBER PATH '$.m')) x
--> in j
--> col M <- TRANSFORMATION j.e at m

-- case: json_extract
-- dialect: sqlite
SELECT json_extract(d, '$.q') AS q, e -> '$.r' AS r FROM j
--> in j
--> col q <- TRANSFORMATION j.d at q
--> col r <- TRANSFORMATION j.e at r
