"""Laws of the steward's stand: adding then removing is nothing, and events do what they say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clew.edits.applied import stand_after
from clew.edits.intentions import AddOwner, AddTag, Describe, RemoveOwner, RemoveTag, Undeprecate
from clew.edits.stand import Stand, events_between
from clew_schemas.registry import Registry
from clew_schemas.resolve import Claim, resolve

REGISTRY = Registry.built_in()
TAGS = REGISTRY.get("tags").resolution
OWNERSHIP = REGISTRY.get("ownership").resolution
URN = "urn:clew:dataset:(a,b)"

names = st.sampled_from([f"urn:clew:tag:(clew,{name})" for name in "abcde"])
some = st.lists(names, unique=True, max_size=4)


def said(urns: list[str]) -> dict[str, object] | None:
    return {"tags": [{"tag": each} for each in sorted(urns)]} if urns else None


@st.composite
def standing(draw: st.DrawFn) -> tuple[Claim, ...]:
    """Claims of two sources and, most often, of a steward who denies some of what they say."""
    others = [Claim(f"source{at}", 50, said(draw(some))) for at in range(2)]
    stated = sorted({each["tag"] for claim in others for each in (claim.says or {}).get("tags", ())})
    denies = frozenset(draw(st.lists(st.sampled_from(stated), unique=True))) if stated else frozenset[str]()
    own = [each for each in draw(some) if each not in denies]
    return tuple(claim for claim in [*others, Claim("steward", 100, said(own), denies)] if claim.says or claim.denies)


def after(claims: tuple[Claim, ...], stand: Stand) -> tuple[Claim, ...]:
    others = [claim for claim in claims if claim.source != "steward"]
    return tuple(others) if stand.is_empty else (*others, Claim("steward", 100, stand.says, stand.denies))


def stand(claims: tuple[Claim, ...]) -> Stand:
    return next((Stand(each.says, each.denies) for each in claims if each.source == "steward"), Stand())


def tags_of(claims: tuple[Claim, ...]) -> set[str]:
    return {each["tag"] for each in (resolve(claims, TAGS) or {}).get("tags", ())}


@given(standing(), names)
def test_adding_adds_one_tag_and_no_more(claims: tuple[Claim, ...], tag: str) -> None:
    added = after(claims, stand_after(AddTag(tag=tag), claims, TAGS))
    assert tags_of(added) == tags_of(claims) | {tag}


@given(standing(), names)
def test_removing_removes_one_tag_whoever_says_it_and_no_more(claims: tuple[Claim, ...], tag: str) -> None:
    removed = after(claims, stand_after(RemoveTag(tag=tag), claims, TAGS))
    assert tags_of(removed) == tags_of(claims) - {tag}


@given(standing(), names)
def test_adding_then_removing_is_nothing(claims: tuple[Claim, ...], tag: str) -> None:
    if tag in tags_of(claims):
        return
    added = after(claims, stand_after(AddTag(tag=tag), claims, TAGS))
    assert stand(after(added, stand_after(RemoveTag(tag=tag), added, TAGS))) == stand(claims)


@given(standing(), names)
def test_an_edit_made_twice_is_made_once(claims: tuple[Claim, ...], tag: str) -> None:
    for intention in (AddTag(tag=tag), RemoveTag(tag=tag)):
        once = after(claims, stand_after(intention, claims, TAGS))
        assert stand_after(intention, once, TAGS) == stand(once)


@given(standing(), standing())
def test_events_lead_from_any_stand_to_any_other(claims: tuple[Claim, ...], others: tuple[Claim, ...]) -> None:
    before, wanted = stand(claims), stand(others)
    said_now, denied_now = before
    for each in events_between(URN, "tags", before, wanted, 7):
        if each.op == "retract":
            said_now, denied_now = None, frozenset()
        elif each.op == "upsert":
            said_now = wanted.says
        else:
            denied_now = wanted.denies
    assert Stand(said_now, denied_now) == wanted


def test_only_the_first_event_of_a_claim_carries_the_precondition() -> None:
    before = Stand(said(["urn:clew:tag:(clew,a)"]), frozenset({"x"}))
    first, second = events_between(URN, "tags", before, Stand(None, frozenset({"y"})), 7, "abc")
    assert (first.op, first.if_match, second.op, second.if_match) == ("retract", "abc@7", "deny", None)


def test_an_owner_leaves_in_one_role_or_in_all() -> None:
    ada = "urn:clew:person:(people,ada)"
    claims: tuple[Claim, ...] = ()
    for role in ("owner", "steward"):
        claims = after(claims, stand_after(AddOwner(owner=ada, role=role), claims, OWNERSHIP))
    one = stand_after(RemoveOwner(owner=ada, role="steward"), claims, OWNERSHIP)
    assert one.says == {"owners": [{"owner": ada, "role": "owner"}]}
    assert stand_after(RemoveOwner(owner=ada), claims, OWNERSHIP) == Stand()


def test_a_whole_document_is_replaced_and_denials_stay() -> None:
    claims = (Claim("steward", 100, {"text": "a"}, "all"),)
    rule = REGISTRY.get("documentation").resolution
    assert stand_after(Describe(text=" b "), claims, rule) == Stand({"text": "b", "format": "markdown"}, "all")
    assert stand_after(Undeprecate(), claims, rule) == Stand()
