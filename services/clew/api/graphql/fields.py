"""Fields with a description, typed: `strawberry.field(description=…)` leaves what it decorates untyped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import strawberry

Resolver = TypeVar("Resolver", bound=Callable[..., object])


def described(description: str) -> Callable[[Resolver], Resolver]:
    """Return a decorator that makes a resolver a field with this description."""
    decorate: Callable[[Resolver], Resolver] = strawberry.field(description=description)
    return decorate
