"""The folder of an embedded index: numbered generations side by side, and one file that names the one in force.

index.json          {"format": 2, "generation": 3}, replaced as a whole
generation-3/       what the engine keeps
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import orjson

from clew.disk import sync, sync_folder
from clew_schemas.errors import BadInput, Damaged

FORMAT = 3
"""Raise it when an older index can't be read as it is; it is redrawn then."""

_POINTER = "index.json"
_NAME = re.compile(r"generation-([0-9]+)")


def current(folder: Path) -> int | None:
    """Return the generation in force, or None in a folder that has never held an index.

    Raises Damaged when the folder says nothing that can be read, BadInput when a newer Clew wrote it.
    """
    try:
        said = orjson.loads((folder / _POINTER).read_bytes())
        form, generation = int(said["format"]), int(said["generation"])
    except FileNotFoundError:
        if any(folder.iterdir()):
            raise Damaged(f"the folder has no {_POINTER}", where=str(folder)) from None
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise Damaged(f"{_POINTER} does not read back: {error}", where=str(folder)) from error
    if form > FORMAT:
        raise BadInput(
            f"the search index has format {form}, and this Clew reads {FORMAT}",
            where=str(folder),
            hint="Start the newer Clew, or delete the folder: it is redrawn from the ledger",
        )
    if form < FORMAT:
        raise Damaged(f"the search index has the older format {form}", where=str(folder))
    return generation


def store(folder: Path, generation: int) -> Path:
    """Return where a generation is kept."""
    return folder / f"generation-{generation}"


def begin(folder: Path) -> int:
    """Make the empty store of a new generation, numbered above all there are, and return its number."""
    generation = max(_all(folder), default=0) + 1
    store(folder, generation).mkdir(parents=True)
    return generation


def put_in_force(folder: Path, generation: int) -> None:
    """Make the next `current` return this generation: atomically, and on the disk before this returns."""
    beside = folder / f"{_POINTER}.new"
    with beside.open("wb") as file:
        file.write(orjson.dumps({"format": FORMAT, "generation": generation}))
        sync(file)
    beside.replace(folder / _POINTER)
    sync_folder(folder)


def keep_only(folder: Path, *generations: int) -> None:
    """Drop the stores of all other generations."""
    for generation in _all(folder) - set(generations):
        shutil.rmtree(store(folder, generation), ignore_errors=True)


def _all(folder: Path) -> set[int]:
    matches = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return {int(match[1]) for match in matches if match}
