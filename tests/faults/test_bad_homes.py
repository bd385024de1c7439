"""Homes that went bad: cut off, altered, of a newer Clew, not writable, without room, copied while in use.

Views come back by themselves; what is wrong with the ledger is said, with what to do, and nothing is drawn from it.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from clew.errors import BadInput, Damaged, Unreachable
from clew.house import House
from clew.ledger import Commit, LedgerReader
from clew.ledger.sqlite import SqliteLedger
from clew.materialise.audit import views_digest
from clew.settings import Settings
from clew_schemas import Group, event
from flow import terminal
from flow.test_kill import ENVIRONMENT

VIEWS = ("graph", "search", "relations")

PER_COMMIT = 4_000
"""Characters of prose that a commit brings here: enough that the ledger has pages to damage."""


def thing(name: str | int) -> str:
    return f"urn:clew:dataset:(duckdb://bad,bad.main.{name})"


def said(number: int, seed: int = 0) -> Group:
    """Return a group that documents one thing, in words that don't compress, and lets it come from another."""
    dice = random.Random(f"{seed}/{number}")
    prose = " ".join(f"{dice.getrandbits(40):x}" for _ in range(PER_COMMIT // 11))
    lineage = {"inputs": [thing(number)], "outputs": [thing(number + 1)]}
    events = (
        event(thing(number), "documentation", {"text": prose}),
        event(thing(number), "schema", {"columns": [{"name": "a", "type": "INTEGER"}]}),
        event(f"urn:clew:job:(bad,j{number})", "lineage", lineage),
    )
    return Group("steward", f"{seed}/{number}", events)


def fill(house: House, groups: int, seed: int = 0) -> None:
    for number in range(groups):
        house.ledger.propose([said(number, seed)])
    house.catch_up()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with House(Settings(home=tmp_path / "home")) as house:
        fill(house, 60)
    return tmp_path / "home"


def clew(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on a home."""
    return terminal.clew(*words, environment={**ENVIRONMENT, "CLEW_HOME": str(home)})


# -- views


def files_of_views(home: Path) -> list[Path]:
    return sorted(path for view in VIEWS for path in (home / view).rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "harm",
    [
        "cut in half",
        *(pytest.param(each, marks=pytest.mark.slow) for each in ("emptied", "without its last byte", "garbage")),
    ],
)
def test_every_file_of_the_views_may_be_torn_and_they_come_back_the_same(home: Path, harm: str) -> None:
    with House(Settings(home=home)) as house:
        before = views_digest(house.ledger, house.views)
    kept = home.with_name("kept")
    shutil.copytree(home, kept)
    torn = [
        path.relative_to(home) for path in files_of_views(home) if not path.name.endswith((".lock", ".managed.json"))
    ]
    assert len(torn) > 10
    for name in torn:
        shutil.rmtree(home)
        shutil.copytree(kept, home)
        whole = (home / name).read_bytes()
        left = {"cut in half": whole[: len(whole) // 2], "emptied": b"", "without its last byte": whole[:-1]}
        (home / name).write_bytes(left.get(harm, os.urandom(len(whole))))
        with House(Settings(home=home)) as house:
            house.catch_up()
            report = house.doctor()
            assert all(finding["view"] != "ledger" for finding in report["findings"]), name
            assert views_digest(house.ledger, house.views) == before, name
    print(f"\n{len(torn)} files of the views, each {harm}: the same views afterwards")


# -- the ledger


def test_a_page_of_the_ledger_that_reads_back_wrong_is_told_and_nothing_is_drawn_from_it(home: Path) -> None:
    database = home / "ledger.db"
    whole = database.read_bytes()
    size = int.from_bytes(whole[16:18], "big")  # SQLite's header says how large its pages are
    pages = len(whole) // size
    assert pages > 20
    told = 0
    for page in range(0, pages, max(1, pages // 12)):
        harmed = bytearray(whole)
        harmed[page * size : page * size + 2048] = os.urandom(2048)
        database.write_bytes(harmed)
        told += said_of(home)
    assert told == len(range(0, pages, max(1, pages // 12)))
    print(f"\n{told} of {told} pages with garbage in them told")


def test_a_ledger_that_lost_its_last_pages_is_told(home: Path) -> None:
    database = home / "ledger.db"
    whole = database.read_bytes()
    for share in (0.0, 0.05, 0.5, 0.9, 0.99):
        database.write_bytes(whole[: int(len(whole) * share)])
        assert said_of(home), share


def said_of(home: Path) -> bool:
    """Say whether a house on this home tells of the damage, at its opening or by its doctor, and what to do."""
    try:
        with House(Settings(home=home)) as house:
            report = house.doctor()
    except Damaged as error:
        assert "backup" in (error.hint or "")
        return True
    assert report["mended"] == 0
    return bool(report["findings"]) and {each["view"] for each in report["findings"]} == {"ledger"}


def test_one_altered_word_in_what_was_said_is_told_with_whose_it_is(home: Path) -> None:
    connection = sqlite3.connect(home / "ledger.db")
    with connection:
        connection.execute(
            "UPDATE payload SET body = ? WHERE id = (SELECT says FROM claim WHERE says IS NOT NULL LIMIT 1)",
            (b'{"text":"as somebody wished it"}',),
        )
    connection.close()
    done = clew(home, "doctor", "--json")
    (finding,) = json.loads(done.stdout)["findings"]
    assert done.returncode == 1
    assert finding["view"] == "ledger"
    assert "documentation of urn:clew:dataset:(duckdb://bad,bad.main.0)" in finding["said"]
    assert "is not what was written" in finding["said"]


def test_the_command_line_tells_of_a_damaged_ledger_in_words(home: Path) -> None:
    (home / "ledger.db").write_bytes(b"\0" * 100_000)
    done = clew(home, "search", "anything")
    assert done.returncode == 1
    assert "damaged" in done.stderr + done.stdout
    assert "backup" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def crashed(folder: Path) -> Path:
    """Return a home as a crash leaves it: its last commits are in the log that SQLite writes ahead."""
    with House(Settings(home=folder / "running")) as house:
        fill(house, 30)
        connection = sqlite3.connect(folder / "running" / "ledger.db")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        fill(house, 30, seed=1)
        shutil.copytree(folder / "running", folder / "home")
    return folder / "home"


def epoch_of(path: Path) -> str:
    connection = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    (epoch,) = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    connection.close()
    return str(epoch)


@pytest.mark.parametrize("harm", ["cut off", "garbage"])
def test_a_damaged_end_of_the_log_loses_commits_that_views_had_seen_and_that_is_told(tmp_path: Path, harm: str) -> None:
    home = crashed(tmp_path)
    before = epoch_of(home / "ledger.db")
    log = home / "ledger.db-wal"
    whole = log.read_bytes()
    half = len(whole) // 2
    log.write_bytes(whole[:half] if harm == "cut off" else whole[:half] + os.urandom(len(whole) - half))
    with House(Settings(home=home)) as house:
        head = house.ledger.head_seq()
        assert 30 <= head < 60
        report = house.doctor()
        (finding,) = report["findings"]
        assert finding["view"] == "ledger"
        assert f"ended at {head} when it was opened, and a view had seen 60" in finding["said"]
        assert house.ledger.epoch != before, "a token of a lost commit must not stand for another one"
        with House(Settings(home=tmp_path / "prefix")) as prefix:
            fill(prefix, 30)
            for number in range(head - 30):
                prefix.ledger.propose([said(number, 1)])
            prefix.catch_up()
            assert house.ledger.heads_digest() == prefix.ledger.heads_digest()
            assert views_digest(house.ledger, house.views) == views_digest(prefix.ledger, prefix.views)


# -- newer homes


def test_views_of_a_newer_clew_are_refused_in_words(home: Path) -> None:
    pointer = home / "search" / "index.json"
    before = pointer.read_bytes()
    pointer.write_bytes(orjson.dumps({**orjson.loads(before), "format": 99}))
    with pytest.raises(BadInput, match="format 99"):
        House(Settings(home=home))
    pointer.write_bytes(before)
    (meta,) = (home / "graph").rglob("meta.json")
    meta.write_bytes(orjson.dumps({**orjson.loads(meta.read_bytes()), "format": 99}))
    with pytest.raises(BadInput, match="newer Clew"):
        House(Settings(home=home))


def test_the_command_line_refuses_a_newer_home_as_bad_input(home: Path) -> None:
    connection = sqlite3.connect(home / "ledger.db")
    with connection:
        connection.execute("UPDATE meta SET value = 99 WHERE key = 'format'")
    connection.close()
    done = clew(home, "search", "anything")
    assert done.returncode == 2
    assert "newer Clew" in done.stderr
    assert "Upgrade" in done.stderr


# -- no room, no right to write


@contextlib.contextmanager
def mounted(place: Path, *how: str) -> Iterator[Path]:
    place.mkdir()
    done = subprocess.run(["mount", *how, str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no mount here ({done.stderr.strip()}); the test with a limit of file size says the same")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def write_until_full(ledger: SqliteLedger) -> tuple[int, Unreachable]:
    """Write until there is no room; return how many groups were acknowledged, and what was said then."""
    for number in range(100_000):
        try:
            ledger.propose([said(number)])
        except Unreachable as error:
            return number, error
    raise AssertionError("there was always room")


def caught_up(house: House) -> bool:
    """Wait until every view has seen the ledger's head: what stood still tries again within 10 seconds."""
    head = house.ledger.head_seq()
    return any(all(each.position() >= head for each in house.followers) or time.sleep(0.2) for _ in range(300))


def settled(house: House) -> bool:
    """Wait until nothing stands still any more; say whether that came."""
    return any(not house.health()["failing"] or time.sleep(0.1) for _ in range(150))


def test_a_full_disk_is_told_reads_go_on_and_writes_too_once_there_is_room(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=48m", "none") as place:
        ballast = place / "ballast"
        ballast.write_bytes(bytes(28 << 20))
        with House(Settings(home=place / "home")) as house:
            house.start()
            assert isinstance(house.ledger, SqliteLedger)
            kept, error = write_until_full(house.ledger)
            assert "disk space" in (error.hint or "")
            assert house.ledger.head_seq() == kept
            assert len(every(house.ledger, kept)) == kept
            ballast.unlink()
            (receipt,) = house.ledger.propose([said(kept)])
            assert receipt.seq == kept + 1
            assert caught_up(house)
            assert house.doctor()["findings"] == []
            assert settled(house)
        with House(Settings(home=place / "home")) as house:
            assert house.ledger.head_seq() == kept + 1
            assert house.doctor()["findings"] == []
    print(f"\nfull after {kept} acknowledged groups: all there, one more after room was made")


def test_a_house_that_closes_on_a_full_disk_lets_go_of_its_home(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=48m", "none") as place:
        house = House(Settings(home=place / "home"))
        fill(house, 20)
        (place / "ballast").write_bytes(b"")
        with contextlib.suppress(OSError), (place / "ballast").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        with pytest.raises(Unreachable, match="snapshot can't be written"):
            house.close()
        (place / "ballast").unlink()
        with House(Settings(home=place / "home")) as again:
            again.catch_up()
            assert again.ledger.head_seq() == 20
            assert again.doctor()["findings"] == []


LIMITED = """
import resource, sys
from pathlib import Path
from faults.test_bad_homes import every, said, write_until_full
from clew.ledger import Commit, LedgerReader
from clew.ledger.sqlite import SqliteLedger
ledger = SqliteLedger.open(Path(sys.argv[1]))
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, unlimited[1]))
kept, error = write_until_full(ledger)
assert ledger.head_seq() == kept and len(every(ledger, kept)) == kept
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
(receipt,) = ledger.propose([said(kept)])
assert receipt.seq == kept + 1
print(kept, error)
"""


def test_a_limit_of_file_size_is_told_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path / "ledger.db"],
        env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    kept, _, why = done.stdout.partition(" ")
    assert "could not write" in why
    ledger = SqliteLedger.open(tmp_path / "ledger.db")
    assert ledger.head_seq() == int(kept) + 1
    assert ledger.damages() == []
    ledger.close()


def test_a_home_on_a_read_only_mount_is_refused_in_words(home: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "frozen", "--bind", str(home)) as place:
        done = subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("no read-only mount here")
        with pytest.raises(Unreachable, match="the home can't be used: Read-only file system"):
            House(Settings(home=place))
        done_by_clew = clew(place, "search", "anything")
        assert done_by_clew.returncode == 5
        assert "Read-only file system" in done_by_clew.stderr


def test_a_home_of_somebody_else_is_refused_in_words(home: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setuid(65534)
            House(Settings(home=home))
        except Unreachable:
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


# -- copied while in use


@pytest.mark.parametrize("copies", [4, pytest.param(30, marks=pytest.mark.slow)])
def test_a_home_copied_while_in_use_is_a_consistent_prefix_or_told_to_be_none(tmp_path: Path, copies: int) -> None:
    stop = threading.Event()
    prefixes = told = 0
    with House(Settings(home=tmp_path / "live")) as live:
        live.start()
        live.ledger.propose([said(0)])
        writer = threading.Thread(target=keep_writing, args=(live, stop))
        writer.start()
        try:
            for number in range(copies):
                copy = tmp_path / f"copy{number}"
                subprocess.run(["cp", "-r", tmp_path / "live", copy], check=False, stderr=subprocess.DEVNULL)
                if is_prefix(copy, live):
                    prefixes += 1
                else:
                    told += 1
                shutil.rmtree(copy)
        finally:
            stop.set()
            writer.join()
    assert prefixes
    print(f"\n{copies} copies of a home under load: {prefixes} consistent prefixes, {told} told to be damaged")


def keep_writing(house: House, stop: threading.Event) -> None:
    number = 1
    while not stop.is_set():
        group = said(number % 50, number // 50)
        house.ledger.propose([group])
        number += 1
        time.sleep(0.01)


def every(ledger: LedgerReader, head: int) -> list[Commit]:
    """Return all commits up to a seq, however many the tail hands out at a time."""
    found: list[Commit] = []
    while len(found) < head:
        found += ledger.tail(len(found), head - len(found))
    return found


def is_prefix(copy: Path, live: House) -> bool:
    """Say whether the copy is the live ledger up to some seq, with views that are its own; False when it is told."""
    try:
        with House(Settings(home=copy)) as house:
            report = house.doctor()
            if any(finding["view"] == "ledger" and finding["item"] == "ledger.db" for finding in report["findings"]):
                return False
            head = house.ledger.head_seq()
            assert head > 0
            mine, theirs = every(house.ledger, head), every(live.ledger, head)
            assert [each.group for each in mine] == [each.group for each in theirs]
            assert [each.changes for each in mine[-20:]] == [each.changes for each in theirs[-20:]]
            left = house.doctor()["findings"]
            assert all(finding["item"] == "commits" for finding in left), left
            return True
    except Damaged:
        return False
