"""Readers under guidance by coverage, and the inputs that it found."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.readers import OURS, READERS
from fuzz.ugly import CORPUS, FACTOR

FOUND = [json.loads(line) for line in (CORPUS / "found.txt").read_text().splitlines()]
on_linux = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="atheris has wheels for Linux on x86-64"
)


def guided(reader: str, runs: int, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a reader under guidance; chance is the same each time."""
    command = [sys.executable, "-W", "ignore", "-m", "fuzz.guided", reader, "--seed", "1", "--failed", str(folder)]
    return subprocess.run(
        [*command, "--seconds", "0", "--runs", str(runs)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


@pytest.mark.parametrize(("reader", "text"), FOUND, ids=range(len(FOUND)))
def test_what_was_found_keeps_the_promises(reader: str, text: str) -> None:
    READERS[reader].read(text.encode("latin-1"))


@on_linux
def test_guidance_finds_what_luck_does_not(tmp_path: Path) -> None:
    run = guided("maze", 3_000_000, tmp_path)
    assert run.returncode and "the end of the maze" in run.stdout, run.stdout[-2000:]
    assert [path.read_bytes()[:4] for path in tmp_path.iterdir()] == [b"clew"]


@pytest.mark.slow
@on_linux
@pytest.mark.parametrize("reader", OURS)
def test_no_input_that_guidance_makes_breaks_a_promise(reader: str, tmp_path: Path) -> None:
    runs = round((1_000 if reader == "http" else 10_000) * FACTOR)
    run = guided(reader, runs, tmp_path)
    assert run.returncode == 0, run.stdout[-4000:]
    assert f"Done {runs} runs" in run.stdout
