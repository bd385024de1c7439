-- table: l (id, k, x)
-- table: r (id, k, y)

-- case: USING
-- dialect: postgres
SELECT id, x, y FROM l JOIN r USING (id)
--> in l
--> in r
--> col id <- IDENTITY l.id
--> col x <- IDENTITY l.x
--> col y <- IDENTITY r.y
--> row JOIN l.id
--> row JOIN r.id

-- case: a full join takes either
-- dialect: trino
SELECT id, k FROM l FULL JOIN r USING (id, k)
--> in l
--> in r
--> col id <- IDENTITY l.id, IDENTITY r.id
--> col k <- IDENTITY l.k, IDENTITY r.k
--> row JOIN l.id
--> row JOIN l.k
--> row JOIN r.id
--> row JOIN r.k

-- case: NATURAL
-- dialect: mysql
SELECT id, k, y FROM l NATURAL JOIN r
--> in l
--> in r
--> col id <- IDENTITY l.id
--> col k <- IDENTITY l.k
--> col y <- IDENTITY r.y
--> row JOIN l.id
--> row JOIN l.k
--> row JOIN r.id
--> row JOIN r.k

-- case: NATURAL LEFT with a star
-- dialect: sqlite
SELECT * FROM l NATURAL LEFT JOIN r
--> in l
--> in r
--> col id <- IDENTITY l.id
--> col k <- IDENTITY l.k
--> col x <- IDENTITY l.x
--> col y <- IDENTITY r.y
--> row JOIN l.id
--> row JOIN l.k
--> row JOIN r.id
--> row JOIN r.k

-- case: a right join takes the right
-- dialect: snowflake
SELECT k FROM l RIGHT JOIN r USING (k)
--> in l
--> in r
--> col k <- IDENTITY r.k
--> row JOIN l.k
--> row JOIN r.k

-- case: three tables
-- dialect: spark
-- table: m (id, z)
SELECT id, x + y + z AS s FROM l JOIN r USING (id) JOIN m USING (id)
--> in l
--> in m
--> in r
--> col id <- IDENTITY l.id
--> col s <- TRANSFORMATION l.x, TRANSFORMATION m.z, TRANSFORMATION r.y
--> row JOIN l.id
--> row JOIN m.id
--> row JOIN r.id

-- case: a semi join
-- dialect: hive
SELECT l.x FROM l LEFT SEMI JOIN r ON l.id = r.id AND r.y > 1
--> in l
--> in r
--> col x <- IDENTITY l.x
--> row JOIN l.id
--> row JOIN r.id
--> row JOIN r.y

-- case: the old outer join
-- dialect: oracle
SELECT l.x, r.y FROM l, r WHERE l.id = r.id(+)
--> in l
--> in r
--> col x <- IDENTITY l.x
--> col y <- IDENTITY r.y
--> row FILTER l.id
--> row FILTER r.id

-- case: CROSS APPLY
-- dialect: tsql
SELECT l.x, q.y FROM l CROSS APPLY (SELECT TOP 1 r.y FROM r WHERE r.id = l.id ORDER BY r.k) AS q
--> in l
--> in r
--> col x <- IDENTITY l.x
--> col y <- IDENTITY r.y
--> row FILTER l.id
--> row FILTER r.id
--> row SORT r.k

-- case: an ASOF join
-- dialect: snowflake
SELECT l.x, r.y FROM l ASOF JOIN r MATCH_CONDITION (l.k >= r.k) ON l.id = r.id
--> in l
--> in r
--> col x <- IDENTITY l.x
--> col y <- IDENTITY r.y
--> row JOIN l.id
--> row JOIN l.k
--> row JOIN r.id
--> row JOIN r.k

-- case: LATERAL
-- dialect: postgres
SELECT l.id, q.m FROM l LEFT JOIN LATERAL (SELECT max(r.y) AS m FROM r WHERE r.id = l.id) AS q ON TRUE
--> in l
--> in r
--> col id <- IDENTITY l.id
--> col m <- AGGREGATION r.y
--> row FILTER l.id
--> row FILTER r.id
