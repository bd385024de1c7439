"""What every ledger must do as a whole: archive, fill from an archive, sweep, say its sizes.

An engine's test module gives the fixture `make_place`, which returns how one store is opened, and imports these tests.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import zstandard

from clew.errors import BadInput, ClewError, Conflict, Damaged
from clew.ledger import Commit, Ledger, Source
from clew.ledger.archive import MEMBERS, Archive, write
from clew.ledger.port import TokenRow
from clew.ledger.sqlite import SqliteLedger
from clew_schemas import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Scope, event
from contracts.ledger_contract import CLOCK, ITEMS, NS, ORDERS, Clock, Crawler, edit, note, one

Open = Callable[[], Ledger]
MakePlace = Callable[[Clock], Open]
SECRET_HASH = "5ec4e7" * 10
PROFILED = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def full(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    """An embedded ledger that holds something of everything."""
    with closing(SqliteLedger.open(tmp_path / "full" / "ledger.db", clock=clock)) as ledger:
        fill(ledger)
        yield ledger


def fill(ledger: Ledger) -> None:
    """Put something of everything into a ledger: history, late news, denials, crawls, points, parked, a custom kind."""
    crawler = Crawler(ledger)
    ledger.set_public_key("pg", bytes(range(32)))
    crawler.crawl(note(ORDERS, "a"), note(ITEMS, "b"))
    crawler.crawl(note(ORDERS, 'ä \\ " \U0001f600'))
    crawler.open()
    crawler.send(note(ORDERS, 'ä \\ " \U0001f600'))
    one(ledger, edit(note(ORDERS, "mine"), author="ada", message="why", id="kept"))
    one(ledger, edit(note(ORDERS, "late", observed=datetime(2021, 1, 1, tzinfo=UTC))))
    one(ledger, edit(event(ITEMS, "documentation", {"all": True}, op="deny")))
    one(ledger, edit(Event(ORDERS, "documentation", op="retract")))
    one(ledger, edit(event("urn:clew:kind:(clew,sheet)", "kind_definition", {"label": "Sheet"})))
    one(ledger, edit(note("urn:clew:sheet:(ns,a)", "a custom thing")))
    one(ledger, edit(note(ITEMS, "x" * 5000), id="long"))
    for day in range(5):
        one(ledger, edit(profile(ORDERS, PROFILED + timedelta(days=day), day)))
    ledger.propose([edit(event(ITEMS, "documentation", {"txt": "bad"}))], waits=False)
    ledger.set_cursor("derived.sql", 3)
    ledger.put_token(TokenRow("ci", SECRET_HASH, ("read",), "", 1, False))


def profile(urn: str, time: datetime, rows: int) -> Event:
    """Return a point of a series with a retention."""
    return event(urn, "profile", {"rows": rows}, time=time)


def archived(ledger: Ledger, written: int = 7) -> bytes:
    """Return the archive of a ledger."""
    return b"".join(write(ledger, written, "test"))


def lines(packed: bytes) -> list[bytes]:
    """Return the lines of an archive."""
    with zstandard.ZstdDecompressor().stream_reader(packed) as reader:
        return reader.read().splitlines(keepends=True)


def repacked(said: list[bytes]) -> bytes:
    """Return an archive of these lines."""
    return zstandard.ZstdCompressor().compress(b"".join(said))


def commits_of(ledger: Ledger, head: int) -> list[Commit]:
    """Return all commits up to `head`; the tail hands them out in portions of its own choice."""
    found: list[Commit] = []
    while len(found) < head and (more := ledger.tail(len(found), head - len(found))):
        found += more
    return found


def everything(ledger: Ledger) -> dict[str, object]:
    """Return what readers can ask of a ledger, but for its epoch and for what is kept here only."""
    urns = sorted({change.urn for commit in commits_of(ledger, ledger.head_seq()) for change in commit.changes})
    found: dict[str, object] = {
        "tail": commits_of(ledger, ledger.head_seq()),
        "heads": ledger.heads_digest(),
        "sources": ledger.sources(),
        "keys": [ledger.public_key(each.name) for each in ledger.sources()],
        "parked": ledger.parked(),
        "crawl": ledger.last_crawl("pg"),
        "cursor": ledger.cursor("derived.sql"),
        "found": ledger.find("orders"),
        "live": list(ledger.live_keys()),
    }
    for urn, number in zip(urns, ledger.ids(urns), strict=True):
        found[urn] = [ledger.history(number, aspect) for aspect in ("documentation", "profile")]
        found[f"points of {urn}"] = ledger.points(number, "profile")
    return found


def test_a_ledger_that_was_filled_from_an_archive_is_the_same_under_a_new_epoch(
    full: Ledger, make_place: MakePlace, clock: Clock
) -> None:
    place = make_place(clock)
    with closing(place()) as empty:
        epoch = empty.adopt(Archive(io.BytesIO(archived(full))))
    with closing(place()) as ledger:
        assert ledger.epoch == epoch != full.epoch
        assert everything(ledger) == everything(full)
        assert ledger.head_seq() == full.head_seq()
        again = lines(archived(ledger, written=9))
        assert again[1:-1] == lines(archived(full))[1:-1]
        assert json.loads(again[-1])["headsDigest"] == full.heads_digest()


def test_a_filled_ledger_goes_on_where_the_other_stopped(full: Ledger, make_place: MakePlace, clock: Clock) -> None:
    place = make_place(clock)
    with closing(place()) as empty:
        empty.adopt(Archive(io.BytesIO(archived(full))))
    with closing(place()) as ledger:
        again = one(ledger, edit(note(ORDERS, "mine"), id="kept"))
        assert (again.repeated, again.token.partition("-")[0]) == (True, ledger.epoch)
        unchanged = one(ledger, edit(note(ITEMS, "x" * 5000)))
        assert unchanged.status == "unchanged"
        new = one(ledger, edit(note("urn:clew:sheet:(ns,b)", "another")))
        assert (new.status, new.seq) == ("accepted", full.head_seq() + 1)
        number = ledger.last_crawl("pg")
        assert number is not None
        closed = one(ledger, CrawlClose("pg", number[0], 1))
        assert (closed.status, closed.retracted) == ("closed", 0)
        ledger.register(Source("new", "crawl"))
        one(ledger, CrawlOpen("new", CLOCK, Scope((f"urn:clew:dataset:({NS},",), ("documentation",))))
        assert one(ledger, Group("new", "n", (note(ORDERS, "n"),), CrawlPosition(CLOCK, 0))).status == "accepted"


def test_no_secret_of_a_token_is_in_an_archive_and_tokens_of_the_ledger_itself_stay(
    full: Ledger, make_place: MakePlace, clock: Clock
) -> None:
    packed = archived(full)
    assert SECRET_HASH.encode() not in b"".join(lines(packed))
    place = make_place(clock)
    with closing(place()) as empty:
        empty.put_token(TokenRow("own", "0f" * 32, ("read",), "", 1, False))
        empty.adopt(Archive(io.BytesIO(packed)))
    with closing(place()) as ledger:
        assert [row.name for row in ledger.tokens()] == ["own"]


def test_only_an_empty_ledger_is_filled(full: Ledger, make_place: MakePlace, clock: Clock) -> None:
    with closing(make_place(clock)()) as ledger:
        one(ledger, edit(note(ORDERS, "here first")))
        before = ledger.heads_digest(), ledger.epoch
        with pytest.raises(Conflict, match="empty ledger only"):
            ledger.adopt(Archive(io.BytesIO(archived(full))))
        assert (ledger.heads_digest(), ledger.epoch) == before
    with closing(make_place(clock)()) as ledger:
        ledger.register(Source("mine", "time"))
        with pytest.raises(Conflict, match="the source mine"):
            ledger.adopt(Archive(io.BytesIO(archived(full))))


def test_a_broken_archive_leaves_nothing_behind_wherever_it_is_broken(
    full: Ledger, make_place: MakePlace, clock: Clock
) -> None:
    packed = archived(full)
    broken = [packed[: len(packed) * part // 10] for part in range(10)] + [packed[:-1]]
    broken += [_flipped(packed, len(packed) * part // 10) for part in range(10)] + [packed + b"x", packed + packed]
    broken += list(_altered(lines(packed)))
    place = make_place(clock)
    with closing(place()) as ledger:
        before = everything(ledger)
        for each in broken:
            with pytest.raises((Damaged, BadInput)) as told:
                ledger.adopt(Archive(io.BytesIO(each)))
            assert told.value.where or told.value.hint
    with closing(place()) as ledger:
        assert everything(ledger) == before
        ledger.adopt(Archive(io.BytesIO(packed)))


def _flipped(packed: bytes, at: int) -> bytes:
    return packed[:at] + bytes([packed[at] ^ 0x55]) + packed[at + 1 :]


def _altered(said: list[bytes]) -> Iterator[bytes]:
    """Yield archives whose compression is whole and whose content is not."""
    for part in range(10):
        at = max(1, len(said) * part // 10)
        yield repacked(said[:at] + said[at + 1 :])
        yield repacked([*said[:at], said[at], *said[at:]])
    yield repacked([line.replace(b"mine", b"mein") for line in said])
    yield repacked(said[:-1])
    yield repacked([*said, b"{}\n"])
    yield repacked([*said[:-1], said[-1].replace(b'"headsDigest":"', b'"headsDigest":"0')])


def test_a_foreign_file_is_refused_in_words() -> None:
    for each in (b"", b"hello", zstandard.ZstdCompressor().compress(b'{"a": 1}\n'), b"\x1f\x8b" + bytes(100)):
        with pytest.raises(BadInput, match="no archive of Clew"):
            Archive(io.BytesIO(each))


def test_an_archive_of_a_newer_clew_is_refused_in_words(full: Ledger) -> None:
    said = lines(archived(full))
    newer = repacked([said[0].replace(b'"format":1', b'"format":2'), *said[1:]])
    with pytest.raises(BadInput, match="newer Clew"):
        Archive(io.BytesIO(newer))


def test_an_archive_names_its_members_and_columns(full: Ledger) -> None:
    said = [json.loads(line) for line in lines(archived(full)) if line.startswith(b"{")]
    begun = {each["member"]: each["columns"] for each in said if "member" in each}
    assert begun == {member.name: list(member.columns) for member in MEMBERS}
    assert said[-1]["manifest"]["fact"] == full.stats()["facts"]
    assert msgspec.json.encode(said[0]["head"]) == str(full.head_seq()).encode()


def test_a_sweep_deletes_old_points_in_portions_and_keeps_the_newest_of_each(
    make_place: MakePlace, clock: Clock
) -> None:
    clock.micros = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1e6)
    with closing(make_place(clock)()) as ledger:
        for urn in (ORDERS, ITEMS):
            for day in range(7):
                one(ledger, edit(profile(urn, PROFILED + timedelta(days=day), day)))
        limit = int((PROFILED + timedelta(days=5)).timestamp() * 1e6)
        assert sum(len(commit.points) for commit in ledger.tail(0, 1_000)) == 14
        assert ledger.sweep("profile", limit, portion=3) == 10
        assert sum(len(commit.points) for commit in ledger.tail(0, 1_000)) == 4
        assert [point.payload["rows"] for point in ledger.points(ledger.ids([ORDERS])[0], "profile")] == [6, 5]
        assert ledger.sweep("profile", clock.micros, portion=3) == 2
        assert [point.payload["rows"] for point in ledger.points(ledger.ids([ITEMS])[0], "profile")] == [6]
        assert (ledger.sweep("profile", clock.micros), ledger.sweep("quality_result", clock.micros)) == (0, 0)
        assert ledger.swept() == {"profile": 12}
        assert (ledger.stats()["points"], ledger.sizes().payload_rows) == (2, 2)
        assert ledger.head_seq() == 14


def test_sizes_add_up(full: Ledger, make_place: MakePlace, clock: Clock) -> None:
    place = make_place(clock)
    with closing(place()) as empty:
        empty.adopt(Archive(io.BytesIO(archived(full))))
    with closing(place()) as ledger:
        said, stats = ledger.sizes().to_dict(), ledger.stats()
        assert sum(each["facts"] for each in said["aspects"].values()) == stats["facts"]
        assert sum(each["points"] for each in said["sources"].values()) == stats["points"]
        assert sum(each["claims"] for each in said["sources"].values()) == stats["claims"]
        assert said["payloads"]["stored"] == stats["payloadBytes"] < said["payloads"]["unpacked"]
        assert said["tables"]["fact"]["rows"] == stats["facts"]
        assert sum(each["bytes"] for each in said["tables"].values()) == said["bytes"] > stats["payloadBytes"]
        assert said["aspects"] == full.sizes().to_dict()["aspects"]


def test_errors_of_reading_pass_through(full: Ledger, make_place: MakePlace, clock: Clock) -> None:
    class Torn(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ClewError("the line went dead")

    with closing(make_place(clock)()) as ledger, pytest.raises(ClewError, match="went dead"):
        ledger.adopt(Archive(Torn(archived(full))))
