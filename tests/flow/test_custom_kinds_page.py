"""docs/custom-kinds.md is followed to the letter: its files are written, its commands run, its answers compared."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from flow import terminal

PAGE = Path(__file__).parents[2] / "docs" / "custom-kinds.md"
PORT = "7400"
_BLOCK = re.compile(r"^```(json|console)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PASSING = [
    (r"\b[0-9a-f]{8}-\d+\b", "TOKEN"),
    (r"\b[0-9a-f]{32}\b", "ID"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", "TIME"),
    (r"\d+\.\d ms", "MS"),
    (r"^(graph|search|relations) .*", r"\1"),
    (r"[ \t]+", " "),
    (r" $", ""),
]
"""What differs from run to run, and what takes its place."""


def commands(block: str) -> list[str]:
    """Return the commands of a block: its lines behind a dollar sign."""
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


def followed(page: str, folder: Path, port: int) -> str:
    """Return the page with the answers that its commands really give, all in one shell in `folder`."""
    blocks = list(_BLOCK.finditer(page))
    script = ["exec 2>&1"]
    for at, (language, name, body) in enumerate(match.groups() for match in blocks):
        if language == "json":
            (folder / name).write_text(body)
        for number, command in enumerate(commands(body) if language == "console" else ()):
            real = command.replace(PORT, str(port)).replace("clew up", f"clew up --port {port}")
            script += [f"printf '\\n@@ {at} {number}\\n'", real]
    answers = _run("\n".join(script), folder)
    parts, last = [], 0
    for at, match in enumerate(blocks):
        parts.append(page[last : match.start(3)])
        parts.append(_answered(at, match[3], answers) if match[1] == "console" else match[3])
        last = match.end(3)
    return "".join([*parts, page[last:]])


def _run(script: str, folder: Path) -> dict[tuple[int, int], str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
    path = os.pathsep.join([str(terminal.for_shells()), str(Path(sys.executable).parent), kept["PATH"]])
    environment = {**kept, "PATH": path, "NO_COLOR": "1", "COLUMNS": "110"}
    shell = subprocess.Popen(
        ["bash", "-c", script], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        said, _ = shell.communicate(timeout=240)
    finally:
        if shell.poll() is None:
            os.killpg(shell.pid, signal.SIGTERM)
    found = re.split(r"\n@@ (\d+) (\d+)\n", said)[1:]
    return {(int(found[i]), int(found[i + 1])): found[i + 2] for i in range(0, len(found), 3)}


def _answered(at: int, block: str, answers: dict[tuple[int, int], str]) -> str:
    lines = []
    for number, command in enumerate(commands(block)):
        lines.append(f"$ {command}")
        lines += [line.rstrip() for line in answers.get((at, number), "NOT RUN").splitlines() if line.strip()]
    return "\n".join(lines) + "\n"


def steady(page: str) -> str:
    """Return a page without what differs from run to run."""
    for pattern, put in _PASSING:
        page = re.sub(pattern, put, page, flags=re.MULTILINE)
    return page


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text()


def test_the_page_has_files_and_commands(page: str) -> None:
    languages = [match[1] for match in _BLOCK.finditer(page)]
    assert (languages.count("json"), languages.count("console") > 8) == (3, True)


def test_the_page_says_what_happens(page: str, tmp_path: Path) -> None:
    port = free_port()
    found = followed(page, tmp_path, port).replace(f":{port}", f":{PORT}")
    assert steady(found) == steady(page)
