"""What may be registered as a kind or an aspect, and what is wrong with the rest, said by JSON path."""

from __future__ import annotations

from typing import Any

import pytest

from clew.search.port import FACETS as INDEX_FACETS
from clew.search.port import TEXT_FIELDS
from clew_schemas import Registry
from clew_schemas.definitions import (
    EDGE_TYPES,
    Definition,
    aspect_event,
    kind_event,
    listing,
    urn_of,
    with_definitions,
    with_event,
    withdrawal,
)
from clew_schemas.edges import Edge, EdgeType, Subtype, stated
from clew_schemas.errors import BadInput
from clew_schemas.registry import Vocabulary
from clew_schemas.searchable import FACETS, TEXTS
from contracts.definition_contract import CELL_FLOW, changed

BUILT_IN = Registry.built_in().now()
WITH_CELL = with_definitions(BUILT_IN, [Definition("kind", "cell", {"label": "Cell"}, retired=False)], 1)


def said(document: dict[str, Any], words: Vocabulary = WITH_CELL) -> Vocabulary:
    """Return the vocabulary after the aspect was registered under its name."""
    urn = urn_of("aspect", document["x-clew"]["name"])
    return with_event(words, urn, "aspect_definition", {"document": document}, "$")


def why_not(document: dict[str, Any], name: str = "cell_flow") -> BadInput:
    with pytest.raises(BadInput) as caught:
        with_event(WITH_CELL, urn_of("aspect", name), "aspect_definition", {"document": document}, "$")
    return caught.value


def x(*path: str, to: Any) -> dict[str, Any]:
    return changed("x-clew", *path, to=to)


def test_an_aspect_is_in_force_with_all_that_its_annotation_says() -> None:
    aspect = said(CELL_FLOW).get("cell_flow")
    assert (aspect.version, aspect.mode, aspect.kinds, aspect.custom) == (1, "state", {"cell"}, True)
    column = "urn:clew:column:(pg,t,c)"
    edges = set(stated(aspect, "urn:clew:cell:(a,b)", {"feeds": [column]}, "steward"))
    assert Edge("urn:clew:cell:(a,b)", column, EdgeType.FLOW, Subtype.USE, 100, "steward") in edges
    assert {edge.type for edge in edges} == {EdgeType.FLOW, EdgeType.NAMED}, "the column hangs on its dataset"


def test_flow_between_datasets_takes_the_dataset_of_a_column() -> None:
    document = x("edges", to=[{"type": "dataset_flow", "to": "feeds[]"}])
    (edge,) = stated(said(document).get("cell_flow"), "urn:clew:cell:(a,b)", {"feeds": ["urn:clew:column:(p,t,c)"]}, "")
    assert (edge.dst, edge.type) == ("urn:clew:dataset:(p,t)", EdgeType.DATASET_FLOW)


