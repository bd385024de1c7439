"""What must be on the disk before the next step is taken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO


def sync(file: IO[bytes]) -> None:
    """Return when all that was written to an open file is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on the disk: after a rename, or a new file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
