"""The folder of an embedded index."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew.search import generations
from clew_schemas.errors import BadInput, Damaged


def test_a_folder_that_never_held_an_index_has_no_generation(tmp_path: Path) -> None:
    assert generations.current(tmp_path) is None


def test_the_generation_in_force_is_the_one_put_so_last(tmp_path: Path) -> None:
    first, second = generations.begin(tmp_path), generations.begin(tmp_path)
    assert (first, second) == (1, 2)
    generations.put_in_force(tmp_path, first)
    assert generations.current(tmp_path) == first
    generations.put_in_force(tmp_path, second)
    assert generations.current(tmp_path) == second


def test_only_other_generations_are_dropped(tmp_path: Path) -> None:
    for _ in range(3):
        generations.begin(tmp_path)
    (tmp_path / "generation-of-mine").mkdir()
    (tmp_path / "notes.txt").write_text("kept")
    generations.keep_only(tmp_path, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["generation-2", "generation-of-mine", "notes.txt"]
    assert generations.begin(tmp_path) == 3


@pytest.mark.parametrize(
    "said", [b"", b"{", b"[]", b'{"format": 2}', b'{"format": "x", "generation": 1}', b'{"format": 1, "generation": 1}']
)
def test_a_pointer_that_cannot_be_read_is_damage(tmp_path: Path, said: bytes) -> None:
    (tmp_path / "index.json").write_bytes(said)
    with pytest.raises(Damaged):
        generations.current(tmp_path)


def test_a_folder_of_something_else_is_damage(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(Damaged, match=r"no index\.json"):
        generations.current(tmp_path)


def test_a_newer_format_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_bytes(b'{"format": 4, "generation": 1}')
    with pytest.raises(BadInput, match=r"format 4, and this Clew reads 3.*newer Clew"):
        generations.current(tmp_path)
