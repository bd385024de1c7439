"""What the PostgreSQL connector accepts as its configuration, and which schemas that means."""

from typing import Any

import pytest

from clew_connectors import recipe
from clew_connectors.postgres.config import PostgresConfig
from clew_schemas.errors import BadInput

URL = "postgresql://ada:hunter2@db.example:6543/shop"


def test_the_namespace_is_the_server_unless_it_is_given() -> None:
    assert PostgresConfig(database="shop").home == "postgres://localhost:5432"
    assert PostgresConfig(database="shop", host="db.example", port=6543).home == "postgres://db.example:6543"
    assert PostgresConfig.model_validate({"url": URL}).home == "postgres://db.example:6543"
    assert PostgresConfig.model_validate({"url": URL}).address == "postgres://db.example:6543/shop"
    assert PostgresConfig(database="shop", namespace="postgres://shop").home == "postgres://shop"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("{}", "neither `database` nor `url`"),
        (f"{{url: '{URL}', port: 1}}", "leave out `port`"),
        ("{url: 'postgresql://db.example'}", "names no database"),
        ("{url: 'host=db.example hunter2'}", "not a URL of PostgreSQL"),
    ],
)
def test_a_database_is_named_in_one_way(said: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as raised:
        recipe.parse(f"{{name: shop, connector: postgres, config: {said}}}".encode(), "shop.yml", {})
    assert raised.value.where == "shop.yml: config.url"
    assert "hunter2" not in repr(raised.value.to_dict())


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, ["mart", "shop", "tmp_1", "Shop"]),
        ({"exclude": ["tmp_*"]}, ["mart", "shop", "Shop"]),
        ({"schemas": ["shop"]}, ["shop"]),
        ({"schemas": ["s?op", "tmp_*"], "exclude": ["*_1"]}, ["shop"]),
    ],
)
def test_schemas_are_chosen_by_name_with_wildcards(said: dict[str, Any], wanted: list[str]) -> None:
    config = PostgresConfig.model_validate({"database": "shop", **said})
    assert [each for each in ("mart", "shop", "tmp_1", "Shop") if config.wants(each)] == wanted
