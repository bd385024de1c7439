"""Queries after the public TPC-H specification: as written, and with every name qualified by sqlglot, they tell the
same, and every output column that has a source has it resolved."""

import pytest
import sqlglot
from sqlglot.optimizer.qualify import qualify

from clew_sql import column_lineage
from unit.clew_sql.golden_cases import told

TABLES = {
    "lineitem": "l_orderkey l_partkey l_suppkey l_linenumber l_quantity l_extendedprice l_discount l_tax l_returnflag"
    " l_linestatus l_shipdate l_commitdate l_receiptdate l_shipinstruct l_shipmode l_comment",
    "orders": "o_orderkey o_custkey o_orderstatus o_totalprice o_orderdate o_orderpriority o_clerk o_shippriority"
    " o_comment",
    "customer": "c_custkey c_name c_address c_nationkey c_phone c_acctbal c_mktsegment c_comment",
    "supplier": "s_suppkey s_name s_address s_nationkey s_phone s_acctbal s_comment",
    "part": "p_partkey p_name p_mfgr p_brand p_type p_size p_container p_retailprice p_comment",
    "partsupp": "ps_partkey ps_suppkey ps_availqty ps_supplycost ps_comment",
    "nation": "n_nationkey n_name n_regionkey n_comment",
    "region": "r_regionkey r_name r_comment",
}
SCHEMA = {table: dict.fromkeys(columns.split(), "VARCHAR") for table, columns in TABLES.items()}

QUERIES = {
    1: """select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice * (1 - l_discount)) as
        disc, avg(l_discount) as avg_disc, count(*) as n from lineitem where l_shipdate <= date '1998-09-02'
        group by l_returnflag, l_linestatus order by l_returnflag, l_linestatus""",
    2: """select s_acctbal, s_name, n_name, p_partkey from part, supplier, partsupp, nation, region
        where p_partkey = ps_partkey and s_suppkey = ps_suppkey and p_size = 15 and s_nationkey = n_nationkey
        and n_regionkey = r_regionkey and ps_supplycost = (select min(ps_supplycost) from partsupp, supplier, nation,
        region where p_partkey = ps_partkey and s_suppkey = ps_suppkey and s_nationkey = n_nationkey
        and n_regionkey = r_regionkey and r_name = 'EUROPE') order by s_acctbal desc limit 100""",
    3: """select l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate from customer, orders,
        lineitem where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey
        group by l_orderkey, o_orderdate order by revenue desc, o_orderdate limit 10""",
    4: """select o_orderpriority, count(*) as order_count from orders where exists (select * from lineitem
        where l_orderkey = o_orderkey and l_commitdate < l_receiptdate) group by o_orderpriority""",
    7: """select supp_nation, cust_nation, l_year, sum(volume) as revenue from (select n1.n_name as supp_nation,
        n2.n_name as cust_nation, extract(year from l_shipdate) as l_year, l_extendedprice * (1 - l_discount) as volume
        from supplier, lineitem, orders, customer, nation n1, nation n2 where s_suppkey = l_suppkey and o_orderkey =
        l_orderkey and c_custkey = o_custkey and s_nationkey = n1.n_nationkey and c_nationkey = n2.n_nationkey)
        as shipping group by supp_nation, cust_nation, l_year""",
    8: """select o_year, sum(case when nation = 'BRAZIL' then volume else 0 end) / sum(volume) as share from
        (select extract(year from o_orderdate) as o_year, l_extendedprice as volume, n_name as nation from lineitem,
        orders, supplier, nation where o_orderkey = l_orderkey and s_suppkey = l_suppkey
        and s_nationkey = n_nationkey) as all_nations group by o_year""",
    13: """select c_count, count(*) as custdist from (select c_custkey, count(o_orderkey) from customer left outer join
        orders on c_custkey = o_custkey and o_comment not like '%special%' group by c_custkey) as c_orders (c_custkey,
        c_count) group by c_count order by custdist desc""",
    15: """with revenue (supplier_no, total_revenue) as (select l_suppkey, sum(l_extendedprice) from lineitem
        group by l_suppkey) select s_suppkey, s_name, total_revenue from supplier, revenue where s_suppkey = supplier_no
        and total_revenue = (select max(total_revenue) from revenue)""",
    18: """select c_name, o_orderkey, sum(l_quantity) as q from customer, orders, lineitem where o_orderkey in
        (select l_orderkey from lineitem group by l_orderkey having sum(l_quantity) > 300) and c_custkey = o_custkey
        and o_orderkey = l_orderkey group by c_name, o_orderkey""",
    20: """select s_name, s_address from supplier, nation where s_suppkey in (select ps_suppkey from partsupp where
        ps_partkey in (select p_partkey from part where p_name like 'forest%') and ps_availqty > (select 0.5 *
        sum(l_quantity) from lineitem where l_partkey = ps_partkey and l_suppkey = ps_suppkey))
        and s_nationkey = n_nationkey order by s_name""",
    22: """select cntrycode, count(*) as numcust, sum(c_acctbal) as totacctbal from (select substring(c_phone, 1, 2) as
        cntrycode, c_acctbal from customer where c_acctbal > (select avg(c_acctbal) from customer where c_acctbal > 0)
        and not exists (select * from orders where o_custkey = c_custkey)) as custsale group by cntrycode""",
}
COUNTED = {"n", "order_count", "custdist", "numcust"}


@pytest.mark.parametrize("number", QUERIES)
def test_the_raw_form_tells_what_the_qualified_one_does(number: int) -> None:
    tree = qualify(sqlglot.parse_one(QUERIES[number], read="postgres"), dialect="postgres", schema=SCHEMA)
    raw = column_lineage(QUERIES[number], "postgres", SCHEMA)
    assert told(raw) == told(column_lineage(tree.sql(dialect="postgres"), "postgres", SCHEMA))
    assert not raw.unresolved
    assert [column.name for column in raw.columns if not column.sources and column.name not in COUNTED] == []
