"""A Feast registry to read without Feast: an interpreter of ours that prints what the real one printed once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unit.clew_connectors.made import GOLDEN

FEAST = GOLDEN / "feast"
REPOSITORY = FEAST / "repository"
NAMESPACES: dict[str, Any] = {
    "trips": {"namespace": "duckdb://lake", "name": "lake.raw.trips"},
    "snowflake": {"namespace": "snowflake://acme", "database": "SHOP", "schema": "RAW"},
}


def recorded(folder: Path, edit: Callable[[Any], None] = lambda _: None) -> dict[str, Any]:
    """Return the configuration of a repository whose registry is the recorded one, edited."""
    document = json.loads((FEAST / "registry.json").read_text())
    edit(document)
    return printing(folder, json.dumps(document))


def printing(folder: Path, text: str) -> dict[str, Any]:
    """Return the configuration of a repository whose interpreter prints this text."""
    repository = folder / "repository"
    shutil.copytree(REPOSITORY, repository, dirs_exist_ok=True)
    (folder / "printed.json").write_text(text)
    python = folder / "python"
    python.write_text(f"#!/bin/sh\ncat '{folder / 'printed.json'}'\n")
    python.chmod(0o755)
    return {"repository": str(repository), "python": str(python), "namespaces": NAMESPACES}
