"""The one writer: what is true, who said it, when. A port, and engines behind it."""

from __future__ import annotations

from pathlib import Path

from clew.ledger.port import Change, Commit, Entity, JoinedLedger, Ledger, LedgerReader, Parked, Source
from clew_schemas.errors import BadInput
from clew_schemas.registry import Registry
from clew_schemas.scrub import scrub

__all__ = [
    "Change",
    "Commit",
    "Entity",
    "JoinedLedger",
    "Ledger",
    "LedgerReader",
    "Parked",
    "Source",
    "join_ledger",
    "open_ledger",
]


def open_ledger(url: str | None, folder: Path, registry: Registry) -> Ledger:
    """Open the ledger that `url` names; None is the embedded one in `folder`."""
    if url is None:
        from clew.ledger.sqlite import SqliteLedger

        return SqliteLedger.open(folder / "ledger.db", registry)
    if url.startswith(("postgresql://", "postgres://")):
        from clew.ledger.postgres import PostgresLedger

        return PostgresLedger.open(url, registry)
    raise BadInput(
        f"no ledger engine for {scrub(url)!r}",
        where="CLEW_LEDGER",
        hint="postgresql://…, or unset for the embedded one",
    )


def join_ledger(folder: Path, epoch: str) -> JoinedLedger:
    """Read the embedded ledger in `folder`, which another process has open, and writes."""
    from clew.ledger.sqlite_reader import SqliteReader

    return SqliteReader.join(folder / "ledger.db", epoch)
