"""Paths into a payload, as the annotations of a schema write them: `owners[].owner`, `text`, `tags[]`."""

from __future__ import annotations

from typing import Any


def select(payload: Any, path: str) -> list[Any]:
    """Return every value that `path` reaches, in document order; absent members are passed over."""
    found = [payload]
    for step in path.split("."):
        name, is_list = (step[:-2], True) if step.endswith("[]") else (step, False)
        found = [each[name] for each in found if isinstance(each, dict) and each.get(name) is not None]
        if is_list:
            found = [item for each in found if isinstance(each, list) for item in each]
    return found
