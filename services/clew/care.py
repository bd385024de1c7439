"""The care of what a house holds: backups, archives, sizes and sweeping, for whoever runs it.

`restored` and `imported` need the home for themselves: they open it, fill it, and let it go.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from clew.home import HomeLock
from clew.ledger import archive, backup, open_ledger
from clew.ledger.clock import now_micros
from clew.ledger.port import Ledger
from clew.settings import Settings
from clew_schemas.registry import Registry

VIEWS = ("graph", "search", "relations")
BY = "clew"


def backed_up(ledger: Ledger, home: Path) -> Iterator[bytes]:
    """Yield a backup of an embedded ledger, in pieces; the copy that it is read from stands in `home` until then."""
    return backup.write(ledger, home, ledger.epoch, now_micros(), BY)


def exported(ledger: Ledger) -> Iterator[bytes]:
    """Yield the archive of a ledger, in pieces."""
    return archive.write(ledger, now_micros(), BY)


def restored(stream: BinaryIO, home: Path) -> dict[str, Any]:
    """Put a backup into a home that holds no ledger; return `home`, `epoch`, `epochBefore` and `bytes`."""
    lock = HomeLock(home)
    try:
        return backup.restore(stream, home)
    finally:
        lock.release()


def imported(stream: BinaryIO, settings: Settings) -> dict[str, Any]:
    """Fill the empty ledger of `settings` from an archive; return its new `epoch`, `head` and the rows by member."""
    lock = HomeLock(settings.home) if settings.uses_home else None
    try:
        read = archive.Archive(stream)
        ledger = open_ledger(settings.ledger, settings.home, Registry.built_in())
        try:
            epoch = ledger.adopt(read)
        finally:
            ledger.close()
    finally:
        if lock is not None:
            lock.release()
    return {"epoch": epoch, "epochBefore": read.header.epoch, "head": read.header.head, "rows": dict(read.rows)}


def sizes(ledger: Ledger, settings: Settings) -> dict[str, Any]:
    """Return what the ledger and each view hold: rows and bytes. The views of servers are not measured: None."""
    served = {"graph": settings.graph, "search": settings.search, "relations": settings.ledger}
    views = {name: None if served[name] else _bytes_in(settings.home / name) for name in VIEWS}
    return {"ledger": ledger.sizes().to_dict(), "views": views}


def _bytes_in(folder: Path) -> int:
    """Return the bytes of all files in a folder; what engines clear away meanwhile counts for nothing."""
    held = 0
    for place, _, names in os.walk(folder):  # which passes over a folder that went, as rglob does not
        for name in names:
            with suppress(FileNotFoundError):
                held += Path(place, name).stat().st_size
    return held
