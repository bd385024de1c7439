"""What was acknowledged is never lost: kill -9 of the process group under load, and a trace of the fsync before the
acknowledgement."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from clew.house import House
from clew.ledger import Source
from clew.ledger.sqlite import SqliteLedger
from clew.materialise.audit import intervals_digest, views_digest
from clew.settings import Settings
from clew_schemas import Group, Record, event
from clew_schemas.event import encode
from flow.demo_data import records
from flow.kill_writer import THINGS

WRITER = Path(__file__).with_name("kill_writer.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def run_and_kill(home: Path, groups: Path, round_: int, seconds: float) -> list[dict[str, Any]]:
    """Let the writer run for a while, kill its process group, and return what it had acknowledged."""
    process = subprocess.Popen(
        [sys.executable, WRITER, home, groups, str(round_)],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env=ENVIRONMENT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    timer = time.monotonic() + seconds
    lines = []
    os.set_blocking(process.stdout.fileno(), False)
    data = b""
    while time.monotonic() < timer:
        data += process.stdout.read() or b""
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    os.set_blocking(process.stdout.fileno(), True)
    data += process.stdout.read()
    for line in data.split(b"\n")[:-1]:
        with contextlib.suppress(json.JSONDecodeError):
            lines.append(json.loads(line))
    process.stdout.close()
    return lines


def check_acknowledged(home: Path, acknowledged: list[dict[str, Any]]) -> None:
    """Every acknowledged group has its receipt, and its commit the seq that was told."""
    connection = sqlite3.connect(home / "ledger.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        known = {
            (source, group): json.loads(body)
            for source, group, body in connection.execute(
                "SELECT s.name, r.grp, r.body FROM receipt r JOIN source s ON s.id = r.source"
            )
        }
        commits = dict(connection.execute("SELECT seq, grp FROM commits"))
    finally:
        connection.close()
    for each in acknowledged:
        if each["status"] in ("accepted", "unchanged"):
            receipt = known.get((each["source"], each["id"]))
            assert receipt is not None, f"lost: {each}"
            assert receipt.get("seq") == each["seq"], f"told {each}, kept {receipt}"
        if each["seq"] is not None and each["status"] == "accepted":
            assert commits[each["seq"]] == each["id"]
    assert sorted(commits) == list(range(1, len(commits) + 1)), "a seq is missing or doubled"


def finish(house: House, streams: list[tuple[Record, ...]]) -> None:
    """Run one undisturbed crawl of everything."""
    for stream in streams:
        house.ledger.register(Source(stream[0].source, "crawl"))
        house.ledger.propose(stream)
    house.catch_up()


@pytest.mark.parametrize("kills", [10, pytest.param(50, marks=pytest.mark.slow)])
def test_kill_dash_nine_loses_nothing_that_was_acknowledged(tmp_path: Path, kills: int) -> None:
    home, groups = tmp_path / "home", tmp_path / "groups.jsonl"
    groups.write_bytes(b"\n".join(encode(record) for name in ("duckdb", "dbt") for record in records(name)))
    dice = random.Random(kills)
    told = 0
    for round_ in range(kills):
        acknowledged = run_and_kill(home, groups, round_, dice.uniform(0.05, 0.9))
        check_acknowledged(home, acknowledged)
        told += len(acknowledged)
    assert told > kills
    now = time.time_ns() // 1000
    streams = [records(name, now) for name in ("duckdb", "dbt")]
    with House(Settings(home=home)) as survivor, House(Settings(home=tmp_path / "clean")) as clean:
        finish(survivor, streams)
        finish(clean, streams)
        for commit in survivor.ledger.tail(0, 1_000_000):
            for change in commit.changes if commit.source == "steward" else ():
                (said,) = [claim.says for claim in change.claims if claim.source == "steward"]
                clean.ledger.propose([Group("steward", commit.group, (event(change.urn, change.aspect, said),))])
        clean.catch_up()
        assert survivor.ledger.heads_digest() == clean.ledger.heads_digest()
        assert views_digest(survivor.ledger, survivor.views) == views_digest(clean.ledger, clean.views)
        before = intervals_digest(survivor.ledger, survivor.views)
        survivor.rebuild(["graph"])
        assert intervals_digest(survivor.ledger, survivor.views) == before
        print(f"\n{kills} kills, {told} acknowledgements told outside: 0 lost, 0 doubled; {THINGS} things edited")


PROBE = """
import os, sys
from pathlib import Path
from clew.ledger.sqlite import SqliteLedger
from clew_schemas import Group, event
ledger = SqliteLedger.open(Path(sys.argv[1]), synchronous=sys.argv[2])
for n in range(20):
    group = Group("steward", f"g{n}", (event(f"urn:clew:dataset:(x,t{n})", "documentation", {"text": "x" * 200}),))
    ledger.propose([group])
    os.write(1, b"acknowledged\\n")
"""


def traced(tmp_path: Path, synchronous: str) -> list[str]:
    """Return, in order, what the traced ledger did with its log and its answers: write, sync, acknowledge."""
    trace = tmp_path / f"trace-{synchronous}"
    subprocess.run(
        [
            "strace",
            "-f",
            "-y",
            "-e",
            "trace=write,pwrite64,fsync,fdatasync",
            "-o",
            trace,
            sys.executable,
            "-c",
            PROBE,
            tmp_path / f"{synchronous}.db",
            synchronous,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    done = []
    for line in trace.read_text(errors="replace").splitlines():
        if "acknowledged" in line and "write(1" in line:
            done.append("acknowledge")
        elif ".db-wal" in line:
            done.append("sync" if "sync(" in line else "write")
    return done


def unsynced(done: list[str]) -> int:
    """Count acknowledgements that came while something written to the log was not synced yet."""
    dirty, early = False, 0
    for each in done:
        if each == "write":
            dirty = True
        elif each == "sync":
            dirty = False
        elif dirty:
            early += 1
    return early


def test_the_acknowledgement_follows_the_fsync(tmp_path: Path) -> None:
    done = traced(tmp_path, "FULL")
    assert done.count("acknowledge") == 20
    assert done.count("write") >= 20
    assert unsynced(done) == 0


def test_the_same_trace_finds_fault_with_synchronous_off(tmp_path: Path) -> None:
    done = traced(tmp_path, "OFF")
    assert done.count("acknowledge") == 20
    assert unsynced(done) > 0


def test_the_house_opens_its_ledger_with_synchronous_full(tmp_path: Path) -> None:
    ledger = SqliteLedger.open(tmp_path / "ledger.db")
    connection = ledger._store.connection
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    ledger.close()
