-- A small shop: keys, comments, views in two schemas, and names that need care.
create schema "eu, (north)";
create table customers (id integer primary key, "e.mail" varchar not null, "größe" decimal(6, 2));
create table orders (
    id integer primary key,
    customer_id integer not null references customers (id),
    placed timestamptz default now(),
    lines struct(sku varchar, qty integer)[]
);
comment on table orders is 'One row for each order.';
comment on column orders.placed is 'When the customer pressed the button.';
comment on column customers."e.mail" is 'Address of the account.';
insert into customers values (1, 'a@shop.example', 1.80), (2, 'b@shop.example', null), (3, 'c@shop.example', null);
delete from customers where id = 3;
insert into orders values (1, 1, now(), []);
create view recent as select id, customer_id from orders where placed > now() - interval 1 day;
comment on view recent is 'Orders of the last day.';
create table "eu, (north)"."50% ""off""" (sku varchar, "a b" integer, primary key (sku));
-- `orders` here is main's: the schema has none of that name.
create view "eu, (north)".local as select id from orders;
