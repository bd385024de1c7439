"""An environment with the real Feast, outside the tree: its pins are none of ours."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENT = "feast==0.67.0"


def environment() -> Path:
    """Return the programs' folder of an environment with Feast; make it when it is not there yet."""
    mark = hashlib.sha256(f"{REQUIREMENT} {sys.version_info[:2]}".encode()).hexdigest()[:12]
    home = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "clew" / f"feast-{mark}"
    if not (home / "made").exists():
        shutil.rmtree(home, ignore_errors=True)
        beside = Path(sys.executable).with_name("uv")
        uv = str(beside) if beside.exists() else shutil.which("uv") or "uv"
        _run(uv, "venv", "--python", sys.executable, str(home))
        _run(uv, "pip", "install", "--python", str(home / "bin" / "python"), REQUIREMENT)
        (home / "made").touch()
    return home / "bin"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "VIRTUAL_ENV": ""})
