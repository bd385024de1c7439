"""What resolvers reach for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry

from clew.api.auth import Principal
from clew.api.graphql.loader import Loader
from clew.api.stations import Stations
from clew.api.writing import Writer


@dataclass(frozen=True, slots=True)
class Context:
    """One request: who asks, the stations behind, and what was read so far."""

    stations: Stations
    writer: Writer
    principal: Principal
    loader: Loader
    types: Mapping[str, Callable[..., Any]]
    """The object type of each kind, in the schema in force."""


Info = strawberry.Info[Context, None]
