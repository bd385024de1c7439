"""What says again what stands is taken by a shorter way, and comes out as by the whole one."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.ledger import Source
from clew.ledger.prepare import Standing
from clew.ledger.sqlite import SqliteLedger
from clew_schemas import Event, Group
from clew_schemas.event import CrawlClose, CrawlOpen, CrawlPosition, Receipt, Record, Scope, raw
from fuzz.ugly import tries

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
NOW = round(MOMENT.timestamp() * 1e6)
THINGS = [f"urn:clew:dataset:(duckdb://nyc,nyc.t{number})" for number in range(3)]
L = TypeVar("L", bound=SqliteLedger)
WORDS = ("old", "new", "postgres://u:hunter2@h/d")
CRAWL = 1_700_000_000_000_000


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the short way be taken by every group."""
    monkeypatch.setattr("clew.ledger.sqlite._MANY", 1)


class InFull(SqliteLedger):
    """The same ledger without the short way."""

    def _standing(self, groups: Sequence[Group]) -> dict[str, Standing]:
        return {}


class Overtaken(SqliteLedger):
    """A ledger in which somebody else is faster: between the look at the heads and the lock."""

    faster: Callable[[], object] | None = None

    def _standing(self, groups: Sequence[Group]) -> dict[str, Standing]:
        found = super()._standing(groups)
        faster, self.faster = self.faster, None
        if faster is not None:
            faster()
        return found


@contextmanager
def opened(kind: type[L], folder: Path) -> Iterator[L]:
    ledger = kind.open(folder / f"{kind.__name__}.db", clock=lambda: NOW)
    assert isinstance(ledger, kind)
    ledger.register(Source("timed", "time"))
    ledger.register(Source("crawled", "crawl"))
    try:
        yield ledger
    finally:
        ledger.close()


def spelt(value: Any, spelling: int) -> msgspec.Raw:
    if spelling == 0:
        return raw(value)
    turned = dict(sorted(value.items(), reverse=True))
    text = msgspec.json.format(msgspec.json.encode(turned))
    return msgspec.Raw(text.replace(b'"text"', b'"te\\u0078t"') if spelling == 2 else text)


@st.composite
def events(draw: st.DrawFn) -> Event:
    urn = draw(st.sampled_from(THINGS))
    observed = draw(st.none() | st.integers(0, 5).map(lambda day: MOMENT - timedelta(days=day)))
    id = draw(st.none() | st.sampled_from(["a", "b"]))
    op = draw(st.sampled_from(["upsert"] * 6 + ["retract", "deny"]))
    if op == "retract":
        return Event(urn, "documentation", "retract", observed=observed, id=id)
    if op == "deny":
        return Event(urn, "documentation", "deny", raw({"all": True}), observed=observed, id=id)
    said = {"text": draw(st.sampled_from(WORDS)), "format": draw(st.sampled_from(["plain", "plain", "wrong"]))}
    return Event(
        urn, "documentation", payload=spelt(said, draw(st.integers(0, 2))), observed=observed, id=id,
        version=draw(st.sampled_from([0, 0, 1, 2])), if_match=draw(st.sampled_from([None, None, None, "*@0"])),
    )  # fmt: skip


