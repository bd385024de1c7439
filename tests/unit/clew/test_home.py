"""Who holds a home, and what is said of it to who wants it, too."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clew import home
from clew.errors import Locked
from clew.home import HomeLock


def test_who_holds_a_home_is_named(tmp_path: Path) -> None:
    held = HomeLock(tmp_path)
    with pytest.raises(Locked, match=rf"another process \({os.getpid()}\)"):
        HomeLock(tmp_path)
    held.release()
    HomeLock(tmp_path).release()


def test_a_home_that_a_dead_house_has_left_to_another_process_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "_ORPHANED", 0.05)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with (tmp_path / "lock").open("w") as orphan:
        orphan.write(str(dead.pid))
        orphan.flush()
        fcntl.flock(orphan, fcntl.LOCK_EX)
        with pytest.raises(Locked, match=f"process {dead.pid} has ended") as told:
            HomeLock(tmp_path)
        assert "clew.drawing" in str(told.value.hint)
    HomeLock(tmp_path).release()
