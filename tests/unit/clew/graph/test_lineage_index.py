"""The lineage index beyond the port: its files, what it finds damaged or altered, and what it gives back."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from clew.graph.lineage_index import LineageIndex
from clew.graph.port import FOREVER, Direction, EdgeItem, GraphChange, Interval, KeyEdges, Node, Position
from clew.graph.snapshot import SnapshotStore
from clew_schemas.errors import BadInput, Unreachable

FLOW = frozenset({1})


def edge(src: int, dst: int) -> EdgeItem:
    return EdgeItem(src, dst, 1, 0, 100, 1)


def commit(seq: int, carrier: int, *edges: EdgeItem) -> GraphChange:
    return GraphChange(seq, (), (KeyEdges(carrier, 7, frozenset(edges), b"digest"),))


def reached(index: LineageIndex, *ids: int, as_of: int | None = None) -> list[int]:
    return sorted(index.expand(np.array(ids), Direction.DOWN, FLOW, as_of).dst.tolist())


def snapshot_of(folder: Path) -> Path:
    return folder / (folder / "CURRENT").read_text().strip()


def alter(folder: Path, column: str, old: int, new: int) -> None:
    """Change a saved column by hand, everywhere that it says `old`."""
    array = np.load(snapshot_of(folder) / f"{column}.npy", mmap_mode="r+")
    assert (array == old).any()
    array[array == old] = new
    array.flush()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a saved index: 100 says 1 → 2 and 1 → 3, which was 1 → 4 before; 101 says 2 → 5."""
    index = LineageIndex.open(tmp_path / "graph")
    index.apply("e", [commit(1, 100, edge(1, 2), edge(1, 4)), commit(2, 100, edge(1, 2), edge(1, 3))])
    index.apply("e", [commit(3, 101, edge(2, 5))])
    index.close()
    return tmp_path / "graph"


def test_opening_makes_no_files(tmp_path: Path) -> None:
    LineageIndex.open(tmp_path / "graph").close()
    assert not (tmp_path / "graph").exists()


def test_a_saved_index_opens_mapped_and_takes_commits_without_touching_the_files(folder: Path) -> None:
    index = LineageIndex.open(folder)
    assert index.damaged is None
    index.apply("e", [commit(4, 100, edge(1, 2)), commit(5, 101, edge(2, 6))])
    assert (reached(index, 1, 2), reached(index, 1, 2, as_of=3)) == ([2, 6], [2, 3, 5])
    assert list(SnapshotStore(folder).altered()) == []
    crashed = LineageIndex.open(folder)
    assert (crashed.position(), reached(crashed, 1, 2)) == (Position("e", 3), [2, 3, 5])


def test_saving_again_without_news_writes_nothing(folder: Path) -> None:
    before = snapshot_of(folder)
    index = LineageIndex.open(folder)
    index.save()
    index.close()
    assert snapshot_of(folder) == before


def test_a_commit_that_only_moves_the_position_is_saved_too(folder: Path) -> None:
    index = LineageIndex.open(folder)
    index.apply("e", [GraphChange(9, (), ())])
    index.close()
    assert LineageIndex.open(folder).position() == Position("e", 9)


def test_a_replace_is_saved_though_the_position_stays(folder: Path) -> None:
    index = LineageIndex.open(folder)
    index.replace(101, 7, [Interval(edge(2, 8), 1, FOREVER)], b"mended")
    index.close()
    assert reached(LineageIndex.open(folder), 2) == [8]


def test_replaced_edges_are_gone_from_the_files_after_the_next_save(folder: Path) -> None:
    index = LineageIndex.open(folder)
    index.replace(100, 7, [], b"")
    index.close()
    assert np.load(snapshot_of(folder) / "edges.src.npy").tolist() == [2]
    index = LineageIndex.open(folder)
    assert (reached(index, 1), reached(index, 2), index.verify()) == ([], [5], [])


def test_an_as_of_after_the_last_close_still_holds_after_opening_again(folder: Path) -> None:
    index = LineageIndex.open(folder)
    assert [reached(index, 1, as_of=seq) for seq in (0, 1, 2, 3)] == [[], [2, 4], [2, 3], [2, 3]]


