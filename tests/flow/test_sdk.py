"""The SDK against a house that runs, is killed and comes back; and the script of its page, run to the letter."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import clew
from clew.errors import Forbidden, NotFound, Unauthenticated, Unreachable
from clew_schemas.urn import Urn

CLEW = str(Path(sys.executable).with_name("clew"))
SCRIPT = Path(__file__).with_name("sdk_script.py")
ROOT = Path(__file__).parents[2]


class House:
    """`clew up` on a home, to be started and killed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CLEW_")},
            "CLEW_HOME": str(home),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [CLEW, "up", "--port", "0"]
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, env=self.environment, **quiet)
        deadline = time.monotonic() + 120
        while not self._answers():
            assert self._process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            said = json.loads((self.home / "run.json").read_text())
            return httpx.get(f"http://127.0.0.1:{said['port']}/health/live").status_code == 200 and (
                said["pid"] == (self._process.pid if self._process else 0)
            )
        except (OSError, ValueError, httpx.HTTPError):
            return False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{json.loads((self.home / 'run.json').read_text())['port']}"

    def end(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(with_signal)
            self._process.wait(timeout=60)
        self._process = None


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "home")
    yield made
    made.end()


def run_names(home: Path) -> list[str]:
    """Return the names of the runs whose end the ledger holds, by its own commits."""
    connection = sqlite3.connect(home / "ledger.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        groups = connection.execute("SELECT source, grp FROM receipt").fetchall()
        assert len(groups) == len(set(groups))
        urns = [urn for (urn,) in connection.execute("SELECT urn FROM named WHERE urn LIKE 'urn:clew:run:(sdk:%'")]
    finally:
        connection.close()
    return [re.sub(r"^.*,(.*)-\d{8}T\d{6}-[0-9a-f]{8}\)$", r"\1", urn) for urn in urns]


def flushed(output: Path) -> int:
    """Return how often a script has been told that all it said is kept."""
    return output.read_text().count("flushed")


def wait_for_flushes(outputs: list[Path], more: int) -> None:
    wanted = [flushed(each) + more for each in outputs]
    deadline = time.monotonic() + 120
    while any(flushed(each) < count for each, count in zip(outputs, wanted, strict=True)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_house_that_is_killed_midway_loses_nothing_and_gets_everything_once(house: House, tmp_path: Path) -> None:
    house.start()
    outputs = [tmp_path / "a.out", tmp_path / "b.out"]
    scripts = []
    for output in outputs:
        with output.open("w") as file:
            command = [sys.executable, str(SCRIPT), str(house.home), output.stem, str(tmp_path / "stop")]
            scripts.append(subprocess.Popen(command, env=house.environment, stdout=file))
    try:
        for _ in range(2):
            wait_for_flushes(outputs, 3)
            house.end(signal.SIGKILL)
            time.sleep(0.5)
            house.start()
        wait_for_flushes(outputs, 1)
        house.end(signal.SIGKILL)
        time.sleep(0.5)
    finally:
        (tmp_path / "stop").touch()
    assert [script.wait(timeout=120) for script in scripts] == [0, 0]
    said = [output.read_text() for output in outputs]
    assert all("dropped 0 refused 0" in each for each in said)
    runs = {name: int(re.findall(r"runs (\d+)", each)[0]) for name, each in zip("ab", said, strict=True)}
    kept = set(run_names(house.home))
    for name, each in zip("ab", said, strict=True):
        for number in re.findall(r"flushed (\d+)", each):
            assert f"{name}-{number}" in kept, f"{name}-{number} was acknowledged"
    house.start()
    with clew.connect(home=house.home, project="flow") as client:
        assert client.flush(60)
        assert client.stats().spool_bytes == 0
        assert client.search("", kind="run", limit=0).total == sum(runs.values())
    house.end()
    assert sorted(run_names(house.home)) == sorted(f"{name}-{n}" for name in "ab" for n in range(runs[name]))


def test_what_is_said_before_the_house_was_ever_up_arrives_when_it_is(house: House, tmp_path: Path) -> None:
    house.start()
    url = house.url
    house.end()
    environment = {**house.environment, "CLEW_URL": url, "HOME": str(tmp_path / "me")}
    code = "import clew\nwith clew.run('early'): clew.log_metric('rmse', 1)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "the house is away" in done.stderr
    spools = list((tmp_path / "me" / ".clew" / "spool").rglob("*.spool"))
    assert len(spools) == 1
    assert spools[0].stat().st_mode & 0o777 == 0o600
    subprocess_up = [CLEW, "up", "--port", url.rsplit(":", 1)[1]]
    process = subprocess.Popen(subprocess_up, env=house.environment, stdout=subprocess.DEVNULL)
    try:
        code = "import clew\nassert clew.flush(30)\nprint(clew.default_client().search('early').total)"
        deadline = time.monotonic() + 120
        while True:
            again = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
            if again.returncode == 0 or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        assert again.returncode == 0, again.stderr
        assert int(again.stdout) >= 1
        assert not spools[0].exists()
    finally:
        process.terminate()
        process.wait(60)


def test_the_token_of_the_client_opens_the_house_and_a_wrong_one_does_not(house: House, tmp_path: Path) -> None:
    house.start()
    with clew.connect(house.url, project="me") as client:
        assert client.propose(clew.event("urn:clew:job:(x,j)", "documentation", {"text": "x"})).status == "accepted"
        with pytest.raises((Forbidden, Unauthenticated)):
            client.edit("urn:clew:job:(x,j)", "documentation", {"text": "y"})
        assert {"sdk:me", "steward"} <= {each["name"] for each in client.sources()}
        assert client.get("/v1/health")["head"] >= 1
    with clew.connect(house.url, token="wrong") as client, pytest.raises(Unauthenticated):
        client.search("x")
    with clew.connect(home=house.home) as client:
        assert client.edit("urn:clew:job:(x,j)", "documentation", {"text": "y"}).status == "accepted"
        with pytest.raises(NotFound):
            client.describe("nothing.here")


def test_a_question_to_a_house_that_is_away_says_so() -> None:
    with clew.connect("http://127.0.0.1:9") as client, pytest.raises(Unreachable, match="does not answer"):
        client.search("x")


def test_a_child_process_records_runs_of_its_own(house: House) -> None:
    house.start()
    code = (
        "import clew, multiprocessing\n"
        "def work(n):\n"
        "    with clew.run(f'child-{n}', describe_environment=False): clew.log_metric('m', n)\n"
        "    clew.flush()\n"
        "with clew.run('parent', describe_environment=False):\n"
        "    clew.flush()\n"
        "    with multiprocessing.get_context('fork').Pool(3) as pool: pool.map(work, range(6))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=house.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    house.end()
    assert sorted(run_names(house.home)) == [*(f"child-{n}" for n in range(6)), "parent"]


def script_of(page: str, heading: str) -> str:
    """Return the first Python block under a heading."""
    text = (ROOT / "docs" / page).read_text().split(heading, 1)[1]
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_script_of_the_page_is_catalogued_by_five_added_lines(tmp_path: Path) -> None:
    code = script_of("sdk.md", "## Five lines")
    added = [line for line in code.splitlines() if "# +" in line]
    assert len(added) == 5
    plain = "\n".join(line for line in code.splitlines() if "# +" not in line)
    environment = {**os.environ, "CLEW_HOME": str(tmp_path / "home"), "CLEW_PROJECT": "houses"}
    for text in (plain, code):
        (tmp_path / "train.py").write_text(text)
        done = subprocess.run(
            [sys.executable, "train.py"], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    with clew.connect(home=tmp_path / "home", project="houses") as client:
        (version,) = client.search("", kind="model_version").urns
        answer = client.lineage(version, "up", grain="column")
        found = {Urn.parse(urn).label for urn in answer.urns}
        assert {"area", "rooms", "price"} <= found
        (run,) = client.search("", kind="run").urns
        said = client.describe(run).aspects
        assert said["run"]["status"] == "success"
        assert said["metrics"]["values"]["rmse"] > 0
        assert said["source_code"]["path"] == "train.py"
        feature = client.describe("urn:clew:feature:" + version.split(":", 3)[3][:-1] + ".rooms)").aspects["feature"]
        assert feature["imputation"]["strategy"] == "median"
