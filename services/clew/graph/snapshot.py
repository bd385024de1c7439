"""Snapshots: named arrays and a few facts, kept as files that open without being read.

    <folder>/CURRENT                    the name of the snapshot that counts
    <folder>/snapshot-<seq>-<n>/        <array>.npy each, and meta.json: format, facts, size and sum of each file

A snapshot is written whole and forced to disk before CURRENT names it, so that there is the old one or the new one.
"""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from clew.disk import sync, sync_folder
from clew.graph.columns import Array
from clew_schemas.errors import BadInput, Damaged, Unreachable

FORMAT = 1
"""Goes up when older code can't read what is written."""

Meta = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was read: the facts, and arrays mapped from the files. Writing into one copies the page and no file."""

    facts: dict[str, Any]
    arrays: dict[str, Array]


class SnapshotStore:
    """The snapshots of one folder, which the caller has to itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, seq: int, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        """Make this the snapshot that counts, durably, and remove all others; raises Unreachable if it can't be.

        What was written of one that can't be is removed: it may be what fills the disk.
        """
        name = f"snapshot-{seq}-{self._next_number()}"
        try:
            self._fill(self.folder / name, facts, arrays)
            self._point_to(name)
            self._remove_all_but(name)
        except OSError as error:
            if self._current() != self.folder / name:
                shutil.rmtree(self.folder / name, ignore_errors=True)
            raise Unreachable(
                f"the snapshot can't be written: {error}", where=str(self.folder), hint="Is the disk full?"
            ) from error

    def read(self) -> Snapshot | None:
        """Return the snapshot that counts, None if there never was one. Sizes are checked, contents are not.

        Raises Damaged if it does not read back as it was written, BadInput if a newer Clew wrote it.
        """
        place = self._current()
        if place is None:
            return None
        meta = _read_meta(place)
        try:
            return Snapshot(meta["facts"], {name: _map(place, name, said) for name, said in meta["files"].items()})
        except (OSError, ValueError, EOFError, KeyError, TypeError) as error:
            raise Damaged(f"the snapshot does not open: {error}", where=str(place)) from error

    def altered(self) -> Iterator[str]:
        """Yield the name of each file that does not hold what was written; raises like `read`."""
        place = self._current()
        for name, said in _read_meta(place)["files"].items() if place else ():
            file = place / f"{name}.npy" if place else None
            if file is None or not file.is_file() or _sum_of(file) != said["crc32"]:
                yield f"{name}.npy"

    def _current(self) -> Path | None:
        pointer = self.folder / "CURRENT"
        try:
            return self.folder / pointer.read_text("utf-8").strip()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise Damaged(f"the pointer does not read: {error}", where=str(pointer)) from error

    def _next_number(self) -> int:
        numbers = [path.name.rpartition("-")[2] for path in self.folder.glob("snapshot-*-*")]
        return max((int(number) for number in numbers if number.isdecimal()), default=0) + 1

    def _fill(self, place: Path, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        place.mkdir(parents=True)
        files = {name: _write_array(place / f"{name}.npy", array) for name, array in arrays.items()}
        body = {"facts": dict(facts), "files": files}
        _write_text(place / "meta.json", json.dumps({"format": FORMAT, "crc32": _sum_of_body(body), **body}))
        sync_folder(place)

    def _point_to(self, name: str) -> None:
        sync_folder(self.folder)
        fresh = self.folder / "CURRENT.new"
        _write_text(fresh, name + "\n")
        fresh.replace(self.folder / "CURRENT")
        sync_folder(self.folder)
        sync_folder(self.folder.parent)

    def _remove_all_but(self, name: str) -> None:
        for path in self.folder.glob("snapshot-*"):
            if path.name != name:
                shutil.rmtree(path)


def _read_meta(place: Path) -> Meta:
    """Return a snapshot's meta data, checked against its own sum; raises Damaged or BadInput."""
    path = place / "meta.json"
    try:
        meta: Meta = json.loads(path.read_bytes())
        format_number = int(meta["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"the snapshot's meta data does not read: {error}", where=str(path)) from error
    if format_number > FORMAT:
        raise BadInput(
            f"a newer Clew wrote this snapshot: it has format {format_number}, and this one reads up to {FORMAT}",
            where=str(path),
            hint="Install that Clew again, or move the folder away to have the view drawn anew",
        )
    body = {name: meta.get(name) for name in ("facts", "files")}
    if format_number < FORMAT or meta.get("crc32") != _sum_of_body(body):
        raise Damaged("the snapshot's meta data is not what was written", where=str(path))
    return meta


def _map(place: Path, name: str, said: Meta) -> Array:
    path = place / f"{name}.npy"
    if path.stat().st_size != said["bytes"]:
        raise ValueError(f"{path.name} has {path.stat().st_size} bytes and not {said['bytes']}")
    # A plain array over the mapping: indexing the subclass that numpy returns is several times slower.
    array = np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))
    if [array.dtype.str, list(array.shape)] != [said["type"], said["shape"]]:
        raise ValueError(f"{path.name} is not the array that was written")
    return array


class _Summing:
    """Something to write to that passes all on to a file and keeps the size and sum of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.bytes = 0
        self.crc32 = 0

    def write(self, data: bytes) -> int:
        """Write `data`."""
        self.bytes += len(data)
        self.crc32 = zlib.crc32(data, self.crc32)
        return self._file.write(data)


def _write_array(path: Path, array: Array) -> Meta:
    with path.open("wb") as file:
        summing = _Summing(file)
        np.save(summing, np.ascontiguousarray(array), allow_pickle=False)
        sync(file)
    return {"bytes": summing.bytes, "crc32": summing.crc32, "type": array.dtype.str, "shape": list(array.shape)}


def _write_text(path: Path, text: str) -> None:
    with path.open("wb") as file:
        file.write(text.encode())
        sync(file)


def _sum_of_body(body: Meta) -> int:
    return zlib.crc32(json.dumps(body, sort_keys=True).encode())


def _sum_of(path: Path) -> int:
    total = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            total = zlib.crc32(chunk, total)
    return total