def test_kinds_of_nodes_are_kept_by_name(tmp_path: Path) -> None:
    for number in range(3):
        index = LineageIndex.open(tmp_path)
        index.apply("e", [GraphChange(number + 1, (Node(number, f"urn:{number}", f"kind{number % 2}"),), ())])
        index.close()
    assert LineageIndex.open(tmp_path).nodes(np.arange(3)).kind.tolist() == ["kind0", "kind1", "kind0"]


@pytest.mark.parametrize("bad", [EdgeItem(1, 2, 256, 0, 100, 1), EdgeItem(2**32, 2, 1, 0, 100, 1), edge(-1, 2)])
def test_an_edge_that_does_not_fit_is_refused_before_anything_changes(folder: Path, bad: EdgeItem) -> None:
    index = LineageIndex.open(folder)
    with pytest.raises(ValueError):
        index.apply("e", [commit(4, 100, bad)])
    assert (index.position(), reached(index, 1), index.verify()) == (Position("e", 3), [2, 3], [])


# Damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda snapshot: os.truncate(snapshot / "meta.json", 30),
        lambda snapshot: os.truncate(snapshot / "edges.src.npy", 100),
        lambda snapshot: (snapshot / "standing.rows.npy").unlink(),
    ],
    ids=["meta", "size", "missing"],
)
def test_a_damaged_snapshot_opens_empty_for_a_replay(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(snapshot_of(folder))
    index = LineageIndex.open(folder)
    assert index.damaged
    assert index.verify()
    assert index.position() == Position("", 0)
    assert reached(index, 1) == []
    index.apply("e", [commit(7, 100, edge(1, 9))])
    index.close()
    index = LineageIndex.open(folder)
    assert (index.damaged, reached(index, 1)) == (None, [9])


def test_a_snapshot_with_an_array_too_few_is_damaged(folder: Path) -> None:
    found = SnapshotStore(folder).read()
    assert found is not None
    SnapshotStore(folder).write(3, found.facts, {k: v for k, v in found.arrays.items() if k != "edges.until"})
    assert LineageIndex.open(folder).damaged


def test_a_newer_format_is_not_opened_and_not_overwritten(folder: Path) -> None:
    (snapshot_of(folder) / "meta.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(BadInput, match="newer"):
        LineageIndex.open(folder)
    assert (snapshot_of(folder) / "meta.json").exists()


# Altered by hand


def test_an_altered_edge_is_read_as_it_is_and_can_be_mended(folder: Path) -> None:
    alter(folder, "edges.dst", 5, 77)
    index = LineageIndex.open(folder)
    assert index.damaged is None
    assert index.edges_of(101, 7) == {edge(2, 77)}
    assert index.keys()[101, 7] == b"digest"
    assert "edges.dst.npy was altered since it was saved" in index.verify()
    index.replace(101, 7, [Interval(edge(2, 5), 3, FOREVER)], b"digest")
    assert index.edges_of(101, 7) == {edge(2, 5)}
    assert index.expand(np.array([5]), Direction.UP, FLOW).src.tolist() == [2]
    assert len(index.expand(np.array([77]), Direction.UP, FLOW)) == 0
    index.save()
    assert index.verify() == []


@pytest.mark.parametrize(
    ("column", "old", "new"),
    [
        ("edges.src", 2, 40),
        ("edges.key", 1, 0),
        ("edges.key", 1, 50),
        ("edges.until", FOREVER, 2),
        ("edges.until", FOREVER, 0),
        ("edges.until", FOREVER, -1),
        ("edges.source", 1, 9),
    ],
)
def test_whatever_was_altered_mending_every_key_leaves_nothing_of_it(
    folder: Path, column: str, old: int, new: int
) -> None:
    whole = LineageIndex.open(folder)
    expected = {key: whole.edges_of(*key) for key in sorted(whole.keys())}
    alter(folder, column, old, new)
    index = LineageIndex.open(folder)
    assert any(index.edges_of(*key) != edges for key, edges in expected.items())
    for key, edges in expected.items():
        index.replace(*key, [Interval(each, 2, FOREVER) for each in edges], b"digest")
    assert {key: index.edges_of(*key) for key in sorted(index.keys())} == expected
    assert reached(index, 1, 2, 40) == [2, 3, 5]
    index.save()
    assert index.verify() == []


def test_mending_a_key_whose_index_was_altered_leaves_the_edges_of_others(folder: Path) -> None:
    index = LineageIndex.open(folder)
    (foreign,) = [row for row in range(4) if index.dump().carrier[row] == 101]
    mine = [row for row in range(4) if index.dump().dst[row] == 3]
    alter(folder, "standing.slots", mine[0], foreign)
    index = LineageIndex.open(folder)
    assert index.edges_of(100, 7) == {edge(1, 2)}
    index.replace(100, 7, [Interval(edge(1, 2), 1, FOREVER), Interval(edge(1, 3), 2, FOREVER)], b"digest")
    assert index.edges_of(100, 7) == {edge(1, 2), edge(1, 3)}
    assert index.edges_of(101, 7) == {edge(2, 5)}
    index.save()
    assert index.verify() == []


def test_closing_an_altered_edge_does_not_leave_it_behind(folder: Path) -> None:
    alter(folder, "edges.src", 2, 40)
    index = LineageIndex.open(folder)
    index.apply("e", [commit(4, 101, edge(2, 5))])
    assert (reached(index, 2), reached(index, 40)) == ([5], [])
    index.save()
    assert index.verify() == []


def test_an_index_that_does_not_agree_with_the_edges_is_named(folder: Path) -> None:
    alter(folder, "was.up.slots", 1, 0)
    assert "was.up does not agree with the edges" in LineageIndex.open(folder).verify()


# One owner of the folder


def test_what_was_replaced_by_a_promoted_index_writes_nothing_any_more(folder: Path) -> None:
    old = LineageIndex.open(folder)
    fresh = old.fresh()
    fresh.apply("f", [commit(5, 100, edge(1, 9))])
    fresh.promote()
    old.apply("e", [commit(4, 100, edge(1, 8))])
    old.close()
    index = LineageIndex.open(folder)
    assert (index.position(), reached(index, 1)) == (Position("f", 5), [9])


def test_an_empty_index_can_be_promoted(folder: Path) -> None:
    LineageIndex.open(folder).fresh().promote()
    assert LineageIndex.open(folder).position() == Position("", 0)


def test_a_promotion_that_fails_leaves_the_old_index_in_charge(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = LineageIndex.open(folder)
    fresh = old.fresh()
    fresh.apply("f", [commit(5, 100, edge(1, 9))])

    def full(handle: int) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(Unreachable):
            fresh.promote()
    old.apply("e", [commit(4, 100, edge(1, 8))])
    old.close()
    index = LineageIndex.open(folder)
    assert (index.position(), reached(index, 1)) == (Position("e", 4), [8])


def test_a_save_that_fails_keeps_what_was_applied_for_the_next(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = LineageIndex.open(folder)
    index.apply("e", [commit(4, 100, edge(1, 8))])

    def full(handle: int) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(Unreachable):
            index.save()
    assert reached(index, 1) == [8]
    index.close()
    assert reached(LineageIndex.open(folder), 1) == [8]


def test_readers_are_answered_while_a_save_waits_for_the_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = LineageIndex.open(folder)
    index.apply("e", [commit(4, 100, edge(1, 8))])
    at_disk, go_on = threading.Event(), threading.Event()
    fsync = os.fsync

    def slow(handle: int) -> None:
        at_disk.set()
        assert go_on.wait(30)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", slow)
    saving = threading.Thread(target=index.save)
    saving.start()
    assert at_disk.wait(30)
    answer: list[list[int]] = []
    reading = threading.Thread(target=lambda: answer.append(reached(index, 1)))
    reading.start()
    reading.join(10)
    answered_meanwhile = list(answer)
    go_on.set()
    saving.join()
    reading.join()
    assert answered_meanwhile == [[8]]


def test_a_closed_index_does_not_answer_as_if_it_were_empty(folder: Path) -> None:
    index = LineageIndex.open(folder)
    index.close()
    index.close()
    for call in (index.position, index.keys, index.dump, index.save, lambda: reached(index, 1)):
        with pytest.raises(ValueError, match="closed"):
            call()
