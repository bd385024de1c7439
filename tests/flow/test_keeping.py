"""Backups and archives under fire: taken while others write, cut, changed, on a full disk; and what they never hold."""

from __future__ import annotations

import io
import os
import random
import subprocess
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi.testclient import TestClient

from clew.api.app import create_app
from clew.care import backed_up, restored
from clew.errors import BadInput, ClewError, Conflict
from clew.house import House
from clew.ledger import Ledger
from clew.ledger.archive import MEMBERS, Archive, Member, Row, Snapshot, write
from clew.ledger.runs import in_order
from clew.ledger.sqlite import SqliteLedger
from clew.query.answer import Viewer
from clew.settings import Settings
from clew_schemas import Group, event
from clew_schemas.registry import Registry
from contracts.archive_contract import commits_of
from flow import terminal

MEGABYTE = 1024 * 1024


def urn(name: str) -> str:
    return f"urn:clew:dataset:(duckdb://shop,shop.main.{name})"


def note(name: str, text: str) -> Group:
    """Return a group that says the same of two things, so that a torn one would show."""
    events = tuple(event(urn(f"{name}_{side}"), "documentation", {"text": text}) for side in "ab")
    return Group("steward", f"{name}/{text[:40]}", events)


def open_in(home: Path) -> SqliteLedger:
    return SqliteLedger.open(home / "ledger.db")


@pytest.fixture
def packed(tmp_path: Path) -> bytes:
    """A backup of a small ledger."""
    with closing(open_in(tmp_path / "small")) as ledger:
        ledger.propose([note("orders", str(n)) for n in range(20)])
        return b"".join(backed_up(ledger, tmp_path / "small"))


def test_a_backup_beside_two_writers_is_a_prefix_that_holds_all_that_was_acknowledged(tmp_path: Path) -> None:
    home, stop = tmp_path / "home", threading.Event()
    acknowledged: list[int] = []
    with closing(open_in(home)) as ledger:

        def write_on(name: str) -> None:
            n = 0
            while not stop.is_set():
                (receipt,) = ledger.propose([note(name, f"{n} {'x' * 500}")])
                acknowledged.append(receipt.seq or 0)
                n += 1

        writers = [threading.Thread(target=write_on, args=(name,)) for name in ("one", "two")]
        for each in writers:
            each.start()
        try:
            for attempt in range(3):
                while len(acknowledged) < 60 * (attempt + 1):
                    stop.wait(0.01)
                before = max(acknowledged)
                whole = b"".join(backed_up(ledger, home))
                restored(io.BytesIO(whole), tmp_path / f"restored{attempt}")
                with closing(open_in(tmp_path / f"restored{attempt}")) as copy:
                    head = copy.head_seq()
                    assert before <= head
                    assert commits_of(copy, head) == commits_of(ledger, head)
                    assert _pairs_agree(copy)
        finally:
            stop.set()
            for each in writers:
                each.join()
        assert not list(home.glob("*.part"))


def _pairs_agree(ledger: Ledger) -> bool:
    """Say whether both things of each group say the same."""
    said = []
    for name in ("one", "two"):
        ids = ledger.ids([urn(f"{name}_a"), urn(f"{name}_b")])
        claims = ledger.claims(ids)
        said.append(len({claims[each]["documentation"][0].says["text"] for each in ids}) == 1)
    return all(said)