@st.composite
def streams(draw: st.DrawFn) -> list[list[Record]]:
    """Calls of a few groups each, of a source ordered by time."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=8))
    groups = (
        (f"{at}.{n}", draw(st.lists(events(), min_size=1, max_size=4))) for at, m in enumerate(sizes) for n in range(m)
    )
    made: list[Record] = [Group("timed", id, tuple(said)) for id, said in groups]
    calls, at = [], 0
    for size in sizes:
        calls.append(made[at : at + size])
        at += size
    return calls


@st.composite
def crawls(draw: st.DrawFn) -> list[list[Record]]:
    """Crawls one after the other, some of their groups sent twice or after the close."""
    calls: list[list[Record]] = []
    for number in range(CRAWL, CRAWL + draw(st.integers(1, 4))):
        scope = Scope(("urn:clew:dataset:(duckdb://nyc,",), ("documentation",))
        calls.append([CrawlOpen("crawled", number, scope, 1.0)])
        sent = 0
        for urns in draw(st.lists(st.lists(st.sampled_from(THINGS), min_size=1, max_size=3), max_size=3)):
            said = tuple(
                Event(
                    urn,
                    "documentation",
                    payload=spelt({"text": draw(st.sampled_from(WORDS)), "format": "plain"}, draw(st.integers(0, 2))),
                    if_match=draw(st.sampled_from([None, None, None, "*@0"])),
                )
                for urn in urns
            )
            group = Group("crawled", f"{number}.{sent}", said, CrawlPosition(number, sent))
            if draw(st.booleans()):
                calls.append([group])
            else:
                calls[-1].append(group)
            sent += len(said)
            if draw(st.booleans()):
                calls.append([msgspec.structs.replace(group, id=f"again-{group.id}")])
        calls.append([CrawlClose("crawled", number, draw(st.sampled_from([sent, sent, sent + 1])))])
    return calls


def told(receipts: Sequence[Receipt]) -> list[Any]:
    return [msgspec.structs.replace(each, token=each.token.partition("-")[2]) for each in receipts]


def stored(ledger: SqliteLedger) -> list[Any]:
    """Return heads with their marks, facts, and what crawls named: everything but what is packed and hashed."""
    with sqlite3.connect(ledger.path) as connection:
        return [
            connection.execute(sql).fetchall()
            for sql in (
                "SELECT entity, aspect, source, seq, says, denies, observed, mark FROM claim ORDER BY id",
                "SELECT seq, n, claim, op, moved, says, denies, observed, ord FROM fact ORDER BY seq, n",
                "SELECT id, parent, name, tail FROM entity ORDER BY id",
                "SELECT source, number, state, events, high FROM crawl ORDER BY id",
                "SELECT crawl, page, bits FROM crawl_named ORDER BY 1, 2",
                "SELECT source, grp, length(body) FROM receipt ORDER BY 1, 2",
                "SELECT p.id, p.version, length(p.body) FROM payload p ORDER BY id",
                "SELECT seq, source, grp FROM commits ORDER BY seq",
            )
        ]


def same_either_way(calls: list[list[Record]]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(SqliteLedger, Path(folder)) as short,
        opened(InFull, Path(folder)) as full,
    ):
        for call in calls:
            assert told(short.propose(call)) == told(full.propose(call))
        assert stored(short) == stored(full)
        assert short.heads_digest() == full.heads_digest()
        assert b"hunter2" not in short.path.read_bytes() + Path(f"{short.path}-wal").read_bytes()


@tries(60)
@given(streams())
def test_timed_events_come_out_the_same_by_the_short_way_and_the_whole_one(calls: list[list[Record]]) -> None:
    same_either_way(calls)


@tries(30)
@given(crawls())
def test_crawls_come_out_the_same_by_the_short_way_and_the_whole_one(calls: list[list[Record]]) -> None:
    same_either_way(calls)


def saying(text: str, id: str, **members: Any) -> Group:
    payload = raw({"text": text, "format": "plain"})
    return Group("timed", id, (Event(THINGS[0], "documentation", payload=payload, **members),))


def text_of(ledger: SqliteLedger) -> Any:
    (number,) = ledger.ids([THINGS[0]])
    (claim,) = ledger.claims([number])[number]["documentation"]
    assert claim.says is not None
    return claim.says["text"]


def test_what_stood_at_the_first_look_is_said_again_when_the_head_has_moved_before_the_lock(tmp_path: Path) -> None:
    with opened(Overtaken, tmp_path) as ledger:
        ledger.propose([saying("old", "1")])
        ledger.faster = lambda: ledger.propose([saying("new", "2")])
        (receipt,) = ledger.propose([saying("old", "3")])
        assert (receipt.status, receipt.changed, text_of(ledger)) == ("accepted", 1, "old")
        assert [
            fact.says and fact.says["text"] for fact in ledger.history(ledger.ids([THINGS[0]])[0], "documentation")
        ] == [
            "old",
            "new",
            "old",
        ]


def crawling(text: str, sequence: int, number: int = CRAWL, source: str = "crawled") -> Group:
    payload = raw({"text": text, "format": "plain"})
    said = (Event(THINGS[0], "documentation", payload=payload),)
    return Group(source, f"{number}.{sequence}", said, CrawlPosition(number, sequence))


def crawled_once(ledger: SqliteLedger) -> None:
    """Let a crawl have said something, and the next one be open."""
    scope = Scope(("urn:clew:dataset:(duckdb://nyc,",), ("documentation",))
    ledger.propose([CrawlOpen("crawled", CRAWL - 1, scope, 1.0), crawling("old", 0, CRAWL - 1)])
    ledger.propose([CrawlClose("crawled", CRAWL - 1, 1), CrawlOpen("crawled", CRAWL, scope, 1.0)])


@pytest.mark.parametrize("other", ["crawled", "timed"])
def test_a_crawl_says_again_what_stood_though_a_head_has_moved_before_the_lock(tmp_path: Path, other: str) -> None:
    with opened(Overtaken, tmp_path) as ledger:
        crawled_once(ledger)
        news = crawling("new", 0) if other == "crawled" else saying("new", "1")
        ledger.faster = lambda: ledger.propose([news])
        (receipt,) = ledger.propose([crawling("old", 1)])
        assert (receipt.status, receipt.changed) == (("accepted", 1) if other == "crawled" else ("unchanged", 0))
        (claim,) = (
            claim
            for claim in ledger.claims(ledger.ids([THINGS[0]]))[ledger.ids([THINGS[0]])[0]]["documentation"]
            if claim.source == "crawled"
        )
        assert claim.says == {"text": "old", "format": "plain"}


def test_a_crawl_says_again_what_stood_though_a_head_moves_in_the_same_transaction(tmp_path: Path) -> None:
    with opened(SqliteLedger, tmp_path) as ledger:
        crawled_once(ledger)
        receipts = ledger.propose([crawling("new", 0), crawling("old", 1)])
        assert [each.status for each in receipts] == ["accepted", "accepted"]
        assert text_of(ledger) == "old"


def test_what_a_crawl_says_again_is_decided_at_once_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(SqliteLedger, tmp_path) as ledger:
        crawled_once(ledger)
        monkeypatch.setattr("clew.ledger.prepare._prepare_event", None)
        monkeypatch.setattr("clew.ledger.decide._decide_event", None)
        woken: list[bool] = []
        monkeypatch.setattr(ledger._committed, "notify_all", lambda: woken.append(True))
        (receipt,) = ledger.propose([crawling("old", 0)])
        assert (receipt.status, receipt.unchanged) == ("unchanged", 1)
        (closed,) = ledger.propose([CrawlClose("crawled", CRAWL, 1)])
        assert (closed.status, closed.retracted) == ("closed", 0)
        assert not woken  # who follows has nothing to take


def test_what_stands_is_late_news_in_full_when_its_order_is_past(tmp_path: Path) -> None:
    with opened(SqliteLedger, tmp_path) as ledger:
        ledger.propose([saying("old", "1", observed=MOMENT - timedelta(days=1))])
        (receipt,) = ledger.propose([saying("old", "2", observed=MOMENT - timedelta(days=2))])
        assert (receipt.late, receipt.unchanged) == (1, 0)
        assert len(ledger.history(ledger.ids([THINGS[0]])[0], "documentation")) == 2


def test_what_stands_is_not_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(SqliteLedger, tmp_path) as ledger:
        ledger.propose([saying("old", "1")])
        monkeypatch.setattr("clew.ledger.prepare._content", None)
        (receipt,) = ledger.propose([saying("old", "2")])
        assert (receipt.status, receipt.unchanged) == ("unchanged", 1)


def test_a_key_that_stands_twice_is_refused_though_the_last_of_them_is_what_stands(tmp_path: Path) -> None:
    with opened(SqliteLedger, tmp_path) as ledger:
        ledger.propose([saying("old", "1")])
        twice = msgspec.Raw(b'{"text": "other", "format": "plain", "text": "old"}')
        (receipt,) = ledger.propose([Group("timed", "2", (Event(THINGS[0], "documentation", payload=twice),))])
        assert receipt.status == "refused"
        assert "twice" in receipt.errors[0]["what"]


def test_a_failed_transaction_leaves_no_trace_in_what_the_next_one_numbers(tmp_path: Path) -> None:
    with opened(SqliteLedger, tmp_path) as ledger:
        ledger.propose([saying("old", "1")])
        flush = ledger._store.flush

        def fail() -> None:
            ledger._store.flush = flush  # type: ignore[method-assign]
            raise sqlite3.OperationalError("disk full")

        ledger._store.flush = fail  # type: ignore[method-assign]
        urn = THINGS[1]
        group = Group("timed", "2", (Event(urn, "documentation", payload=raw({"text": "x", "format": "plain"})),))
        ledger.propose([group])  # tried again by itself
        assert ledger.stats()["entities"] == 2
        assert orjson.dumps(ledger.history(ledger.ids([urn])[0], "documentation")[0].seq) == b"2"


def test_the_tail_in_memory_is_the_tail_that_a_new_reader_reads(tmp_path: Path) -> None:
    with opened(SqliteLedger, tmp_path) as ledger:
        for number in range(12):
            ledger.propose([saying(f"text {number}", str(number))])
            ledger.tail(max(0, number - 3), 5)
        held = [ledger.tail(after, 100 - after) for after in range(12)]
        again = [ledger.tail(after, 100 - after) for after in range(12)]
        assert held == again
        assert [len(each) for each in held] == [12 - after for after in range(12)]
        assert [commit.seq for commit in held[4][:1]] == [5]
        with opened(InFull, tmp_path / "none") as other:
            assert other.tail(0) == []
        fresh = SqliteLedger.open(ledger.path, clock=lambda: NOW)
        assert [fresh.tail(seq, 1) for seq in range(12)] == [ledger.tail(seq, 1) for seq in range(12)]
        fresh.close()
