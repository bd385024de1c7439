CREATE TABLE customers (id INTEGER PRIMARY KEY, "full name" TEXT NOT NULL, email VARCHAR(80) UNIQUE);
CREATE TABLE orders (
  number TEXT,
  line INT,
  customer REFERENCES customers,
  amount REAL NOT NULL,
  gross REAL GENERATED ALWAYS AS (amount * 1.2),
  cents INT AS (amount * 100) STORED,
  PRIMARY KEY (number, line),
  FOREIGN KEY (customer) REFERENCES CUSTOMERS (ID)
) WITHOUT ROWID;
CREATE INDEX by_customer ON orders (customer, lower(number)) WHERE amount > 0;
CREATE UNIQUE INDEX by_line ON orders (line, number);
CREATE TABLE strict_ones (a INT) STRICT;
CREATE TABLE "a.b" (x);
CREATE TABLE "q""uo'te 🦆 (v),%" (x);
CREATE VIEW spent AS SELECT c.id, "full name", sum(o.amount) AS total FROM customers c JOIN orders o ON o.customer = c.id GROUP BY 1, 2;
CREATE VIEW dotted AS SELECT x FROM "a.b";
CREATE VIEW broken AS SELECT z FROM gone;
CREATE VIRTUAL TABLE notes USING fts5(body, title);
INSERT INTO customers VALUES (1, 'Ada', NULL), (2, 'Grace', 'grace@example.com');
INSERT INTO orders (number, line, customer, amount) VALUES ('A1', 1, 1, 9.5);
