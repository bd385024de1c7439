"""The GraphQL schema that the UI's types are made from is that of the code."""

from tools.graphql_schema import PUBLISHED, schema_text


def test_the_published_schema_is_the_one_that_is_served() -> None:
    assert PUBLISHED.read_text() == schema_text(), "python -m tools.graphql_schema writes it anew"
