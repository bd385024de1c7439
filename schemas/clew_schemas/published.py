"""Where the published contracts lie."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "contracts"


def path_of(name: str, version: int, part: str = "json") -> Path:
    """Return where the contract lies; `part` is `json`, `good.json` or `bad.json`."""
    return FOLDER / f"{name}.v{version}.{part}"
