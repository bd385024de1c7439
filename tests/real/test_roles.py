"""A house in roles, on real servers: committer and materialiser die under load, and nothing is lost or doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.servers import NAMES, Server, start

from clew.house import House
from clew.ledger import Source
from clew.log.keys import KeyFolder
from clew.settings import KEYS, Role, Settings
from clew_schemas import Group, event

CLEW = str(Path(sys.executable).with_name("clew"))
SOURCE = "client"
THINGS = 60
KILLS = 10


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[dict[str, Server]]:
    """Servers of their own: the roles keep to the default names of topics, tables, generations."""
    found = start(NAMES, tmp_path / "servers", own=True, brief=True)
    yield found
    for server in found.values():
        server.discard()


class RoleProcess:
    """One role in a process of its own, started again after each kill."""

    def __init__(self, role: str, environment: dict[str, str], folder: Path, port: int = 0) -> None:
        self.role = role
        self._port = port
        self._environment = environment
        self._folder = folder
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with (self._folder / f"{self.role}.log").open("ab") as log:
            return subprocess.Popen(
                [CLEW, "serve", "--role", self.role, "--port", str(self._port)],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill_and_restart(self) -> None:
        """Kill the process and all that it started, and start it anew."""
        self.kill()
        self.process = self._started()

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def edit(number: int) -> Group:
    """Return an edit with a text of its own; each things's last edit is what must stand in the end."""
    urn = f"urn:clew:dataset:(duckdb://shop,shop.main.t{number % THINGS})"
    said = [event(urn, "documentation", {"text": f"edit {number}"})]
    if number < THINGS:
        said.append(event(urn, "schema", {"columns": [{"name": "id"}, {"name": f"c{number}"}]}))
    return Group(SOURCE, f"edit-{number}", tuple(said))


def settings_of(servers: dict[str, Server], home: Path) -> tuple[Settings, dict[str, str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
    for server in servers.values():
        environment |= {name: url for name, url in server.env.items() if "TEST" not in name}
    environment["CLEW_HOME"] = str(home)
    return Settings.from_environment(environment), environment


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_killed_roles_lose_and_double_nothing(servers: dict[str, Server], tmp_path: Path) -> None:
    home = tmp_path / "home"
    settings, environment = settings_of(servers, home)
    keys = KeyFolder(home / KEYS)
    with House(settings, frozenset({Role.API})) as house:
        house.ledger.register(Source(SOURCE, "time"))
        house.ledger.set_public_key(SOURCE, keys.generate(SOURCE))
        roles = [RoleProcess(role, environment, tmp_path) for role in ("committer", "materialiser")]
        try:
            sent = _load_and_kill(house, keys, roles)
            _await(house, sent)
            _check(house, sent)
        finally:
            for role in roles:
                role.kill()


def _load_and_kill(house: House, keys: KeyFolder, roles: list[RoleProcess]) -> int:
    """Produce without a pause while both roles are killed so many times each; return how many groups were sent."""
    assert house.log is not None
    door = house.log.door(keys)
    dice = random.Random(KILLS)
    sent = 0
    for _ in range(KILLS):
        for role in roles:
            deadline = time.monotonic() + dice.uniform(3, 8)
            while time.monotonic() < deadline:
                receipts = door.propose([edit(number) for number in range(sent, sent + 10)])
                assert {receipt.status for receipt in receipts} == {"queued"}
                sent += 10
            role.kill_and_restart()
    door.close()
    return sent


def _await(house: House, sent: int) -> None:
    """Wait until ledger and views hold all that was sent, for as long as anything of it comes nearer."""
    seen: list[int] = []
    moved = time.monotonic()
    while time.monotonic() < moved + 120:
        head = house.ledger.head_seq()
        positions = house.freshness.positions()
        if head >= sent and all(position >= head for position in positions.values()):
            return
        if seen != (seen := [head, *positions.values()]):
            moved = time.monotonic()
        time.sleep(0.5)
    raise AssertionError(f"{house.ledger.head_seq()} of {sent} commits, positions {house.freshness.positions()}")


def _check(house: House, sent: int) -> None:
    groups = [commit.group for commit in house.ledger.tail(0, sent + 100) if commit.source == SOURCE]
    assert groups == [f"edit-{number}" for number in range(sent)], "a group is lost, doubled or out of order"
    for number in range(sent - THINGS, sent):
        (entity,) = house.ledger.ids([edit(number).events[0].urn])
        (claim,) = house.ledger.claims([entity])[entity]["documentation"]
        assert claim.says == {"text": f"edit {number}"}
    assert house.ledger.parked() == []
    assert house.doctor()["findings"] == []
    (entity,) = house.ledger.ids([edit(0).events[0].urn])
    house.views.search.replace([], [entity])
    assert [(each["view"], each["said"]) for each in house.doctor()["findings"]] == [("search", "is missing")]
    assert house.doctor()["findings"] == []
    print(f"\n{sent} groups through Kafka, 0 lost, 0 doubled")