@pytest.mark.parametrize(
    ("document", "where", "what"),
    [
        (changed("type", to="objekt"), "$.payload.document.type", "not a JSON Schema"),
        (changed("properties", "feeds", "items", to=5), "$.payload.document.properties.feeds.items", "not a JSON Sch"),
        (changed("type", to="array"), "$.payload.document.type", "a payload is an object"),
        (changed("$schema", to="http://json-schema.org/draft-04/schema#"), "$.payload.document.$schema", "dialect"),
        (
            changed("properties", "formula", to={"$ref": "https://example.com/formula.json"}),
            "$.payload.document.properties.formula.$ref",
            "leads nowhere",
        ),
        (
            changed("properties", "formula", to={"$ref": "#/$defs/a"}),
            "$.payload.document.properties.formula.$ref",
            "no",
        ),
        (changed("$defs", to={"a": {"$id": "https://example.com"}}), "$.payload.document.$defs.a.$id", "not taken"),
        (changed("x-clew", to=None), "$.payload.document", "no annotation"),
        (x("name", to="other"), "$.payload.document.x-clew.name", "that of 'other'"),
        (x("version", to=None), "$.payload.document.x-clew", "'version' is missing"),
        (x("mode", to=None), "$.payload.document.x-clew", "'mode' is missing"),
        (x("kinds", to=None), "$.payload.document.x-clew", "'kinds' is missing"),
        (x("edge", to=[]), "$.payload.document.x-clew.edge", "no member 'edge'"),
        (x("version", to=0), "$.payload.document.x-clew.version", "whole number"),
        (x("version", to=True), "$.payload.document.x-clew.version", "whole number"),
        (x("version", to="1"), "$.payload.document.x-clew.version", "whole number"),
        (x("mode", to="event"), "$.payload.document.x-clew.mode", "no mode 'event'"),
        (x("mode", to="series"), "$.payload.document.x-clew.edges", "a series has no edges"),
        (x("kinds", to=[]), "$.payload.document.x-clew.kinds", "list of different kinds"),
        (x("kinds", to=["cell", "cell"]), "$.payload.document.x-clew.kinds", "list of different kinds"),
        (x("kinds", to=["cell", "sheet"]), "$.payload.document.x-clew.kinds[1]", "no kind 'sheet'"),
        (x("kinds", to=["any"]), "$.payload.document.x-clew.kinds[0]", "no kind 'any'"),
        (x("kinds", to=[["cell"]]), "$.payload.document.x-clew.kinds[0]", "no kind"),
        (x("edges", to={}), "$.payload.document.x-clew.edges", "list of objects"),
        (x("edges", "0", "type", to="stream"), "$.payload.document.x-clew.edges[0].type", "no edge type 'stream'"),
        (x("edges", "0", "type", to="member"), "$.payload.document.x-clew.edges[0].type", "no edge type 'member'"),
        (x("edges", to=[{"projection": "lineage"}]), "$.payload.document.x-clew.edges[0]", "'type' is missing"),
        (x("edges", "0", "from", to="feeds[]"), "$.payload.document.x-clew.edges[0]", "one of from and to"),
        (x("edges", "0", "to", to=None), "$.payload.document.x-clew.edges[0]", "one of from and to"),
        (x("edges", "0", "to", to="feedz[]"), "$.payload.document.x-clew.edges[0].to", "no property 'feedz[]'"),
        (x("edges", "0", "to", to="feeds[0]"), "$.payload.document.x-clew.edges[0].to", "not a path"),
        (x("edges", "0", "at", to="rows"), "$.payload.document.x-clew.edges[0].at", "at is"),
        (x("search", "0", "field", to="facet.team"), "$.payload.document.x-clew.search[0].field", "no search field"),
        (x("search", "0", "field", to="name"), "$.payload.document.x-clew.search[0].field", "no search field"),
        (x("search", "0", "path", to="formel"), "$.payload.document.x-clew.search[0].path", "no property 'formel'"),
        (x("search", "0", "boost", to=2), "$.payload.document.x-clew.search[0].boost", "no member 'boost'"),
        (x("resolution", to={"rule": "latest"}), "$.payload.document.x-clew.resolution.rule", "no rule 'latest'"),
        (x("resolution", to={"list": "feeds"}), "$.payload.document.x-clew.resolution.list", "only the rule union"),
        (
            x("resolution", to={"rule": "union", "list": "formula", "key": ["a"]}),
            "$.payload.document.x-clew.resolution.list",
            "an array",
        ),
        (
            x("resolution", to={"rule": "union", "list": "feeds"}),
            "$.payload.document.x-clew.resolution.key",
            "by a key",
        ),
    ],
)
def test_a_bad_document_is_refused_with_its_place(document: dict[str, Any], where: str, what: str) -> None:
    error = why_not(document)
    assert (error.where, what in error.what) == (where, True), error


@pytest.mark.parametrize("name", ["schema", "lineage", "kind_definition"])
def test_an_aspect_that_ships_with_clew_is_not_defined_anew(name: str) -> None:
    assert "ships with Clew" in why_not(x("name", to=name), name).what


@pytest.mark.parametrize("name", ["dataset", "column", "any", "rows", "kind", "aspect"])
def test_a_kind_that_ships_with_clew_is_not_defined_anew(name: str) -> None:
    with pytest.raises(BadInput, match="ships with Clew"):
        with_event(BUILT_IN, urn_of("kind", name), "kind_definition", {}, "$")


@pytest.mark.parametrize("name", ["datas_et", "data__set", "dataset_entity", "modelversion"])
def test_two_kinds_do_not_share_a_name_in_graphql(name: str) -> None:
    with pytest.raises(BadInput, match="reads like"):
        with_event(BUILT_IN, urn_of("kind", name), "kind_definition", {}, "$")


def test_two_aspects_do_not_share_a_name_in_graphql() -> None:
    words = said(CELL_FLOW)
    with pytest.raises(BadInput, match="reads like"):
        said(x("name", to="cellflow"), words)
    with pytest.raises(BadInput, match="reads like"):
        said(x("name", to="cell_flow_aspect"), words)


