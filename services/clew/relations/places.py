"""Where something stands in a query, as people count."""

from __future__ import annotations


def place_in(text: str, offset: int) -> str:
    """Return a place in a query as people count: line and column from 1."""
    line = text.count("\n", 0, offset) + 1
    return f"line {line}, column {offset - (text.rfind(chr(10), 0, offset) + 1) + 1}"


def place_of_word(text: str, word: str) -> str:
    """Return where a name stands first in a query, or "query" when it does not stand there as it is."""
    at = text.casefold().find(word.casefold())
    return "query" if at < 0 else place_in(text, at)
