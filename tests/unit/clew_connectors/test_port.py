"""What every configuration and connector shares."""

from clew_connectors.port import Connector
from unit.clew_connectors.made import ListedConfig, listed


def test_a_secret_is_marked_in_the_schema_and_printed_nowhere() -> None:
    marked = ListedConfig.model_json_schema()["properties"]["password"]
    assert (marked["writeOnly"], marked["format"]) == (True, "password")
    assert "hunter2" not in repr(ListedConfig.model_validate({"password": "hunter2"}))


def test_a_connector_is_a_value_of_four_functions() -> None:
    connector = listed()
    assert isinstance(connector, Connector)
    assert connector.check(ListedConfig()) == []
    assert connector.discover(ListedConfig()).summary == {}
