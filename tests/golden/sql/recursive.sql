-- table: emp (id, boss, name VARCHAR, pay)

-- case: a path of names
-- dialect: postgres
WITH RECURSIVE up(id, path) AS (SELECT id, name FROM emp WHERE boss IS NULL UNION ALL SELECT e.id, up.path || e.name FROM emp e JOIN up ON e.boss = up.id) SELECT path FROM up
--> in emp
--> col path <- TRANSFORMATION emp.name
--> row FILTER emp.boss presence
--> row JOIN emp.boss
--> row JOIN emp.id

-- case: without the word
-- dialect: tsql
WITH up AS (SELECT id, pay AS total FROM emp WHERE boss = 0 UNION ALL SELECT e.id, e.pay + up.total FROM emp AS e INNER JOIN up ON up.id = e.boss) SELECT max(total) AS most FROM up
--> in emp
--> col most <- AGGREGATION emp.pay
--> row FILTER emp.boss
--> row JOIN emp.boss
--> row JOIN emp.id

-- case: CONNECT BY
-- dialect: oracle
SELECT name, LEVEL AS depth FROM emp START WITH boss IS NULL CONNECT BY PRIOR id = boss
--> in emp
--> col name <- IDENTITY emp.name
--> col DEPTH
--> row FILTER emp.boss presence
--> row JOIN emp.boss
--> row JOIN emp.id

-- case: a counter joined
-- dialect: snowflake
WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 9) SELECT e.pay * n.x AS p FROM emp AS e CROSS JOIN n
--> in emp
--> col P <- TRANSFORMATION emp.pay

-- case: UNION without ALL
-- dialect: sqlite
WITH RECURSIVE r(x) AS (SELECT boss FROM emp UNION SELECT emp.boss FROM emp, r WHERE emp.id = r.x) SELECT x FROM r ORDER BY x
--> in emp
--> col x <- IDENTITY emp.boss
--> row FILTER emp.boss
--> row FILTER emp.id
--> row GROUP_BY emp.boss
--> row SORT emp.boss

-- case: in a view
-- dialect: mysql
CREATE VIEW chain AS WITH RECURSIVE c AS (SELECT id, boss FROM emp UNION ALL SELECT c.id, e.boss FROM c JOIN emp AS e ON e.id = c.boss) SELECT * FROM c
--> out chain
--> in emp
--> col id <- IDENTITY emp.id
--> col boss <- IDENTITY emp.boss
--> row JOIN emp.boss
--> row JOIN emp.id
