"""Edges from claims: what each aspect's annotations say hangs together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew_schemas.edges import Edge, EdgeType, Subtype, edge_key, ends, project, subtype_code, subtype_name
from clew_schemas.registry import Registry
from clew_schemas.resolve import Claim

REGISTRY = Registry.built_in()
A, B = "urn:clew:dataset:(ns,a)", "urn:clew:dataset:(ns,b)"
JOB = "urn:clew:job:(ns,j)"


def said(aspect: str, entity: str, payload: dict[str, Any], **claim: Any) -> set[Edge]:
    return project(REGISTRY.get(aspect), entity, [Claim("s", 50, payload, **claim)])


def short(edges: set[Edge], *types: EdgeType) -> set[tuple[str, str, str]]:
    return {(each.src[9:], each.dst[9:], Subtype(each.subtype & 63).name) for each in edges if each.type in types}


def test_a_schema_hangs_each_column_between_rows_and_any() -> None:
    edges = said("schema", A, {"columns": [{"name": "x"}, {"name": "y"}]})
    assert short(edges, EdgeType.MEMBER) == {
        ("column:(ns,a,x)", "any:(ns,a)", "ANY"),
        ("column:(ns,a,y)", "any:(ns,a)", "ANY"),
        ("rows:(ns,a)", "column:(ns,a,x)", "ROWS"),
        ("rows:(ns,a)", "column:(ns,a,y)", "ROWS"),
    }
    assert short(edges, EdgeType.DESCRIBED) == {("dataset:(ns,a)", "dataset:(ns,a)", "NONE")}


def test_lineage_flows_at_both_grains_and_rows_always_flow() -> None:
    edges = said(
        "lineage",
        JOB,
        {
            "inputs": [A],
            "outputs": [B],
            "columns": [[0, "y", 0, "x", "IDENTITY", 0.5]],
            "rows": [[0, 0, "k", "FILTER:PRESENCE"], [0, 0, None, "JOIN"]],
        },
    )
    assert short(edges, EdgeType.FLOW) == {
        ("column:(ns,a,x)", "column:(ns,b,y)", "IDENTITY"),
        ("column:(ns,a,k)", "rows:(ns,b)", "FILTER"),
        ("rows:(ns,a)", "rows:(ns,b)", "JOIN"),
        ("rows:(ns,a)", "rows:(ns,b)", "ROWS"),
    }
    assert short(edges, EdgeType.DATASET_FLOW) == {("dataset:(ns,a)", "dataset:(ns,b)", "USE")}
    assert {each.confidence for each in edges if each.subtype == Subtype.IDENTITY} == {50}
    assert short(edges, EdgeType.GAP) == set()


def test_things_without_columns_are_ends_themselves_and_null_is_any() -> None:
    model = "urn:clew:model_version:(ml,m)"
    edges = said("lineage", JOB, {"inputs": [A], "outputs": [model], "columns": [[0, None, 0, None, "IDENTITY", 1]]})
    assert ("any:(ns,a)", "model_version:(ml,m)", "IDENTITY") in short(edges, EdgeType.FLOW)
    assert ("rows:(ns,a)", "model_version:(ml,m)", "ROWS") in short(edges, EdgeType.FLOW)


def test_an_exposure_hangs_on_any_column_and_a_test_on_its_column() -> None:
    board = "urn:clew:dashboard:(bi,b)"
    edges = said("exposure", board, {"dependsOn": [A]})
    assert short(edges, EdgeType.FLOW) == {("any:(ns,a)", "dashboard:(bi,b)", "USE")}
    check = "urn:clew:assertion:(dbt,t)"
    assert short(said("assertion", check, {"dataset": A, "column": "x", "type": "unique"}), EdgeType.ASSERTS) == {
        ("column:(ns,a,x)", "assertion:(dbt,t)", "USE")
    }
    assert short(said("assertion", check, {"dataset": A, "type": "fresh"}), EdgeType.ASSERTS) == {
        ("any:(ns,a)", "assertion:(dbt,t)", "USE")
    }


def test_sources_stand_side_by_side_and_a_steward_denies_one_edge() -> None:
    payload = {"inputs": [A], "outputs": [B], "columns": [[0, "y", 0, "x", "IDENTITY", 1.0]]}
    aspect = REGISTRY.get("lineage")
    both = project(aspect, JOB, [Claim("dbt", 50, payload), Claim("sql", 30, payload)])
    assert {each.source for each in both} == {"dbt", "sql"}
    (edge,) = [each for each in both if each.subtype == Subtype.IDENTITY and each.source == "dbt"]
    denying = Claim("steward", 100, None, denies=frozenset({edge_key(edge)}))
    left = project(aspect, JOB, [Claim("dbt", 50, payload), Claim("sql", 30, payload), denying])
    assert both - left == {each for each in both if edge_key(each) == edge_key(edge)}


def test_lineage_known_by_one_source_at_column_grain_is_no_gap_for_another() -> None:
    coarse, fine = {"inputs": [A], "outputs": [B]}, {"inputs": [A], "outputs": [B], "columns": []}
    aspect = REGISTRY.get("lineage")
    assert short(project(aspect, JOB, [Claim("dbt", 50, coarse)]), EdgeType.GAP) == {
        ("any:(ns,a)", "job:(ns,j)", "NO_COLUMNS"),
        ("job:(ns,j)", "rows:(ns,b)", "NO_COLUMNS"),
    }
    assert short(project(aspect, JOB, [Claim("dbt", 50, coarse), Claim("sql", 30, fine)]), EdgeType.GAP) == set()


@pytest.mark.parametrize("text", ["IDENTITY", "FILTER", "AGGREGATION:PRESENCE", "ROWS"])
def test_subtypes_have_stored_numbers_and_spellings(text: str) -> None:
    assert subtype_name(subtype_code(text)) == text


def test_the_stored_numbers_of_edge_types_and_subtypes_do_not_move() -> None:
    assert {each.name: each.value for each in EdgeType} == {
        "FLOW": 1,
        "MEMBER": 2,
        "NAMED": 3,
        "DATASET_FLOW": 4,
        "ASSERTS": 5,
        "CONTAINS": 6,
        "OWNED_BY": 7,
        "TAGGED": 8,
        "RUNS": 9,
        "DESCRIBED": 10,
        "GAP": 11,
        "CUSTOM": 12,
        "VERSION_OF": 13,
        "MEANS": 14,
        "IN_DOMAIN": 15,
        "OFFERS": 16,
        "PRECEDES": 17,
    }
    assert (Subtype.IDENTITY, Subtype.JOIN, Subtype.ROWS, Subtype.UNRESOLVED) == (1, 16, 22, 32)


_WORK = st.sampled_from([A, B, JOB])
_PATH = st.sampled_from([None, "x", "y"])


@st.composite
def lineages(draw: st.DrawFn) -> dict[str, Any]:
    inputs, outputs = draw(st.lists(_WORK, max_size=2)), draw(st.lists(_WORK, max_size=2))
    document: dict[str, Any] = {"inputs": inputs, "outputs": outputs}
    if inputs and outputs:
        into, out = st.integers(0, len(inputs) - 1), st.integers(0, len(outputs) - 1)
        flows = st.tuples(out, _PATH, into, _PATH, st.just("IDENTITY"), st.just(1.0))
        document["columns"] = draw(st.none() | st.lists(flows, max_size=3))
        document["rows"] = draw(st.lists(st.tuples(out, into, _PATH, st.just("FILTER")), max_size=2))
    if draw(st.booleans()):
        document["unresolved"] = [{"code": "parse_error"}]
    return document


@given(lineages())
def test_ends_are_those_of_the_edges_that_are_drawn(document: dict[str, Any]) -> None:
    """The entity itself is named in any case."""
    for name, payload in (("lineage", document), ("schema", {"columns": [{"name": "x"}, {"name": "y"}]})):
        drawn = said(name, A, payload)
        named = ends(REGISTRY.get(name), A, payload)
        assert named | {A} == {end for edge in drawn for end in (edge.src, edge.dst)} | {A}
