"""docs/editing.md is followed to the letter: its files are written, its commands run, its answers compared."""

from __future__ import annotations

from pathlib import Path

from flow.test_custom_kinds_page import PORT, followed, free_port, steady

PAGE = Path(__file__).parents[2] / "docs" / "editing.md"


def test_the_page_says_what_happens(tmp_path: Path) -> None:
    page = PAGE.read_text()
    port = free_port()
    found = followed(page, tmp_path, port).replace(f":{port}", f":{PORT}")
    assert steady(found) == steady(page)
