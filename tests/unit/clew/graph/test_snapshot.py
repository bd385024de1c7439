"""Snapshots: whole or not at all, mapped when read, and honest about what is wrong with them."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clew.graph import snapshot
from clew.graph.columns import Array
from clew.graph.snapshot import FORMAT, SnapshotStore
from clew_schemas.errors import BadInput, Damaged, Unreachable

ARRAYS: dict[str, Array] = {"numbers": np.arange(1000, dtype=np.uint32), "empty": np.zeros((0, 3), np.uint8)}
FACTS = {"word": "say"}


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "graph")


@pytest.fixture
def written(store: SnapshotStore) -> Path:
    """Return the folder of a snapshot that the store holds."""
    store.write(7, FACTS, ARRAYS)
    (folder,) = store.folder.glob("snapshot-*")
    return folder


def test_nothing_is_read_where_nothing_was_written(store: SnapshotStore) -> None:
    assert store.read() is None
    assert list(store.altered()) == []


def test_a_snapshot_reads_back_as_it_was_written(store: SnapshotStore, written: Path) -> None:
    found = store.read()
    assert found is not None
    assert found.facts == FACTS
    assert found.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype
    assert list(store.altered()) == []


def test_arrays_are_mapped_and_writing_into_one_leaves_the_file(store: SnapshotStore, written: Path) -> None:
    found = store.read()
    assert found is not None
    numbers = found.arrays["numbers"]
    assert isinstance(numbers.base, np.memmap)
    numbers[3] = 99
    assert np.load(written / "numbers.npy")[3] == 3
    assert list(store.altered()) == []


def test_a_new_snapshot_takes_the_place_of_the_old_and_the_old_mapping_lives_on(store: SnapshotStore) -> None:
    store.write(7, FACTS, ARRAYS)
    old = store.read()
    store.write(7, {"word": "new"}, {"numbers": np.zeros(5, np.uint32)})
    new = store.read()
    assert old is not None and new is not None
    assert (new.facts, len(new.arrays["numbers"])) == ({"word": "new"}, 5)
    assert old.arrays["numbers"][999] == 999
    assert len(list(store.folder.glob("snapshot-*"))) == 1


def test_every_file_is_on_disk_before_the_pointer_names_it(
    store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    unsynced: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(handle: int) -> None:
        synced.add(os.fstat(handle).st_ino)
        fsync(handle)

    def checked_replace(self: Path, target: Path) -> Path:
        paths = [self, store.folder, *store.folder.glob("snapshot-*"), *store.folder.glob("snapshot-*/*")]
        unsynced.extend(path.name for path in paths if path.stat().st_ino not in synced)
        synced.clear()
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", checked_replace)
    store.write(7, FACTS, ARRAYS)
    assert unsynced == []
    assert store.folder.stat().st_ino in synced


def test_a_write_that_fails_anywhere_leaves_the_old_snapshot_or_the_new(
    store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(1, {"word": "old"}, ARRAYS)
    seen = []
    for allowed in range(20):
        left = iter(range(allowed))

        def failing(handle: int, left: Any = left) -> None:
            if next(left, None) is None:
                raise OSError("no space left on device")

        monkeypatch.setattr(os, "fsync", failing)
        try:
            store.write(2, {"word": "new"}, ARRAYS)
            done = True
        except Unreachable as error:
            done = False
            assert "no space left" in str(error)
        found = store.read()
        assert found is not None
        assert list(store.altered()) == []
        seen.append(found.facts["word"])
        if done:
            break
    assert seen[0] == "old"
    assert seen[-1] == "new"
    assert seen == sorted(seen, reverse=True)
    assert len(list(store.folder.glob("snapshot-*"))) == 1


def _truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def _lengthen(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"0")


def _rewrite_pointer(folder: Path) -> None:
    (folder.parent / "CURRENT").write_bytes(b"\xff\xfe")


def _other_type(folder: Path) -> None:
    raw = (folder / "numbers.npy").read_bytes()
    (folder / "numbers.npy").write_bytes(raw.replace(b"'<u4'", b"'<i4'"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: _truncate(folder / "numbers.npy"),
        lambda folder: _lengthen(folder / "numbers.npy"),
        lambda folder: (folder / "numbers.npy").unlink(),
        lambda folder: (folder / "numbers.npy").write_bytes(b"\0" * (folder / "numbers.npy").stat().st_size),
        _other_type,
        lambda folder: _truncate(folder / "meta.json"),
        lambda folder: (folder / "meta.json").unlink(),
        lambda folder: (folder / "meta.json").write_text("[]"),
        lambda folder: (folder / "meta.json").write_text((folder / "meta.json").read_text().replace("say", "lie")),
        lambda folder: (folder / "meta.json").write_text(json.dumps({"format": FORMAT})),
        lambda folder: shutil.rmtree(folder),
        _rewrite_pointer,
    ],
)
def test_a_damaged_snapshot_is_called_so(store: SnapshotStore, written: Path, damage: Any) -> None:
    damage(written)
    with pytest.raises(Damaged):
        store.read()


def test_a_damaged_snapshot_does_not_hinder_the_next(store: SnapshotStore, written: Path) -> None:
    _truncate(written / "meta.json")
    store.write(8, FACTS, ARRAYS)
    assert store.read() is not None


def test_a_change_that_keeps_the_size_is_found_by_its_sum(store: SnapshotStore, written: Path) -> None:
    array = np.load(written / "numbers.npy", mmap_mode="r+")
    array[17] += 1
    array.flush()
    found = store.read()
    assert found is not None
    assert found.arrays["numbers"][17] == 18
    assert list(store.altered()) == ["numbers.npy"]


def test_a_missing_file_is_among_the_altered(store: SnapshotStore, written: Path) -> None:
    (written / "empty.npy").unlink()
    assert list(store.altered()) == ["empty.npy"]


def test_a_newer_format_is_refused_with_words(store: SnapshotStore, written: Path) -> None:
    (written / "meta.json").write_text(json.dumps({"format": FORMAT + 1, "anything": "else"}))
    with pytest.raises(BadInput, match=f"format {FORMAT + 1}") as caught:
        store.read()
    assert caught.value.hint


def test_an_older_format_is_drawn_anew(store: SnapshotStore, written: Path) -> None:
    meta = json.loads((written / "meta.json").read_text())
    (written / "meta.json").write_text(json.dumps({**meta, "format": FORMAT - 1}))
    with pytest.raises(Damaged):
        store.read()


@pytest.mark.parametrize("last", ["meta.json", "CURRENT.new"])
def test_nothing_stays_of_a_snapshot_that_does_not_fit(
    last: str, store: SnapshotStore, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        path.write_text(text[:9] if path.name == last else text)
        if path.name == last:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(snapshot, "_write_text", full)
        for _ in range(3):
            with pytest.raises(Unreachable, match="No space left"):
                store.write(8, FACTS, ARRAYS)
    assert list(store.folder.glob("snapshot-*")) == [written]
    store.write(8, FACTS, ARRAYS)
    assert store.read() is not None
