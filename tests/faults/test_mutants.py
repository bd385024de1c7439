"""The tests can fail: each fault that is put into the house on purpose turns the test red that is there for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faults.mutants import MUTANTS, write_start

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_fault_put_in_on_purpose_turns_its_test_red(name: str, tmp_path: Path) -> None:
    write_start(tmp_path)
    path = os.pathsep.join(each for each in sys.path if each)
    started = f"{tmp_path}{os.pathsep}{path}"
    kept = {key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"}
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'runs'}"]
    done = subprocess.run(
        [*command, MUTANTS[name].test],
        cwd=ROOT,
        env={**kept, "CLEW_MUTANT": name, "CLEW_MUTANT_PATH": path, "PYTHONPATH": started},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, f"{MUTANTS[name].test} stayed green:\n{done.stdout[-3000:]}{done.stderr[-2000:]}"
    assert "1 failed" in done.stdout
    print(f"\n{name}: red, as it must be")
