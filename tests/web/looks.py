"""In which looks every page is examined."""

from __future__ import annotations

from collections.abc import Iterator

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
        yield f"{width}, {scheme}"
