CREATE SCHEMA shop;
COMMENT ON SCHEMA shop IS 'What is sold, and to whom.';
CREATE SCHEMA mart;
CREATE SCHEMA empty_one;

CREATE TYPE shop.state AS ENUM ('new', 'paid', 'sent');
CREATE DOMAIN shop.email AS text CHECK (VALUE LIKE '%@%');

CREATE TABLE shop.customers (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email shop.email NOT NULL UNIQUE,
  name varchar(80),
  joined timestamp with time zone DEFAULT now()
) WITH (autovacuum_enabled = off);
COMMENT ON TABLE shop.customers IS 'One row a customer.';
COMMENT ON COLUMN shop.customers.email IS 'As they gave it.';

CREATE TABLE shop.orders (
  id bigint,
  line smallint,
  customer integer REFERENCES shop.customers (id),
  state shop.state DEFAULT 'new',
  price numeric(10, 2),
  quantity integer,
  total numeric(12, 2) GENERATED ALWAYS AS (price * quantity) STORED,
  tags text[],
  PRIMARY KEY (id, line)
) WITH (autovacuum_enabled = off);

CREATE TABLE shop.visits (customer integer, day date NOT NULL, pages integer) PARTITION BY RANGE (day);
CREATE TABLE shop.visits_2025 PARTITION OF shop.visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE shop.visits_2026 PARTITION OF shop.visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE shop.visits_2025 SET (autovacuum_enabled = off);
ALTER TABLE shop.visits_2026 SET (autovacuum_enabled = off);

CREATE UNLOGGED TABLE shop.scratch ();
CREATE TABLE mart.refs (id bigint, line smallint, FOREIGN KEY (id, line) REFERENCES shop.orders);

CREATE VIEW mart.revenue AS
  SELECT c.name AS customer, sum(o.total) AS revenue, max(o.state) AS last_state
  FROM shop.orders o JOIN shop.customers c ON c.id = o.customer WHERE o.price > 0 GROUP BY c.name;
COMMENT ON VIEW mart.revenue IS 'What each customer brought.';
CREATE MATERIALIZED VIEW mart.best AS SELECT customer, revenue FROM mart.revenue WHERE revenue > 1;
CREATE VIEW mart.this_year AS SELECT customer, pages FROM shop.visits_2026;

CREATE FUNCTION mart.revenue_of(who integer) RETURNS numeric LANGUAGE sql STABLE
  AS 'select sum(total) from shop.orders where customer = who';
COMMENT ON FUNCTION mart.revenue_of(integer) IS 'What one customer brought.';
CREATE FUNCTION mart.revenue_of(who text) RETURNS numeric LANGUAGE sql STABLE SET search_path = mart, shop
  AS 'select revenue from revenue join customers c on c.name = revenue.customer where c.name = who';
CREATE PROCEDURE mart.forget(who integer) LANGUAGE sql
  BEGIN ATOMIC
    INSERT INTO mart.refs (id, line) SELECT orders.id, orders.line FROM shop.orders WHERE orders.customer = who;
  END;
CREATE FUNCTION mart.twice(n integer) RETURNS integer LANGUAGE sql RETURN n * 2;
CREATE FUNCTION shop.stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.joined := now();
  RETURN NEW;
END $$;

CREATE EXTENSION postgres_fdw;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'elsewhere.example', dbname 'stock');
CREATE FOREIGN TABLE mart.stock (sku text, amount integer) SERVER elsewhere OPTIONS (table_name 'stock');

INSERT INTO shop.customers (email, name)
  SELECT 'c' || n || '@shop.example', CASE WHEN n % 4 > 0 THEN 'Name ' || n % 3 END FROM generate_series(1, 40) n;
INSERT INTO shop.orders (id, line, customer, price, quantity)
  SELECT n, 1, n % 40 + 1, n, 2 FROM generate_series(1, 45) n;
INSERT INTO shop.visits SELECT 1, date '2025-12-31' + n, n FROM generate_series(0, 9) n;
