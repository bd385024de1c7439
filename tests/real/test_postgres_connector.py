"""Reading real PostgreSQL databases: rich ones, odd names, few rights, locks, and lineage through the whole house."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tools.servers import Server

from clew.cli.local import Local
from clew.graph import Direction
from clew.house import House
from clew.query.answer import Viewer
from clew.query.terms import Grain
from clew.settings import Settings
from clew_connectors.port import ReadWarning, State
from clew_connectors.postgres import CONNECTOR
from clew_connectors.postgres.config import PostgresConfig
from clew_connectors.postgres.connect import opened
from clew_connectors.postgres.read import check, read
from clew_connectors.postgres.records import Item, Relation, Routine, Table
from clew_connectors.postgres.translate import translate
from clew_connectors.run import run as crawl
from clew_connectors.testing import MemorySink
from clew_schemas.errors import ClewError, Forbidden, Locked, NotFound, Unauthenticated, Unreachable
from clew_schemas.urn import Urn, of_segments, segment
from unit.clew_connectors.golden import assert_golden
from unit.clew_connectors.made import recipe
from unit.clew_connectors.made_postgres import NAMESPACE, SHOP, config, database, run

SERIES = ("profile", "statistics", "usage")
ODD = ("Upper Case", 'with "quotes"', "dots.in.it", "emoji 🧭", "comma, (paren) 50%", "ß" * 31 + "x")


@pytest.fixture(scope="module")
def shop(postgres: Server) -> Iterator[str]:
    """A database called shop, which no test here changes."""
    with database(postgres.url, SHOP.read_text(), name="shop") as url:
        yield url


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path / "home")) as house:
        yield house


def configured(url: str, **more: Any) -> PostgresConfig:
    return PostgresConfig.model_validate(config(url, **more))


def items(url: str, **more: Any) -> list[Item]:
    return [each for each in read(configured(url, **more)) if not isinstance(each, ReadWarning | State)]


def tables(url: str, **more: Any) -> dict[str, Table]:
    return {each.relation.name: each for each in items(url, **more) if isinstance(each, Table)}


def routines(url: str) -> dict[str, Routine]:
    return {each.signature: each for each in items(url) if isinstance(each, Routine)}


def named(name: str, schema: str = "shop") -> str:
    return f"urn:clew:dataset:({NAMESPACE},shop.{schema}.{name})"


def test_the_shop_reads_as_the_golden_file_says(shop: str) -> None:
    said = [each for record in items(shop, owners=True, partitions=True) for each in translate(record)]
    assert_golden("postgres/events.jsonl", [each for each in said if each.aspect not in SERIES])


def test_a_partition_is_part_of_its_table_unless_it_is_asked_for(shop: str) -> None:
    folded, apart = tables(shop), tables(shop, partitions=True)
    assert set(apart) - set(folded) == {"visits_2025", "visits_2026"}
    whole = Relation(NAMESPACE, "shop", "shop", "visits")
    assert apart["visits_2026"].partition_of == whole
    assert folded["this_year"].sql and folded["this_year"].sql.bindings == (("shop.visits_2026", whole),)
    assert apart["this_year"].sql and apart["this_year"].sql.bindings == ()


def test_sizes_are_those_of_the_last_analyze_and_those_of_a_partitioned_table_are_of_all_its_parts(shop: str) -> None:
    found = tables(shop, partitions=True)
    sizes = {name: each.size for name, each in found.items()}
    assert [(size.rows, size.bytes) for name in ("orders", "visits") if (size := sizes[name])] == [
        (45, 8192),
        (10, 16384),
    ]
    assert sizes["revenue"] is None


def test_statistics_are_read_and_values_only_when_asked_for(shop: str) -> None:
    (without,) = [each for each in tables(shop)["customers"].statistics if each.column == "name"]
    (with_values,) = [each for each in tables(shop, values=True)["customers"].statistics if each.column == "name"]
    assert (without.null_share, without.distinct, without.frequent) == (0.25, 3, ())
    assert set(with_values.frequent) == {"Name 0", "Name 1", "Name 2"}
    assert tables(shop, statistics=False)["customers"].statistics == ()


def test_usage_counts_scans_and_writes(shop: str) -> None:
    usage = tables(shop, usage=True)["orders"].usage
    assert usage is not None
    assert usage.reads > 0
    assert usage.writes == 45
    assert tables(shop)["orders"].usage is None


def test_names_in_an_sql_function_are_looked_up_along_its_own_search_path(shop: str) -> None:
    sql = routines(shop)["revenue_of(text)"].sql
    assert sql is not None
    assert sql.schema == "mart"
    assert sql.bindings == (("mart.customers", Relation(NAMESPACE, "shop", "shop", "customers")),)


def test_a_routine_in_another_language_is_kept_as_text_with_a_gap(shop: str) -> None:
    said = {each.aspect: bytes(each.payload) for each in translate(routines(shop)["stamp()"])}
    assert b"NEW.joined := now()" in said["properties"]
    assert b'"code":"procedural"' in said["lineage"]
    assert "query" not in said


def crawled(house: House, url: str, **more: Any) -> tuple[int, int, int]:
    """Crawl into the house; return what changed, what did not, what was retracted."""
    summary = crawl(recipe(CONNECTOR, config(url, **more)), Local(house))
    assert summary.held == ()
    house.catch_up()
    return summary.changed, summary.unchanged, summary.retracted


def sources(house: House, column: str) -> set[str]:
    """Return the names of all columns that a column is made of."""
    found = house.questions.lineage(column, Viewer("ada"), direction=Direction.UP, grain=Grain.COLUMN).to_dict()
    columns = [Urn.parse(each) for each in found["nodes"]["urn"] if each != column]
    return {each.dotted_name.removeprefix("shop.") for each in columns if each.kind == "column"}


def column(dataset: str, path: str) -> str:
    return dataset.replace("dataset", "column", 1)[:-1] + f",{path})"


def test_the_lineage_of_views_is_known_to_the_column(house: House, shop: str) -> None:
    crawled(house, shop)
    assert {"mart.revenue.revenue", "shop.orders.total"} <= sources(house, column(named("best", "mart"), "revenue"))
    assert sources(house, column(named("this_year", "mart"), "pages")) >= {"shop.visits.pages"}
    assert sources(house, column(named("refs", "mart"), "line")) >= {"shop.orders.line"}, "through the procedure"


def test_a_second_crawl_of_the_same_writes_nothing(house: House, shop: str) -> None:
    everything = {"owners": True, "values": True, "usage": True}
    first, _, _ = crawled(house, shop, **everything)
    head = house.ledger.head_seq()
    changed, unchanged, retracted = crawled(house, shop, **everything)
    assert (changed, unchanged, retracted) == (0, first, 0)
    assert house.ledger.stats()["claims"] > 0
    assert house.ledger.head_seq() - head <= 2, "the crawl's marks only"


def test_a_dropped_table_is_retracted_by_the_next_crawl(house: House, postgres: Server) -> None:
    with database(postgres.url, SHOP.read_text()) as url:
        crawled(house, url)
        run(url, "DROP PROCEDURE mart.forget(integer)", "DROP TABLE mart.refs", "DROP FUNCTION mart.twice(integer)")
        changed, _, retracted = crawled(house, url)
        assert changed == 0
        assert retracted == 3 * 3, "schema, properties, containment; properties, containment, query of two routines"


def test_odd_names_keep_their_spelling_and_their_lineage(house: House, postgres: Server) -> None:
    quoted = ['"' + name.replace('"', '""') + '"' for name in ODD]
    statements = [f"CREATE SCHEMA {quoted[2]}"]
    for at, (name, other) in enumerate(zip(quoted, quoted[1:] + quoted[:1], strict=True)):
        statements.append(f"CREATE TABLE {quoted[2]}.{name} ({name} integer PRIMARY KEY, {other} text)")
        statements.append(f'CREATE VIEW {quoted[2]}."V.{at} ""x" AS SELECT {name} AS {other} FROM {quoted[2]}.{name}')
    with database(postgres.url, *statements, name="odd.base") as url:
        found = tables(url)
        assert set(ODD) <= set(found)
        assert len(ODD[-1].encode()) == 63
        crawled(house, url)
    for at, (name, other) in enumerate(zip(ODD, ODD[1:] + ODD[:1], strict=True)):
        view, table = (of_segments("dataset", NAMESPACE, "odd.base", ODD[2], each) for each in (f'V.{at} "x', name))
        said = derived(house, view)
        assert said["inputs"] == [table]
        assert said["columns"] == [[0, segment(other), 0, segment(name), "IDENTITY", 1.0]]
        assert "unresolved" not in said


def derived(house: House, carrier: str) -> dict[str, Any]:
    """Return the lineage that the house read from the SQL of a carrier."""
    (number,) = house.ledger.ids([carrier])
    (claim,) = house.ledger.claims([number])[number]["lineage"]
    assert claim.says is not None
    return claim.says


def test_what_is_locked_is_named_and_everything_else_is_sent_and_nothing_retracted(postgres: Server) -> None:
    with database(postgres.url, SHOP.read_text()) as url, closing(psycopg.connect(url)) as holder:
        sink = MemorySink()
        made = recipe(CONNECTOR, config(url, lock_timeout=0.2))
        crawl(made, sink)
        before = dict(sink.claims)
        run(url, "COMMENT ON TABLE mart.refs IS 'Changed meanwhile.'")
        holder.execute("LOCK TABLE shop.orders IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Locked) as raised:
            crawl(made, sink)
        assert raised.value.details["locked"] == ["mart.forget", "mart.revenue", "shop.orders"]
        assert raised.value.hint and "lock_timeout" in raised.value.hint
        assert raised.value.details["sent"]["events"] > 20
        assert before.keys() < sink.claims.keys()
        holder.rollback()
        summary = crawl(made, sink)
        assert (summary.changed, summary.retracted, summary.closed) == (0, 0, True)


def test_reading_holds_no_lock_and_writes_nothing(shop: str) -> None:
    with opened(configured(shop)) as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("CREATE TABLE shop.made_by_clew ()")
    reading = read(configured(shop))
    next(iter(reading))
    with closing(psycopg.connect(shop, autocommit=True)) as other:
        # A process of the server may be there for a moment after its client has gone.
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = 'clew'").fetchone():
            time.sleep(0.05)


def test_a_user_with_few_rights_reads_all_names_and_is_told_what_is_missing(postgres: Server) -> None:
    with database(postgres.url, SHOP.read_text()) as url:
        run(
            url,
            "DROP ROLE IF EXISTS reader",
            "CREATE ROLE reader LOGIN PASSWORD 'reading'",
            "GRANT USAGE ON SCHEMA mart TO reader",
            "GRANT SELECT ON ALL TABLES IN SCHEMA mart TO reader",
        )
        try:
            found = list(read(configured(url, user="reader", password="reading")))
            full = items(url)
        finally:
            run(url, "DROP OWNED BY reader", "DROP ROLE reader")
    (warning,) = [each for each in found if isinstance(each, ReadWarning)]
    assert warning.what.startswith("no right to read 4 tables or views of the schema 'shop'")
    assert warning.hint and "statistics: false" in warning.hint
    names = [each.relation.name for each in found if isinstance(each, Table)]
    assert names == [each.relation.name for each in full if isinstance(each, Table)]


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        ({"password": "not the one"}, Unauthenticated, "no such user and password"),
        ({"user": "nobody"}, Unauthenticated, "no such user and password"),
        ({"password": None}, Unauthenticated, "asks for a password"),
        ({"database": "nowhere"}, NotFound, "no such database"),
        ({"port": 1}, Unreachable, "can't be reached: Connection refused"),
        ({"host": "nowhere.invalid", "connect_timeout": 5}, Unreachable, "can't be reached: "),
        ({"ssl_mode": "require"}, ClewError, "can't be secured as asked"),
        ({"schemas": ["shop", "shops"]}, NotFound, "no schema 'shops'"),
    ],
)
def test_what_keeps_it_from_reading_is_said_without_the_password(
    shop: str, wrong: dict[str, Any], kind: type[ClewError], words: str
) -> None:
    said = config(shop)
    (problem,) = check(PostgresConfig.model_validate(said | wrong))
    assert isinstance(problem, kind)
    assert words in problem.what
    assert problem.where and problem.where.startswith("postgres://")
    assert problem.hint
    assert said["password"] not in repr(problem.to_dict())


def test_a_database_that_the_user_may_not_enter_is_forbidden(postgres: Server) -> None:
    with database(postgres.url) as url:
        name = conninfo_to_dict(url)["dbname"]
        run(
            url,
            "DROP ROLE IF EXISTS outsider",
            "CREATE ROLE outsider LOGIN PASSWORD 'outside'",
            f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC",
        )
        try:
            (problem,) = check(configured(url, user="outsider", password="outside"))
        finally:
            run(url, "DROP ROLE outsider")
    assert isinstance(problem, Forbidden)


def test_a_url_says_it_all(shop: str) -> None:
    parts = conninfo_to_dict(shop)
    url = f"postgresql://{parts['user']}:{parts['password']}@{parts['host']}:{parts['port']}/shop"
    said = PostgresConfig.model_validate({"url": url})
    assert check(said) == []
    assert said.home == f"postgres://{parts['host']}:{parts['port']}"
    assert str(parts["password"]) not in repr(said)
    assert make_conninfo(**said.connection) == make_conninfo(**parts)


def test_a_question_that_takes_too_long_is_given_up_in_words(shop: str) -> None:
    slow = opened(configured(shop, statement_timeout=0.2))
    with pytest.raises(Unreachable, match=r"longer than 0\.2 s") as raised, slow as connection:
        connection.execute("SELECT pg_sleep(5)")
    assert raised.value.hint and "statement_timeout" in raised.value.hint
