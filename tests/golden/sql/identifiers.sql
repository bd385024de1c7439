
-- case: unquoted names fold to upper case
-- dialect: snowflake
-- table: DB.S.ORDERS (ID, "x")
-- default: DB.S
SELECT id, Id AS "Id" FROM orders
--> in DB.S.ORDERS
--> col ID <- IDENTITY DB.S.ORDERS.ID
--> col Id <- IDENTITY DB.S.ORDERS.ID

-- case: quoted names are other names
-- dialect: snowflake
-- table: M (ID, id)
SELECT "id", ID FROM m
--> in M
--> col id <- IDENTITY M.id
--> col ID <- IDENTITY M.ID

-- case: unquoted names fold to lower case
-- dialect: postgres
-- table: public.orders (id, Total)
-- default: .public
SELECT ID, "Total" AS SUM FROM Orders
--> in public.orders
--> col id <- IDENTITY public.orders.id
--> col sum <- IDENTITY public.orders.Total

-- case: any case, spelt as the schema does
-- dialect: tsql
-- table: Shop.dbo.Orders (OrderId, Total)
-- default: Shop.dbo
SELECT ORDERID, [total] FROM [orders]
--> in Shop.dbo.Orders
--> col OrderId <- IDENTITY Shop.dbo.Orders.OrderId
--> col Total <- IDENTITY Shop.dbo.Orders.Total

-- case: a hyphen in backticks
-- dialect: bigquery
-- table: my-p.d.t (Id, V)
SELECT id, t.v FROM `my-p.d.t` AS t
--> in my-p.d.t
--> col Id <- IDENTITY my-p.d.t.Id
--> col V <- IDENTITY my-p.d.t.V

-- case: columns in any case, tables in theirs
-- dialect: mysql
-- table: shop.Orders (Id)
-- default: .shop
SELECT o.ID FROM Orders AS o WHERE o.id > 3
--> in shop.Orders
--> col Id <- IDENTITY shop.Orders.Id
--> row FILTER shop.Orders.Id

-- case: exact names
-- dialect: clickhouse
-- table: d.Hits (URL, url)
-- default: .d
SELECT url, URL FROM Hits
--> in d.Hits
--> col url <- IDENTITY d.Hits.url
--> col URL <- IDENTITY d.Hits.URL

-- case: upper case in Oracle
-- dialect: oracle
-- table: HR.EMP (ID, SAL)
-- default: .HR
SELECT e.sal * 12 AS yearly FROM emp e
--> in HR.EMP
--> col YEARLY <- TRANSFORMATION HR.EMP.SAL

-- case: three parts filled in
-- dialect: trino
-- table: hive.web.clicks (user_id)
-- default: hive.web
SELECT User_Id FROM clicks WHERE "user_id" <> 0
--> in hive.web.clicks
--> col user_id <- IDENTITY hive.web.clicks.user_id
--> row FILTER hive.web.clicks.user_id

-- case: another schema of the same database
-- dialect: redshift
-- table: dev.sales.list (Price)
-- default: dev.public
SELECT PRICE AS p FROM sales.list, other
--> in dev.public.other
--> in dev.sales.list
--> col p <- IDENTITY dev.sales.list.Price

-- case: brackets in any depth
-- dialect: sqlite
-- table: Main (A)
SELECT [a], "A" AS b, `A` AS c FROM main
--> in Main
--> col A <- IDENTITY Main.A
--> col b <- IDENTITY Main.A
--> col c <- IDENTITY Main.A

-- case: a column that a known schema lacks
-- dialect: teradata
-- table: d.t (x)
-- default: .d
SELECT X, missing FROM T
--> in d.t
--> col x <- IDENTITY d.t.x
--> col missing
--> gap unknown_column
