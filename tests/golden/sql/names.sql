-- case: DuckDB folds case, the schema's spelling is kept
-- dialect: duckdb
-- default: nyc.main
-- table: nyc.raw.Flights (FlightNo, Carrier, dest)
SELECT FLIGHTNO, "carrier", f.Dest AS Dest FROM RAW.FLIGHTS AS f
--> in nyc.raw.Flights
--> col FlightNo <- IDENTITY nyc.raw.Flights.FlightNo
--> col Carrier <- IDENTITY nyc.raw.Flights.Carrier
--> col Dest <- IDENTITY nyc.raw.Flights.dest

-- case: PostgreSQL folds what is not quoted
-- dialect: postgres
-- default: d.s
-- table: d.s.t (id, Id)
SELECT Id, "Id", T.ID AS Total FROM T
--> in d.s.t
--> col id <- IDENTITY d.s.t.id
--> col Id <- IDENTITY d.s.t.Id
--> col total <- IDENTITY d.s.t.id

-- case: a quoted name must be exact in PostgreSQL
-- dialect: postgres
-- default: d.s
-- table: d.s.t (id)
SELECT "ID" FROM t
--> in d.s.t
--> col ID
--> gap unknown_column

-- case: a schema in another case still answers an unquoted name in PostgreSQL
-- dialect: postgres
-- default: d.s
-- table: d.s.Orders (OrderId)
SELECT orderid FROM orders
--> in d.s.Orders
--> col OrderId <- IDENTITY d.s.Orders.OrderId

-- case: short schema keys take the defaults
-- dialect: duckdb
-- default: d.s
-- table: t (a)
-- table: x.u (k)
SELECT t.a, u.k FROM t, x.u
--> in d.s.t
--> in d.x.u
--> col a <- IDENTITY d.s.t.a
--> col k <- IDENTITY d.x.u.k

-- case: a name without defaults finds the only table it can mean
-- not run: DuckDB needs a default schema
-- dialect: duckdb
-- table: d.s.t (a)
SELECT * FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a

-- case: a name without defaults that may mean two tables
-- dialect: duckdb
-- table: d.s.t (a)
-- table: d.x.t (a)
SELECT a FROM t
--> in t
--> col a <- IDENTITY t.a 0.7
--> gap ambiguous_table

-- case: a quoted name with a dot
-- not run: reads a table that is not there
-- dialect: duckdb
-- default: d.s
-- table: d.s.other (a)
SELECT "a.b" FROM "my.table"
--> in d.s.my.table
--> col a.b <- IDENTITY d.s.my.table.a.b 0.7

-- case: a keyed table of another schema does not answer
-- not run: reads a table that is not there
-- dialect: duckdb
-- default: d.s
-- table: d.raw.t (a)
SELECT a FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a 0.7

-- case: db.table without a schema between
-- dialect: duckdb
-- default: d.s
-- table: d.s.t (a)
SELECT a FROM d.t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a

-- case: a table listed without columns is an unknown one
-- dialect: duckdb
-- not run: reads a table that is not there
-- default: d.s
-- table: d.s.t ()
SELECT a FROM t
--> in d.s.t
--> col a <- IDENTITY d.s.t.a 0.7

-- case: Snowflake folds up what is not quoted
-- dialect: snowflake
-- default: D.S
-- table: D.S.T (ID, id)
SELECT id, "id" AS low, T.Id AS again FROM t
--> in D.S.T
--> col ID <- IDENTITY D.S.T.ID
--> col LOW <- IDENTITY D.S.T.id
--> col AGAIN <- IDENTITY D.S.T.ID

-- case: one quoted path in BigQuery, a project with dashes
-- dialect: bigquery
-- table: my-shop.d.t (a, B)
SELECT a, b FROM `my-shop.d.t`
--> in my-shop.d.t
--> col a <- IDENTITY my-shop.d.t.a
--> col B <- IDENTITY my-shop.d.t.B

-- case: MySQL's columns in any case, quoted or not
-- dialect: mysql
-- default: shop
-- table: shop.t (Id, Name)
SELECT ID, `name` FROM t WHERE `ID` > 1
--> in shop.t
--> col Id <- IDENTITY shop.t.Id
--> col Name <- IDENTITY shop.t.Name
--> row FILTER shop.t.Id

-- case: a schema left out between two dots
-- dialect: tsql
-- default: d.dbo
-- table: other.dbo.t (a)
SELECT [A] FROM other..[T]
--> in other.dbo.t
--> col a <- IDENTITY other.dbo.t.a
