"""Settings: four URLs and a home, from the environment. Unset means embedded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

DEFAULT_PORT = 7400
KEYS = "keys"
"""Folder in the home for the private keys by which sources sign what they send through the log."""


class Role(StrEnum):
    """What a process of a house on servers does. An embedded house does everything in one."""

    API = "api"
    COMMITTER = "committer"
    MATERIALISER = "materialiser"


EVERY_ROLE = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the house is composed from.

    `home` (CLEW_HOME) holds everything that embedded engines keep, and the keys by which this machine signs. `log`
    (CLEW_LOG), `ledger` (CLEW_LEDGER), `graph` (CLEW_GRAPH) and `search` (CLEW_SEARCH) are URLs of servers; None is
    the embedded engine, and for the log: none, commits go straight to the ledger. `relations_schema`
    (CLEW_RELATIONS_SCHEMA) is where the relations stand in the ledger's database, on PostgreSQL. `one_process`
    (CLEW_ONE_PROCESS=1) keeps an embedded house from drawing in a second process when there is much to draw.
    """

    home: Path = Path(".clew")
    log: str | None = None
    ledger: str | None = None
    graph: str | None = None
    search: str | None = None
    relations_schema: str | None = None
    one_process: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings from environment variables; an empty one counts as unset."""
        urls = {name: environment.get(f"CLEW_{name.upper()}") or None for name in ("log", "ledger", "graph", "search")}
        schema = environment.get("CLEW_RELATIONS_SCHEMA") or None
        home = Path(environment.get("CLEW_HOME") or ".clew")
        one = environment.get("CLEW_ONE_PROCESS", "") not in ("", "0")
        return cls(home=home, relations_schema=schema, one_process=one, **urls)

    @property
    def uses_home(self) -> bool:
        """Whether an engine keeps something in the home, which then only one process may open."""
        return not (self.ledger and self.graph and self.search)
