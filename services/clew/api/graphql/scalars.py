"""Scalars beside GraphQL's own."""

from __future__ import annotations

from typing import NewType

import strawberry
from strawberry.schema.config import StrawberryConfig

Seq = NewType("Seq", int)
"""A position of the ledger, or a time in microseconds: GraphQL's Int ends at 32 bits."""


def config() -> StrawberryConfig:
    """Return the configuration that knows these scalars."""
    seq = strawberry.scalar(
        name="Seq",
        description="An integer of up to 64 bits: a position of the ledger, or a time in microseconds UTC",
        serialize=int,
        parse_value=int,
    )
    return StrawberryConfig(scalar_map={Seq: seq})
