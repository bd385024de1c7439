"""Which names no URN can hold, so that a connector can say so instead of sending what would be turned away."""

from __future__ import annotations

import re
from collections.abc import Iterable

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def unnameable(names: Iterable[str]) -> str | None:
    """Return the first name with a control character in it, None when all can be named."""
    return next((name for name in names if _CONTROL.search(name)), None)


def on_one_line(text: str) -> str:
    """Return a name that people wrote, with line breaks and other white space as single spaces."""
    return _CONTROL.sub("", " ".join(text.split()))
