"""What a house holds on its disk, counted while others write there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clew import care


@pytest.mark.parametrize(("when", "bytes_left"), [("before", 100), ("after", 200)])
def test_a_file_that_goes_just_before_or_after_one_looks_keeps_nobody_from_counting(
    when: str, bytes_left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "generation-1").mkdir()
    gone = tmp_path / "generation-1" / "gone"
    for file in (gone, gone.with_name("kept")):
        file.write_bytes(bytes(100))
    assert care._bytes_in(tmp_path) == 200
    look = os.stat

    def looked(path: os.PathLike[str] | str, **how: bool) -> os.stat_result:
        if Path(path) == gone and when == "before":
            gone.unlink()
        found = look(path, **how)
        if Path(path) == gone:
            gone.unlink()
        return found

    monkeypatch.setattr(os, "stat", looked)
    assert care._bytes_in(tmp_path) == bytes_left


def test_a_folder_that_went_holds_nothing(tmp_path: Path) -> None:
    assert care._bytes_in(tmp_path / "generation-2") == 0
