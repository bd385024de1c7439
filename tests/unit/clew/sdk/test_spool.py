"""What waits on disk: in order, for the owner only, within its limit, whatever a crash has left."""

from __future__ import annotations

import logging
import multiprocessing
from pathlib import Path

import pytest

from clew.sdk.batches import Batch, units_of
from clew.sdk.spool import Spool
from unit.clew.sdk.house_of_paper import note


def batch(number: int, text: str = "") -> Batch:
    return Batch("s", f"id-{number}", tuple(units_of([note(f"{number}{text}")])))


def ids(spool: Spool, most: int = 1000) -> list[str]:
    """Read everything and have it done."""
    found: list[str] = []
    while batches := spool.read(most):
        found += [each.id for each in batches]
        spool.done()
    return found


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_what_was_kept_is_read_in_order_and_removed_when_done(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for number in range(5):
        assert spool.append(batch(number))
    assert spool.pending()
    assert ids(spool, most=2) == [f"id-{n}" for n in range(5)]
    assert not spool.pending()
    assert list(spool.folder.iterdir()) == []


def test_what_is_not_done_is_read_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(batch(1))
    assert [each.id for each in spool.read(9)] == ["id-1"]
    assert [each.id for each in spool.read(9)] == ["id-1"]


def test_more_can_be_kept_while_the_first_is_sent(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(batch(1))
    spool.read(9)
    spool.append(batch(2))
    spool.done()
    assert ids(spool) == ["id-2"]


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append(batch(1))
    assert only_file(spool.folder).stat().st_mode & 0o777 == 0o600
    assert spool.folder.stat().st_mode & 0o777 == 0o700


def test_a_torn_last_line_costs_only_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path)
    spool.append(batch(1))
    spool.append(batch(2))
    spool.forget()
    path = only_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    again = Spool(tmp_path)
    with caplog.at_level(logging.WARNING, "clew"):
        assert ids(again) == ["id-1"]
    assert again.damaged == 1
    assert "damaged line" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_line_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(3):
        spool.append(batch(number))
    spool.forget()
    path = only_file(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b"urn", b"nru") + lines[2])
    again = Spool(tmp_path)
    assert ids(again) == ["id-0", "id-2"]
    assert again.damaged == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"\x00" * 100, b"deadbeef 1 {}\n", b"\xff\n\xfe"])
def test_a_file_of_rubbish_is_no_obstacle(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "00000000000000000001-1-aa.spool").write_bytes(content)
    spool = Spool(tmp_path)
    spool.append(batch(1))
    assert ids(spool) == ["id-1"]


def test_beyond_the_limit_nothing_more_is_kept(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit=500)
    kept = [spool.append(batch(number)) for number in range(10)]
    assert kept[0]
    assert not kept[-1]
    assert spool.used() <= 500
    assert len(ids(spool)) == sum(kept)
    assert spool.append(batch(99))


def test_files_of_others_count_towards_the_limit(tmp_path: Path) -> None:
    first = Spool(tmp_path, limit=500)
    while first.append(batch(1)):
        pass
    assert not Spool(tmp_path, limit=500).append(batch(2))


def test_what_another_process_holds_is_left_to_it_until_it_ends(tmp_path: Path) -> None:
    holder = Spool(tmp_path)
    holder.append(batch(1))
    other = Spool(tmp_path)
    assert not other.pending()
    holder.forget()
    assert ids(other) == ["id-1"]


def _keep(folder: str) -> None:
    Spool(Path(folder)).append(batch(7))


def test_what_a_process_left_behind_is_taken_over(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_keep, args=(str(tmp_path),))
    process.start()
    process.join()
    assert ids(Spool(tmp_path)) == ["id-7"]


def test_a_folder_that_cannot_be_made_raises(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="directory"):
        Spool(tmp_path / "file" / "spool").append(batch(1))
    assert not Spool(tmp_path / "file" / "spool").pending()
