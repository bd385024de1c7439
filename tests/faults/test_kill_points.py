"""The process group is killed at named points, and what was acknowledged is there: once, in order, in every view."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clew.house import House
from clew.ledger import Source
from clew.materialise.audit import intervals_digest, views_digest
from clew.settings import Settings
from clew_schemas import Group, event
from faults.doomed_house import CLIENT, POINTS, POSITION, TRACED
from faults.test_bad_homes import every
from flow.test_kill import ENVIRONMENT, check_acknowledged

DOOMED = Path(__file__).with_name("doomed_house.py")
PATIENCE = 120
"""Seconds that a house may take to come to its point."""

RARE = {"snapshot half written": 40, "tantivy commit: a file about to be renamed": 8}
"""Points that a house comes to before it has acknowledged much: how often it may pass them at most."""


def command(home: Path, round_: int, point: str, count: int) -> list[str]:
    """Return the command line of a house that dies when it comes to a point for the `count`-th time."""
    house = [sys.executable, str(DOOMED), str(home), str(round_), point, str(count)]
    if point not in TRACED:
        return house
    file, call = TRACED[point]
    calls = "rename,renameat,renameat2" if call == "rename" else call
    where = ["-P", str(home / file)] if file else []
    inject = ["-e", f"trace={calls}", "-e", f"inject={calls}:signal=KILL:when={count}"]
    return ["strace", "-f", "-qq", "-o", os.devnull, *where, *inject, *house]


def doomed(home: Path, round_: int, point: str, count: int) -> list[dict[str, Any]]:
    """Let a house run until it has killed its process group; return what it had acknowledged."""
    process = subprocess.Popen(
        command(home, round_, point, count),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=ENVIRONMENT,
    )
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), f"it was not killed: {process.returncode}"
    lines = []
    for line in said.split(b"\n")[:-1]:
        lines.append(json.loads(line))
    return lines


def check_once(home: Path, round_: int, acknowledged: list[dict[str, Any]]) -> None:
    """Every group is there at most once, all that was acknowledged and one more at most; the position fits."""
    connection = sqlite3.connect(home / "ledger.db")
    try:
        kept = connection.execute(
            "SELECT s.name, c.grp FROM commits c JOIN source s ON s.id = c.source WHERE s.name IN ('steward', ?)"
            " ORDER BY c.seq",
            (CLIENT,),
        ).fetchall()
        (position,) = connection.execute(
            "SELECT coalesce(max(seq), 0) FROM cursor WHERE name = ?", (f"kafka:{POSITION}",)
        ).fetchone()
    finally:
        connection.close()
    assert len(kept) == len(set(kept)), "a group is there twice"
    mine = [group for _, group in kept if group.startswith(f"{round_}/")]
    told = [each["id"] for each in acknowledged]
    assert mine[: len(told)] == told
    assert len(mine) <= len(told) + 1
    assert position == sum(1 for source, _ in kept if source == CLIENT), "the position is not that of the claims"


def replayed(survivor: House, clean: House) -> None:
    """Say to a clean house, in order, what the survivor holds of those who wrote."""
    clean.ledger.register(Source(CLIENT, "time"))
    for commit in every(survivor.ledger, survivor.ledger.head_seq()):
        if commit.source in ("steward", CLIENT):
            (change,) = commit.changes
            (said,) = [claim.says for claim in change.claims if claim.source == commit.source]
            clean.ledger.propose([Group(commit.source, commit.group, (event(change.urn, change.aspect, said),))])
    clean.catch_up()


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("point", [*POINTS, *TRACED])
def test_killed_at_a_point_it_has_lost_and_doubled_nothing(tmp_path: Path, point: str, kills: int) -> None:
    home = tmp_path / "home"
    House(Settings(home=home)).close()
    dice = random.Random(point)
    told = 0
    for round_ in range(kills):
        acknowledged = doomed(home, round_, point, dice.randint(2, RARE.get(point, 25)))
        check_acknowledged(home, acknowledged)
        check_once(home, round_, acknowledged)
        told += len(acknowledged)
    with House(Settings(home=home)) as survivor, House(Settings(home=tmp_path / "clean")) as clean:
        survivor.catch_up()
        assert survivor.doctor(mend=False)["findings"] == []
        replayed(survivor, clean)
        assert survivor.ledger.heads_digest() == clean.ledger.heads_digest()
        assert views_digest(survivor.ledger, survivor.views) == views_digest(clean.ledger, clean.views)
        before = intervals_digest(survivor.ledger, survivor.views)
        survivor.rebuild(["graph"])
        assert intervals_digest(survivor.ledger, survivor.views) == before
    print(f"\n{point}: {kills} kills, {told} acknowledged, 0 lost, 0 doubled")
