"""Cursors of a search: opaque outside; inside the place of a hit and its URN.

An index gives no place back for a URN, and scores shift as documents come. So a cursor is looked for near its old place
first, and only if it is gone the place itself counts: nothing is shown twice or passed over for a hit that moved a bit.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from clew.errors import BadInput

NEAR = 20
"""Hits on either side of the old place among which a cursor is looked for."""


class Cursor(NamedTuple):
    """The place of one hit (0 is the first), and its URN."""

    place: int
    urn: str

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([self.place, self.urn])).decode()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor; raise BadInput for what none of ours is."""
        try:
            place, urn = orjson.loads(base64.urlsafe_b64decode(text.encode()))
            return cls(int(place), str(urn))
        except (ValueError, TypeError, binascii.Error) as error:
            raise BadInput("not a cursor", where="after", hint="Take it from an edge or from pageInfo") from error


def window(after: Cursor | None, first: int) -> tuple[int, int]:
    """Return offset and limit of the hits among which the page lies."""
    if after is None:
        return 0, first
    start = max(0, after.place - NEAR)
    return start, after.place - start + NEAR + 1 + first


def page(hits: Sequence[Mapping[str, Any]], after: Cursor | None, first: int) -> list[tuple[Cursor, Mapping[str, Any]]]:
    """Return the page of a window's hits that follows the cursor, each with a cursor of its own."""
    start, _ = window(after, first)
    placed = [(Cursor(start + at, hit["urn"]), hit) for at, hit in enumerate(hits)]
    if after is None:
        return placed[:first]
    found = next((cursor.place for cursor, _ in placed if cursor.urn == after.urn), after.place)
    return [each for each in placed if each[0].place > found][:first]
