"""Resolution: pure, and blind to the order of arrival."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clew_schemas.registry import Registry, Resolution
from clew_schemas.resolve import Claim, attributed, resolve

PRECEDENCE, NEWEST = Resolution("precedence"), Resolution("newest")
UNION = Resolution("union", "owners", ("owner", "role"))


def owners(*names: str) -> dict[str, Any]:
    return {"owners": [{"owner": name, "role": "owner"} for name in names]}


CLAIMS = st.lists(
    st.builds(
        Claim,
        source=st.sampled_from("abcdef"),
        rank=st.sampled_from([30, 50, 100]),
        says=st.none() | st.lists(st.sampled_from("xyz"), unique=True).map(lambda names: owners(*names)),
        denies=st.just("all") | st.frozensets(st.sampled_from(["x owner", "y owner"])),
        observed=st.integers(0, 5),
    ),
    unique_by=lambda claim: claim.source,
)


@given(CLAIMS, st.randoms(), st.sampled_from([PRECEDENCE, NEWEST, UNION]))
def test_no_order_of_arrival_changes_what_is_resolved(claims: list[Claim], dice: Any, rule: Resolution) -> None:
    mixed = list(claims)
    dice.shuffle(mixed)
    assert resolve(mixed, rule) == resolve(claims, rule)
    assert attributed(mixed, rule) == attributed(claims, rule)


@given(CLAIMS)
def test_the_attributed_parts_of_a_union_are_the_union(claims: list[Claim]) -> None:
    whole = resolve(claims, UNION)
    parts = [element["owner"] for _, document in attributed(claims, UNION) for element in document["owners"]]
    assert sorted(parts) == sorted(element["owner"] for element in (whole or {"owners": []})["owners"])


def test_the_highest_rank_speaks_and_ties_go_by_name() -> None:
    claims = [Claim("b", 50, {"text": "b"}), Claim("a", 50, {"text": "a"}), Claim("c", 30, {"text": "c"})]
    assert resolve(claims, PRECEDENCE) == {"text": "a"}
    assert resolve([*claims, Claim("steward", 100, {"text": "s"})], PRECEDENCE) == {"text": "s"}


def test_the_newest_speaks_whatever_its_rank() -> None:
    assert resolve([Claim("a", 100, {"t": 1}, observed=1), Claim("b", 30, {"t": 2}, observed=2)], NEWEST) == {"t": 2}


def test_a_denial_beats_lower_ranks_only() -> None:
    steward = Claim("steward", 100, owners("x"), denies=frozenset({"y owner"}))
    assert resolve([steward, Claim("dbt", 50, owners("y", "z"))], UNION) == owners("x", "z")
    peer = Claim("other", 50, None, denies="all")
    assert resolve([peer, Claim("dbt", 50, owners("y"))], UNION) == owners("y")
    assert resolve([Claim("steward", 100, None, denies="all"), Claim("dbt", 50, {"text": "x"})], PRECEDENCE) is None


def test_every_built_in_aspect_has_a_rule() -> None:
    for aspect in Registry.built_in():
        assert aspect.resolution.rule in ("precedence", "union", "newest", "edges")
