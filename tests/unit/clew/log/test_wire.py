"""Proposals and commits on the wire: frozen schemas, and an exact way there and back."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clew_schemas
from clew.errors import BadInput
from clew.ledger import Change, Commit
from clew.ledger.port import Point
from clew.log import changes
from clew_schemas import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Record, Scope
from clew_schemas.registry import Registry
from clew_schemas.resolve import Claim
from clew_schemas.wire import CHANGES, PROPOSALS, frame, from_avro, to_avro, unframe

PUBLISHED = {
    "proposals.v1.avsc": "6cd50cdea5b316f1c23e319493f3bc6aa899c35789a607d34edde195247ef0e1",
    "changes.v1.avsc": "d3bf3c2f79a0a0d28f804f5097efc6a1316f0fd02f78bf4ca64ea763c659a692",
}
FOLDER = Path(clew_schemas.__file__).parent / "contracts" / "wire"
REGISTRY = Registry.built_in()

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
MOMENT = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7, minutes=-30))]))
RAW = st.binary(max_size=40).map(msgspec.Raw)
EVENTS = st.builds(
    Event,
    urn=TEXT,
    aspect=TEXT,
    op=st.sampled_from(["upsert", "retract", "deny"]),
    payload=RAW,
    version=INT64,
    id=st.none() | TEXT,
    observed=st.none() | MOMENT,
    if_match=st.none() | TEXT,
    name=TEXT,
    time=st.none() | MOMENT,
    step=INT64,
)
GROUPS = st.builds(
    Group,
    source=TEXT,
    id=TEXT,
    events=st.lists(EVENTS, max_size=4).map(tuple),
    crawl=st.none() | st.builds(CrawlPosition, INT64, INT64),
    branch=TEXT,
    message=st.none() | TEXT,
    author=st.none() | TEXT,
)
NAMES = st.lists(TEXT, max_size=3).map(tuple)
OPENINGS = st.builds(CrawlOpen, TEXT, INT64, st.builds(Scope, NAMES, NAMES), st.floats(allow_nan=False))
CLOSINGS = st.builds(CrawlClose, TEXT, INT64, INT64)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_envelope_never_changes(name: str) -> None:
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == PUBLISHED[name], "another shape is another file"


def test_every_published_envelope_is_guarded() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PUBLISHED)


@given(GROUPS | OPENINGS | CLOSINGS)
def test_a_proposal_comes_back_as_it_was(record: Record) -> None:
    assert from_avro(to_avro(record)) == record


def test_a_moment_without_a_zone_is_utc() -> None:
    said = Group("s", "g", (Event("u", "a", observed=datetime(2024, 2, 29, 12, 0, 0, 123456)),))
    (event,) = msgspec.structs.astuple(from_avro(to_avro(said)))[2]
    assert event.observed == datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_proposal_or_bad_input(body: bytes) -> None:
    try:
        record = from_avro(body)
    except BadInput:
        return
    assert from_avro(to_avro(record)) == record


@given(GROUPS, st.data())
def test_a_proposal_cut_or_lengthened_is_bad_input(group: Group, data: st.DataObject) -> None:
    body = to_avro(group)
    at = data.draw(st.integers(0, len(body) - 1))
    for broken in (body[:at], body + b"x"):
        with pytest.raises(BadInput):
            from_avro(broken)


def test_what_is_wrong_with_bytes_quotes_none_of_them() -> None:
    with pytest.raises(BadInput) as caught:
        from_avro(to_avro(Group("s", "walrus", ()))[:-3] + b"walrus" * 3)
    assert "walrus" not in repr(caught.value.to_dict())


@pytest.mark.parametrize(
    "record", [Group("s", "g", (Event("u", "a", step=2**63),)), Group("s\ud800", "g", ()), CrawlClose("s", 1, -(2**70))]
)
def test_what_avro_can_not_hold_is_bad_input(record: Record) -> None:
    with pytest.raises(BadInput):
        to_avro(record)


def test_a_moment_beyond_calendars_is_bad_input() -> None:
    said = {"body": ("clew.wire.v1.CrawlClose", {"source": "s", "number": 1, "events": 2})}
    assert from_avro(PROPOSALS.dump(said)) == CrawlClose("s", 1, 2)
    event = {"urn": "u", "aspect": "a", "op": "upsert", "payload": b"", "observed": 2**62}
    with pytest.raises(BadInput, match="calendar"):
        from_avro(PROPOSALS.dump({"body": ("clew.wire.v1.Group", {"source": "s", "id": "g", "events": [event]})}))


def test_patch_is_reserved() -> None:
    event = {"urn": "u", "aspect": "a", "op": "patch", "payload": b"{}"}
    with pytest.raises(BadInput, match="reserved"):
        from_avro(PROPOSALS.dump({"body": ("clew.wire.v1.Group", {"source": "s", "id": "g", "events": [event]})}))


def test_the_frame_is_a_zero_byte_and_the_id_big_endian() -> None:
    assert frame(258, b"x") == b"\x00\x00\x00\x01\x02x"
    assert unframe(frame(2**32 - 1, b"")) == (2**32 - 1, b"")
    for bad in (b"", b"\x00\x00\x00\x01", b"\x01\x00\x00\x00\x01x"):
        with pytest.raises(BadInput, match="Confluent framing"):
            unframe(bad)


def test_a_schema_is_known_by_what_it_means() -> None:
    loose = json.loads(PROPOSALS.text)
    loose["doc"] = "spelt otherwise"
    assert PROPOSALS.is_written_in(json.dumps(loose, indent=7))
    assert not PROPOSALS.is_written_in(CHANGES.text)
    loose["fields"].append({"name": "more", "type": "string"})
    for other in (json.dumps(loose), "", "{}", '"string"', "[[[", '{"type":"record"}'):
        assert not PROPOSALS.is_written_in(other)


# -- commits

DOCUMENT = st.fixed_dictionaries(
    {"text": TEXT}, optional={"n": INT64, "f": st.floats(allow_nan=False, allow_infinity=False)}
)
CLAIMS = st.builds(
    Claim,
    TEXT,
    st.integers(0, 100),
    st.none() | DOCUMENT,
    st.just("all") | st.frozensets(TEXT, max_size=3),
    INT64,
    INT64,
)
ASPECTS = st.sampled_from(["documentation", "schema", "lineage"])
CHANGE = st.builds(Change, st.just("main"), INT64, TEXT, ASPECTS, NAMES, st.lists(CLAIMS, max_size=3).map(tuple))


@st.composite
def commits(draw: st.DrawFn) -> Commit:
    seq = draw(INT64)
    point = st.builds(Point, INT64, TEXT, st.just("profile"), TEXT, TEXT, INT64, INT64, DOCUMENT, st.just(seq))
    said: dict[str, Any] = {name: draw(TEXT) for name in ("branch", "source", "group")}
    return Commit(
        seq,
        draw(INT64),
        **said,
        author=draw(st.none() | TEXT),
        message=draw(st.none() | TEXT),
        cause=draw(INT64),
        changes=tuple(draw(st.lists(CHANGE, max_size=3))),
        points=tuple(draw(st.lists(point, max_size=2))),
    )


@given(commits())
@settings(deadline=None)
def test_a_commit_comes_back_as_it_was(commit: Commit) -> None:
    assert changes.from_avro(changes.to_avro(commit, REGISTRY), REGISTRY) == commit


@given(commits(), st.integers(0, 3000))
@settings(deadline=None)
def test_a_commit_says_as_much_as_fits(commit: Commit, most: int) -> None:
    body = changes.to_avro(commit, REGISTRY, most)
    said = CHANGES.load(body)
    assert said["seq"] == commit.seq
    assert len(body) <= most or said["detail"] == "SEQ"
    if said["detail"] == "FULL":
        assert changes.from_avro(body, REGISTRY) == commit
        return
    assert changes.from_avro(body, REGISTRY) is None
    assert len(changes.to_avro(commit, REGISTRY)) > most
    keys = [(each["urn"], each["aspect"], each["claims"]) for each in said["changes"]]
    wanted: list[tuple[str, str, list[Claim]]] = [(each.urn, each.aspect, []) for each in commit.changes]
    assert keys == ([] if said["detail"] == "SEQ" else wanted)


def test_documents_of_an_older_version_are_brought_to_todays() -> None:
    aspect = REGISTRY.get("documentation")
    upcasts = {aspect.version: lambda said: {"text": said["text"].upper()}}
    newer = dataclasses.replace(aspect, version=aspect.version + 1, upcasts=upcasts)
    registry = Registry({**REGISTRY.aspects, "documentation": newer})
    commit = Commit(1, 0, "main", "s", "g", None, None, 0, (_change({"text": "a"}),), ())
    read = changes.from_avro(changes.to_avro(commit, REGISTRY), registry)
    assert read is not None and read.changes[0].claims[0].says == {"text": "A"}


def _change(says: dict[str, Any]) -> Change:
    return Change("main", 1, "u", "documentation", ("s",), (Claim("s", 50, says, frozenset(), 1, 1),))
