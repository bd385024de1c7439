"""What a request asks, before anything of GraphQL is loaded."""

from __future__ import annotations

from typing import Any, NamedTuple

MAX_BYTES = 100_000
"""Bytes of a query."""


class Asked(NamedTuple):
    """One request in GraphQL's terms."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
