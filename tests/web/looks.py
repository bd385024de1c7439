"""In which looks every page is examined; with `CLEW_PICTURES`, a folder, each is kept there as a picture."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

LOOKS = [(1440, 900, "light"), (1440, 900, "dark"), (390, 844, "light"), (390, 844, "dark")]
"""Width and height of the window in pixels, and the scheme."""


def look(page: Page, width: int, height: int, scheme: str) -> None:
    """Give a page this window and these colours."""
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")


def every_look(page: Page) -> Iterator[str]:
    """Give a page every look, one after the other; name it."""
    for width, height, scheme in LOOKS:
        look(page, width, height, scheme)
        if folder := os.environ.get("CLEW_PICTURES"):
            _keep(page, Path(folder), f"{width}-{scheme}")
        yield f"{width}, {scheme}"


def _keep(page: Page, folder: Path, shown: str) -> None:
    """Take a picture, named after the running test: its file, its case if it has one, the look."""
    test, _, _ = os.environ["PYTEST_CURRENT_TEST"].partition(" ")
    file, name = re.search(r"test_(\w+)\.py::(?:\w+\[(.*)\]|\w+)$", test).groups()  # type: ignore[union-attr]
    case = re.sub(r"[^\w-]", "", name or "") or "open"
    page.wait_for_timeout(500)  # what moves has come to rest
    page.screenshot(path=folder / f"{file}.{case}.{shown}.png")
