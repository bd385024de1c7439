"""docs/operations.md is followed: its commands run in order, in one folder; its table says what the doctor says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from clew.cli.explained import MEANINGS, explained
from flow import terminal

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
    path = os.pathsep.join([str(terminal.for_shells()), str(Path(sys.executable).parent), kept["PATH"]])
    return {**kept, "PATH": path, "NO_COLOR": "1", "COLUMNS": "200", **more}


def run(command: str, folder: Path, **more: str) -> str:
    script = f"set -o pipefail; {command}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_every_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    for name, body in re.findall(r"^```json (\S+)\n(.*?)^```$", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(body)
    blocks = re.findall(r"^```console\n(.*?)^```$", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    said = {command: run(command, tmp_path) for block in blocks for command in block.splitlines()}
    assert "shop.main.orders" in said["CLEW_HOME=restored clew search orders"]
    assert "all is well" in said["CLEW_HOME=moved clew doctor"]
    assert re.search(r"profile +1\b", said["clew sweep"])
    homes = [".clew", "restored", "moved", "piped"]
    reports = [json.loads(run("clew doctor --json", tmp_path, CLEW_HOME=home)) for home in homes]
    assert len({report["digests"]["heads"] for report in reports}) == 1
    assert len({report["epoch"] for report in reports}) == 4
    assert [report["swept"] for report in reports] == [{"profile": 1}, {}, {}, {}]
    assert all(meaning for report in reports for _, _, meaning in explained(report))


def test_the_page_explains_every_number_as_the_command_line_does() -> None:
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (.+) \|$", PAGE.read_text(), flags=re.MULTILINE))
    assert {name: rows.get(name) for name in MEANINGS} == MEANINGS
