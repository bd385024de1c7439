"""Settings: four URLs and a home, from the environment. Unset means embedded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT = 7400


@dataclass(frozen=True, slots=True)
class Settings:
    """What the house is composed from.

    `home` (CLEW_HOME) holds everything that embedded engines keep. `ledger` (CLEW_LEDGER), `graph` (CLEW_GRAPH) and
    `search` (CLEW_SEARCH) are URLs of servers; None is the embedded engine.
    """

    home: Path = Path(".clew")
    ledger: str | None = None
    graph: str | None = None
    search: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings from environment variables; an empty one counts as unset."""
        return cls(
            home=Path(environment.get("CLEW_HOME") or ".clew"),
            ledger=environment.get("CLEW_LEDGER") or None,
            graph=environment.get("CLEW_GRAPH") or None,
            search=environment.get("CLEW_SEARCH") or None,
        )
