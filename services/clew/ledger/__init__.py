"""The one writer: what is true, who said it, when. A port, and engines behind it."""

from __future__ import annotations

from pathlib import Path

from clew.ledger.port import Change, Commit, Entity, Ledger, LedgerReader, Parked, Source
from clew_schemas.errors import BadInput
from clew_schemas.registry import Registry

__all__ = ["Change", "Commit", "Entity", "Ledger", "LedgerReader", "Parked", "Source", "open_ledger"]


def open_ledger(url: str | None, folder: Path, registry: Registry) -> Ledger:
    """Open the ledger that `url` names; None is the embedded one in `folder`."""
    if url is None:
        from clew.ledger.sqlite import SqliteLedger

        return SqliteLedger.open(folder / "ledger.db", registry)
    raise BadInput(f"no ledger engine for {url!r}", where="CLEW_LEDGER", hint="Leave it unset for the embedded ledger")
