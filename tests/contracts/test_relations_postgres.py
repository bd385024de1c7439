"""The relations on PostgreSQL keep the contract, and every documented query gives the same there as embedded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tools.servers import Server

from clew.house import House
from clew.settings import Settings
from contracts.relations_contract import QUERIES, RelationsContract, ask, furnish
from contracts.test_ledger_postgres import new_schema


@pytest.fixture(scope="module")
def url(postgres: Server) -> str:
    return new_schema(postgres.url)


@pytest.fixture(scope="module")
def beside(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(Settings(home=tmp_path_factory.mktemp("beside"), ledger=url)) as house:
        furnish(house)
        yield house


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(Settings(home=tmp_path_factory.mktemp("embedded"))) as house:
        furnish(house)
        yield house


class TestPostgres(RelationsContract):
    @pytest.fixture
    def house(self, beside: House) -> House:
        return beside

    def by_hand(self, house: House, statement: str) -> None:
        schema = house.views.relations._schema  # type: ignore[attr-defined]
        with psycopg.connect(str(house.settings.ledger).partition("?")[0]) as connection:
            connection.execute(f"SET search_path TO {schema}")
            connection.execute(statement)


WITHOUT_ROWS = ("Metadata that nobody has touched since a day, as the ledger saw it",)
BY_CLOCK = ("Who changed the lifecycle of what, and when", "Commits a day")


def test_the_page_has_many_queries() -> None:
    assert len(QUERIES) >= 25


@pytest.mark.parametrize(("title", "text"), QUERIES, ids=[title for title, _ in QUERIES])
def test_a_documented_query_gives_the_same_on_both_engines(
    embedded: House, beside: House, title: str, text: str
) -> None:
    one, other = ask(embedded, text), ask(beside, text)
    assert one["columns"] == other["columns"]
    assert bool(one["rows"]) == (title not in WITHOUT_ROWS), "the shop should have something to find"
    if title in BY_CLOCK:
        one["rows"], other["rows"] = ([row[1:] for row in each["rows"]] for each in (one, other))
    assert one["rows"] == other["rows"]


def test_readers_get_a_role_of_their_own(postgres: Server, tmp_path: Path) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS clew_reader")
        connection.execute("CREATE ROLE clew_reader")
    url = new_schema(postgres.url)
    schema = url.partition("search_path%3D")[2] + "_relations"
    with House(Settings(home=tmp_path, ledger=url)) as house:
        furnish(house)
        house.rebuild(["relations"])
        assert ask(house, "SELECT count(*) > 0 FROM entities")["rows"] == [[1]]
    with psycopg.connect(postgres.url) as connection:
        connection.execute("SET ROLE clew_reader")
        assert connection.execute(f"SELECT count(*) > 0 FROM {schema}.entities").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"DELETE FROM {schema}.stored_claim")
