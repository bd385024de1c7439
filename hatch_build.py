"""The build hook of hatch: a wheel or sdist carries the built web UI, so that who installs it needs no Node."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildUi(BuildHookInterface[Any]):
    """Builds the UI when it is not built yet. `CLEW_SKIP_UI=1` leaves it out; editable installs never build it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, or raise an error that says what is missing."""
        root = Path(self.root)
        built = root / "services" / "clew" / "api" / "static" / "index.html"
        if version == "editable" or os.environ.get("CLEW_SKIP_UI") == "1" or built.is_file():
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                "the web UI is not built and npm is not here: install Node 20.19 or newer, "
                "or set CLEW_SKIP_UI=1 to go without the UI"
            )
        for command in (("ci",), ("run", "build")):
            subprocess.run([npm, *command], cwd=root / "services" / "web", check=True)
