"""The embedded ledger and its views against a naive model of the rules, over whatever hypothesis thinks of."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from clew.errors import NotFound
from clew.graph import open_graph
from clew.ledger import Source
from clew.ledger.sqlite import SqliteLedger
from clew.materialise.audit import check_graph, check_search, intervals_digest, views_digest
from clew.materialise.follower import Follower, GraphFollower, RelationsFollower, SearchFollower
from clew.materialise.rebuild import rebuild
from clew.materialise.views import Views
from clew.relations import open_relations
from clew.search import open_search
from clew_schemas import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Receipt, Record, Scope, event
from clew_schemas.edges import project
from clew_schemas.resolve import Claim
from faults.reference import Reference, Said

START = 1_700_000_000_000_000
SOURCES = {"steward": ("time", 100), "client": ("time", 50), "pg": ("crawl", 50), "dbt": ("crawl", 40)}
TIMED, CRAWLING = ("steward", "client"), ("pg", "dbt")
THINGS = [f"urn:clew:dataset:(x,s.t{number:02})" for number in range(12)]
ASPECTS = ("documentation", "tags", "lineage")
TAGS = ["urn:clew:tag:(clew,a)", "urn:clew:tag:(clew,b)"]
NEVER = "0" * 64
"""An etag that nothing ever had."""

thing = st.sampled_from(THINGS)
aspect = st.sampled_from(ASPECTS)
small = st.integers(0, 2)


def payload(aspect: str, value: int) -> dict[str, Any]:
    """Return one of three documents of an aspect."""
    if aspect == "documentation":
        return {"text": f"text {value}"}
    if aspect == "tags":
        return {"tags": [{"tag": tag} for tag in TAGS[: value + 1]]}
    return {"inputs": THINGS[:value], "outputs": THINGS[value : value + 2]}


def denial(aspect: str, value: int) -> dict[str, Any]:
    """Return a denial of the whole, or of one element."""
    return {"keys": [TAGS[value - 1]]} if aspect == "tags" and value else {"all": True}


@st.composite
def statements(draw: st.DrawFn, *, timed: bool) -> Event:
    """Draw an event. A `timed` one may say when it was seen, and have an id that came before."""
    name, op, value = draw(aspect), draw(st.sampled_from(["upsert"] * 4 + ["retract", "deny"])), draw(small)
    body = {"upsert": payload(name, value), "deny": denial(name, value), "retract": None}[op]
    members: dict[str, Any] = {"op": op}
    if timed and draw(st.booleans()):
        seconds = draw(st.sampled_from([-3600, -60, -1, 0, 1, 60, 3600]))
        members["observed"] = datetime.fromtimestamp(START // 1_000_000 + seconds, UTC)
        members["id"] = draw(st.sampled_from([None, "a", "b"]))
    if op == "upsert" and not draw(st.integers(0, 25)):
        body = {"unheard-of": 1}
    return event(draw(thing), name, body, **members)


def distinct(events: list[Event]) -> tuple[Event, ...]:
    return tuple({(each.urn, each.aspect): each for each in events}.values())


class Machine(RuleBasedStateMachine):
    """Both ledgers, told the same."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.now = START
        self.names = 0
        self.said: list[Record] = []
        self.etags: list[tuple[str, str, str]] = []
        self.open_numbers: dict[str, int] = {}
        self.sequences: dict[str, int] = {}
        self.ledger = self.opened()
        self.views = Views(
            open_graph(None, self.folder / "graph"),
            open_search(None, self.folder / "search"),
            open_relations(None, self.folder / "relations"),
        )
        self.model = Reference(SOURCES)
        for name, (order, rank) in SOURCES.items():
            if name != "steward":
                self.ledger.register(Source(name, order, rank))  # type: ignore[arg-type]

    def opened(self) -> SqliteLedger:
        return SqliteLedger.open(self.folder / "ledger.db", clock=lambda: self.now, synchronous="OFF")

    def name(self) -> str:
        self.names += 1
        return f"g{self.names}"

    def tell(self, record: Record) -> None:
        """Tell both, and compare what they answer."""
        (receipt,) = self.ledger.propose([record], waits=record.source in TIMED)
        self.compare(receipt, self.model.take(record, self.now))

    def tell_together(self, records: list[Group]) -> None:
        """Tell both what the ledger then takes in one transaction."""
        receipts = self.ledger.propose(records)
        for receipt, expected in zip(receipts, [self.model.take(each, self.now) for each in records], strict=True):
            self.compare(receipt, expected)

    def compare(self, receipt: Receipt, expected: Said) -> None:
        got = Said(
            receipt.status,
            receipt.seq,
            receipt.changed,
            receipt.unchanged,
            receipt.late,
            receipt.retracted,
            receipt.repeated,
        )
        assert got == expected, f"{got} is not {expected}"
        assert self.ledger.head_seq() == self.model.head

    # -- what sources do

    @rule(source=st.sampled_from(TIMED), events=st.lists(statements(timed=True), min_size=1, max_size=3))
    def say(self, source: str, events: list[Event]) -> None:
        group = Group(source, self.name(), tuple(events))
        self.said.append(group)
        self.tell(group)

    @rule(
        groups=st.lists(
            st.tuples(st.sampled_from(TIMED), st.lists(statements(timed=True), min_size=1, max_size=2)),
            min_size=2,
            max_size=5,
        )
    )
    def say_together(self, groups: list[tuple[str, list[Event]]]) -> None:
        told = [Group(source, self.name(), tuple(events)) for source, events in groups]
        self.said += told
        self.tell_together(told)

    @rule(source=st.sampled_from(TIMED), urn=thing, name=aspect, value=small, old=st.integers(0, 5))
    def edit_if_unchanged(self, source: str, urn: str, name: str, value: int, old: int) -> None:
        etag = self.model.etag(urn, name)
        stale = [each for each in self.etags if each[:2] == (urn, name) and each[2] != etag]
        self.etags.append((urn, name, etag))
        wanted = NEVER if old == 0 else stale[old % len(stale)][2] if stale and old < 3 else etag
        said = event(urn, name, payload(name, value), if_match=wanted)
        group = Group(source, self.name(), (said,))
        self.said.append(group)
        self.tell(group)

    @precondition(lambda self: self.said)
    @rule(at=st.integers(0, 10_000), renamed=st.booleans())
    def deliver_again(self, at: int, renamed: bool) -> None:
        record = self.said[at % len(self.said)]
        if renamed and isinstance(record, Group):
            record = Group(record.source, self.name(), record.events, record.crawl)
        self.tell(record)

    @rule(source=st.sampled_from(CRAWLING), aspects=st.sets(aspect, min_size=1), narrow=st.booleans(), step=small)
    def open_crawl(self, source: str, aspects: set[str], narrow: bool, step: int) -> None:
        number = self.open_numbers.get(source, 0) + step
        prefix = "urn:clew:dataset:(x,s.t0" if narrow else "urn:clew:dataset:(x,"
        record = CrawlOpen(source, number, Scope((prefix,), tuple(sorted(aspects))))
        self.open_numbers[source], self.sequences[source] = number, 0
        self.said.append(record)
        self.tell(record)

    @rule(
        source=st.sampled_from(CRAWLING),
        events=st.lists(statements(timed=False), min_size=1, max_size=4),
        back=st.sampled_from([0, 0, 0, 1, 3]),
        early=st.sampled_from([0, 0, 0, 0, 1, -1]),
    )
    def crawl_some(self, source: str, events: list[Event], back: int, early: int) -> None:
        number = max(0, self.open_numbers.get(source, 0) + early)
        sequence = max(0, self.sequences.get(source, 0) - back)
        said = distinct(events)
        group = Group(source, self.name(), said, CrawlPosition(number, sequence))
        self.sequences[source] = sequence + len(said)
        self.said.append(group)
        self.tell(group)

    @precondition(lambda self: self.open_numbers)
    @rule(source=st.sampled_from(CRAWLING), wrong=st.sampled_from([0, 0, 0, 1]))
    def close_crawl(self, source: str, wrong: int) -> None:
        number = self.open_numbers.get(source, 0)
        crawl = self.model.crawls[source].get(number)
        record = CrawlClose(source, number, (crawl.events if crawl else 0) + wrong)
        self.said.append(record)
        self.tell(record)

    @rule(source=st.sampled_from(CRAWLING), kept=st.integers(0, 12), value=small, count=st.sampled_from([0, 0, 1]))
    def crawl_all(self, source: str, kept: int, value: int, count: int) -> None:
        """A whole crawl: what it names no more is gone, unless that is too much at once."""
        number = self.open_numbers[source] = self.open_numbers.get(source, 0) + 1
        self.tell(CrawlOpen(source, number, Scope(("urn:clew:dataset:(x,",), ("documentation", "tags"))))
        events = [event(urn, name, payload(name, value)) for urn in THINGS[:kept] for name in ("documentation", "tags")]
        for at in range(0, len(events), 5):
            group = Group(source, self.name(), tuple(events[at : at + 5]), CrawlPosition(number, at))
            self.said.append(group)
            self.tell(group)
        self.sequences[source] = len(events)
        self.tell(CrawlClose(source, number, len(events) + count))

    @rule(at=st.integers(0, 100))
    def replay_parked(self, at: int) -> None:
        parked = self.ledger.parked()
        assert len(parked) == len(self.model.parked)
        if not parked:
            with pytest.raises(NotFound):
                self.ledger.replay(1_000_000)
            return
        place = at % len(parked)
        expected = self.model.take(self.model.parked[place], self.now, replayed=True)
        self.compare(self.ledger.replay(parked[place].id), expected)
        if expected.status != "refused":
            del self.model.parked[place]

    @precondition(lambda self: "dbt" not in self.model.retired and self.names > 30)
    @rule(sure=st.integers(0, 5))
    def retire(self, sure: int) -> None:
        if not sure:
            expected = self.model.retire("dbt")
            self.compare(self.ledger.retire("dbt"), expected)

    # -- what the world does

    @rule(seconds=st.sampled_from([-7200, -1, 1, 30, 7200]))
    def turn_the_clock(self, seconds: int) -> None:
        self.now += seconds * 1_000_000

    @rule()
    def open_again(self) -> None:
        self.ledger.close()
        self.ledger = self.opened()

    @rule()
    def follow(self) -> None:
        for kind in (GraphFollower, SearchFollower, RelationsFollower):
            follower: Follower = kind(self.ledger, self.views)
            while follower.step():
                pass

    # -- what must hold

    @invariant()
    def the_heads_are_those_of_the_model(self) -> None:
        assert self.heads() == self.model.heads()

    def heads(self) -> dict[tuple[str, str, str], tuple[Any, Any]]:
        found = {}
        entities = sorted({entity for entity, _ in self.ledger.live_keys()})
        claims = self.ledger.claims(entities)
        for entity in self.ledger.entities(entities):
            assert entity is not None
            for name, each in claims[entity.id].items():
                for claim in each:
                    found[entity.urn, name, claim.source] = (claim.says, denied(claim))
        return found

    def teardown(self) -> None:
        try:
            self.check_the_whole()
        finally:
            self.views.graph.close()
            self.views.search.close()
            self.views.relations.close()
            self.ledger.close()
            shutil.rmtree(self.folder)

    def check_the_whole(self) -> None:
        self.follow()
        assert self.ledger.heads_digest() == self.model.heads_digest()
        for urn in THINGS:
            for name in ASPECTS[:2]:
                assert self.ledger._etag(self.ledger.ids([urn])[0], name) == self.model.etag(urn, name)
        times = [commit.time for commit in self.ledger.tail(0, 100_000)]
        assert times == sorted(times)
        assert len(times) == self.model.head
        assert self.edges() == self.expected_edges()
        found = {document.urn for document in self.views.search.dump()}
        assert found == {key[0] for key, (says, _) in self.model.heads().items() if says is not None}
        assert [*check_graph(self.ledger, self.views), *check_search(self.ledger, self.views)] == []
        assert self.ledger.damages() == []
        before = views_digest(self.ledger, self.views), intervals_digest(self.ledger, self.views)
        rebuild("graph", self.ledger, self.views)
        rebuild("search", self.ledger, self.views)
        rebuild("relations", self.ledger, self.views)
        assert (views_digest(self.ledger, self.views), intervals_digest(self.ledger, self.views)) == before

    def edges(self) -> set[tuple[str, str, int, str]]:
        found = self.views.graph.dump()
        live = found.where(found.until >= found.until.max(initial=2**62))
        ids = [*live.src.tolist(), *live.dst.tolist()]
        names = {entity.id: entity.urn for entity in self.ledger.entities(ids) if entity}
        return {
            (names[src], names[dst], kind, self.ledger.name_of("source", source))
            for src, dst, kind, source in zip(
                live.src.tolist(), live.dst.tolist(), live.type.tolist(), live.source.tolist(), strict=True
            )
        }

    def expected_edges(self) -> set[tuple[str, str, int, str]]:
        claims: dict[tuple[str, str], list[Claim]] = {}
        for (urn, name, source), (says, denies) in self.model.heads().items():
            denied_keys = "all" if denies == {"all": True} else frozenset((denies or {}).get("keys", ()))
            claim = Claim(source, self.model.rank[source], says, denied_keys)  # type: ignore[arg-type]
            claims.setdefault((urn, name), []).append(claim)
        return {
            (edge.src, edge.dst, int(edge.type), edge.source)
            for (urn, name), each in claims.items()
            for edge in project(self.ledger.registry.get(name), urn, each)
        }


def denied(claim: Claim) -> Any:
    if claim.denies == "all":
        return {"all": True}
    return {"keys": sorted(claim.denies)} if claim.denies else None


@pytest.mark.parametrize(
    ("examples", "steps"), [(30, 30), pytest.param(300, 50, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
)
def test_whatever_is_said_in_whatever_order_the_ledger_is_as_its_rules_say(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=examples < 100,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate] if "CLEW_MUTANT" in os.environ else tuple(Phase),
        ),
    )