def test_what_ships_with_clew_keeps_to_that_too() -> None:
    kinds = {name.replace("_", "") for name in BUILT_IN.kinds}
    aspects = {name.replace("_", "") for name in BUILT_IN.aspects}
    assert (len(kinds), len(aspects)) == (len(BUILT_IN.kinds), len(BUILT_IN.aspects))


@pytest.mark.parametrize("name", ["Sheet", "2d", "_a", "a-b", "a.b", "", "ä", "a" * 65, None, 7])
def test_a_name_is_small_letters_digits_and_underscores(name: Any) -> None:
    with pytest.raises(BadInput, match="no name for a kind or aspect"):
        kind_event(name, {})
    with pytest.raises(BadInput, match="no name for a kind or aspect"):
        aspect_event(x("name", to=name) if name is not None else {"x-clew": {}})


@pytest.mark.parametrize("urn", ["urn:clew:kind:(acme,cell)", "urn:clew:kind:(clew,Cell)", "urn:clew:kind:(clew,a.b)"])
def test_a_definition_stands_on_its_own_urn(urn: str) -> None:
    with pytest.raises(BadInput) as caught:
        with_event(BUILT_IN, urn, "kind_definition", {}, "events[3]")
    assert caught.value.where == "events[3].urn"


@pytest.mark.parametrize("document", [None, [], "schema.json", {}, {"x-clew": []}])
def test_a_document_without_annotation_names_nothing(document: Any) -> None:
    with pytest.raises(BadInput, match="not a schema document of an aspect"):
        aspect_event(document)


def test_a_kind_that_an_aspect_names_is_not_withdrawn() -> None:
    with pytest.raises(BadInput, match="the aspects cell_flow stand on it"):
        with_event(said(CELL_FLOW), urn_of("kind", "cell"), "kind_definition", None, "$")
    assert with_event(WITH_CELL, urn_of("kind", "cell"), "kind_definition", None, "$").kinds["cell"].retired


def test_what_was_never_defined_is_not_withdrawn() -> None:
    with pytest.raises(BadInput, match="there is no kind 'paper' to withdraw"):
        with_event(BUILT_IN, withdrawal("kind", "paper").urn, "kind_definition", None, "$")


def test_a_schema_that_refers_to_itself_without_end_refuses_and_does_not_fall_over() -> None:
    aspect = said(changed("allOf", to=[{"$ref": "#"}])).get("cell_flow")
    with pytest.raises(BadInput, match="refers to itself"):
        aspect.check({"formula": "=1"})


def test_definitions_of_names_that_ship_with_clew_by_now_are_passed_over() -> None:
    words = with_definitions(BUILT_IN, [Definition("kind", "dataset", {"label": "x"}, retired=False)], 4)
    assert (words.kinds["dataset"].custom, words.seq) == (False, 4)


def test_a_registry_takes_in_newer_words_only() -> None:
    registry = Registry.built_in()
    newer = with_definitions(registry.built, [Definition("kind", "cell", {}, retired=False)], 5)
    registry.take_in(newer)
    registry.take_in(Vocabulary(registry.built.aspects, registry.built.kinds, 4))
    assert registry.now() is newer


def test_the_list_holds_kinds_and_aspects_with_documents() -> None:
    found = listing(said(CELL_FLOW))
    mine = [each for part in found.values() for each in part if each["custom"]]
    assert [each["name"] for each in mine] == ["cell", "cell_flow"]
    assert mine[1]["document"] == CELL_FLOW
    assert all(each["document"]["x-clew"]["name"] == each["name"] for each in found["aspects"])


def test_search_fields_and_facets_are_those_of_the_index() -> None:
    assert set(TEXTS) == TEXT_FIELDS.keys() - {"name"}
    assert FACETS == INDEX_FACETS


def test_edge_types_of_the_house_are_not_for_everybody() -> None:
    assert {"flow", "dataset_flow", "contains", "means"} <= set(EDGE_TYPES)
    assert not {"member", "named", "gap", "described"} & set(EDGE_TYPES)


@pytest.mark.timeout(30)
def test_a_thousand_definitions_are_taken_in() -> None:
    many = [Definition("kind", f"kind{number}", {}, retired=False) for number in range(500)]
    many += [
        Definition("aspect", f"aspect{number}", {"document": x("name", to=f"aspect{number}")}, retired=False)
        for number in range(500)
    ]
    words = with_definitions(BUILT_IN, many, 1000)
    assert len(words.aspects) == len(BUILT_IN.aspects) + 500