def test_a_broken_backup_is_refused_and_the_home_stays_as_it_was(tmp_path: Path, packed: bytes) -> None:
    broken = [packed[: len(packed) * part // 10] for part in range(10)]
    broken += [_flipped(packed, len(packed) * part // 10 + 600) for part in range(10)]
    broken += [b"hello", packed[:1024], bytes(10240)]
    for each in broken:
        with pytest.raises(ClewError):
            restored(io.BytesIO(each), tmp_path / "target")
        assert [path.name for path in (tmp_path / "target").iterdir()] == ["lock"]
    assert restored(io.BytesIO(packed), tmp_path / "target")["bytes"] < len(packed)


def _flipped(packed: bytes, at: int) -> bytes:
    at = min(at, len(packed) - 11_000)
    return packed[:at] + bytes([packed[at] ^ 0x55]) + packed[at + 1 :]


def test_a_home_with_a_ledger_is_never_restored_over(tmp_path: Path, packed: bytes) -> None:
    with closing(open_in(tmp_path / "mine")) as ledger:
        digest = ledger.heads_digest()
    with pytest.raises(Conflict, match="holds a ledger already"):
        restored(io.BytesIO(packed), tmp_path / "mine")
    with closing(open_in(tmp_path / "mine")) as ledger:
        assert ledger.heads_digest() == digest


def test_what_was_restored_has_a_new_epoch_and_refuses_the_old_ones_tokens(tmp_path: Path) -> None:
    viewer = Viewer("me", frozenset({"read"}))
    with House(Settings(home=tmp_path / "home")) as house:
        (receipt,) = house.ledger.propose([note("orders", "all")])
        house.questions.describe(urn("orders_a"), viewer)
        whole = b"".join(house.backup())
        house.ledger.propose([note("orders", "after the backup")])
        house.questions.describe(urn("orders_a"), viewer)
    (tmp_path / "home" / "ledger.db").rename(tmp_path / "lost.db")
    for left in (tmp_path / "home").glob("ledger.db-*"):
        left.unlink()
    restored(io.BytesIO(whole), tmp_path / "home")
    with House(Settings(home=tmp_path / "home")) as house:
        with pytest.raises(BadInput, match="is of epoch"):
            house.questions.describe(urn("orders_a"), viewer, at_least=receipt.token)
        (again,) = house.ledger.propose([note("orders", "all")])
        assert (again.repeated, again.token) == (True, f"{house.ledger.epoch}-{receipt.seq}")
        found = house.questions.describe(urn("orders_a"), viewer, at_least=again.token).to_dict()
        assert "all" in str(found["aspects"]["documentation"])
        assert house.doctor(mend=False)["findings"] == []


@contextmanager
def served(home: Path) -> Iterator[tuple[House, TestClient]]:
    with House(Settings(home=home)) as house:
        app = create_app(house, start_token="start", user="me")
        with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
            yield house, client


def test_admins_alone_take_backups_and_archives_and_no_secret_is_in_them(tmp_path: Path) -> None:
    with served(tmp_path / "home") as (house, client):
        house.ledger.propose([note("orders", "all")])
        admin = {"Authorization": "Bearer start"}
        made = client.post("/v1/tokens", json={"name": "ci", "scopes": ["read"]}, headers=admin).json()
        reader = {"Authorization": f"Bearer {made['secret']}"}
        for path in ("/v1/admin/backup", "/v1/admin/export", "/v1/admin/sizes"):
            assert client.get(path, headers=reader).status_code == 403
            assert client.get(path).status_code == 403
        (row,) = house.ledger.tokens()
        backup = client.get("/v1/admin/backup", headers=admin).content
        archive = client.get("/v1/admin/export", headers=admin).content
        said = _plain(archive)
        assert b"all" in said
        for secret in (made["secret"].encode(), b"start_token"):
            assert secret not in backup + archive + said
        assert row.hash.encode() in backup
        assert row.hash.encode() not in archive + said
        assert client.post("/v1/admin/sweep", headers=admin).json()["swept"]["profile"] == 0
        assert client.get("/v1/admin/sizes", headers=admin).json()["ledger"]["factsAndPoints"] == 2


def _plain(archive: bytes) -> bytes:
    read = Archive(io.BytesIO(archive))
    return b"".join(msgspec.json.encode(row) for _, rows in read.members() for row in rows)


@pytest.mark.parametrize(
    ("verb", "wrote"),
    [
        (("backup", "out.tar"), "out.tar"),
        (("export", "out.clew"), "out.clew"),
        (("restore", "good.tar", "--home", "target"), "target/ledger.db"),
        (("import", "good.clew"), None),
    ],
    ids=["backup", "export", "restore", "import"],
)
def test_on_a_full_disk_it_ends_in_words_and_nothing_half_done_is_left(
    tmp_path: Path, verb: tuple[str, ...], wrote: str | None
) -> None:
    dice = random.Random(1)
    with closing(open_in(tmp_path / "home")) as ledger:
        ledger.propose([note(f"t{n}", dice.randbytes(1500).hex()) for n in range(300)])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
    environment["CLEW_HOME"] = str(tmp_path / "home")

    def clew(*words: str, limit: int | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        return terminal.clew(*words, environment={**environment, **more}, folder=tmp_path, file_size=limit)

    for words in (("backup", "good.tar"), ("export", "good.clew")):
        assert clew(*words).returncode == 0
    home = str(tmp_path / "empty") if verb[0] == "import" else environment["CLEW_HOME"]
    failed = clew(*verb, limit=400_000, CLEW_HOME=home)
    assert failed.returncode == 5, failed.stderr
    assert "error:" in failed.stderr and "Traceback" not in failed.stderr
    assert not list(tmp_path.rglob("*.part")) and not list(tmp_path.rglob("restoring*"))
    assert wrote is None or not (tmp_path / wrote).exists()
    assert clew(*verb, CLEW_HOME=home).returncode == 0


class Endless:
    """A ledger of as many payloads as one likes, made as they are read."""

    epoch, hash_key, head = "e", b"k", 1
    registry = Registry.built_in()

    def __init__(self, payloads: int) -> None:
        self._payloads = payloads

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        yield self

    def rows(self, member: Member) -> Iterator[Row]:
        if member.name != "payload":
            return iter(())
        return ((n, 1, b'{"text":"%d %s"}' % (n, b"x" * 1000)) for n in range(self._payloads))

    def heads_digest(self) -> str:
        return "d"


def peak_of(work: Callable[[], Any]) -> int:
    """Return the most bytes that Python held more than before while `work` ran."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_writing_and_reading_hold_the_same_few_bytes_at_any_size(tmp_path: Path) -> None:
    peaks = []
    for payloads in (4_000, 40_000):
        path = tmp_path / f"{payloads}"

        def export(path: Path = path, payloads: int = payloads) -> None:
            with path.open("wb") as file:
                file.writelines(write(Endless(payloads), 0, "test"))

        def read(path: Path = path) -> None:
            with path.open("rb") as file:
                for _, rows in Archive(file).members():
                    for _ in rows:
                        pass

        peaks.append((peak_of(export), peak_of(read)))
    assert max(map(max, peaks)) < 6 * MEGABYTE
    assert all(large < small + MEGABYTE for small, large in zip(*peaks, strict=True))


def test_lines_are_put_in_order_with_bounded_memory() -> None:
    dice = random.Random(2)
    made = [dice.randbytes(40).hex().encode() for _ in range(5_000)]
    assert list(in_order(made, held=10_000)) == sorted(made)
    assert list(in_order([], held=10)) == []

    def consume() -> None:
        lines = (b"%d %s" % (n * 7919 % 100_003, b"x" * 200) for n in range(100_000))
        for _ in in_order(lines, held=MEGABYTE):
            pass

    assert peak_of(consume) < 5 * MEGABYTE


def test_the_members_of_an_archive_are_never_tokens() -> None:
    assert "token" not in {member.name for member in MEMBERS}


def test_a_stream_that_breaks_off_is_said_in_words(tmp_path: Path) -> None:
    from clew.cli.remote import Remote

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError("peer closed connection")

    client = httpx.Client(transport=httpx.MockTransport(broken), base_url="http://house")
    with pytest.raises(ClewError, match="broke off"):
        list(Remote(client, "http://house").export())
