"""What a connector is, and the little it needs from outside: somewhere to send records, somewhere to keep its state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from clew_schemas.errors import ClewError
from clew_schemas.event import Event, Receipt, Record, Scope


class ConnectorConfig(BaseModel):
    """What a connector must be told; each has its own. Its JSON Schema is published, so every field is described.

    A secret is a `pydantic.SecretStr`: the schema marks it (`writeOnly`, format `password`) and nothing prints it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class ReadWarning:
    """Something that could not be read or said, while everything else goes on; counted and shown to the caller."""

    what: str
    where: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Where a connector got to, as JSON. It counts only after everything that was read before it is acknowledged.

    What a crawl does not name in its scope is retracted, and so a connector that goes on from a state, and no longer
    names what it has read before, must have a scope without aspects.
    """

    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Discovery:
    """What would be read: the scope of the crawl, and how many things of which sort."""

    scope: Scope
    summary: Mapping[str, int] = field(default_factory=dict)


C = TypeVar("C", bound=ConnectorConfig)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Connector(Generic[C, R]):
    """One system that Clew can read. `C` is the model of its configuration, `R` the type of its records.

    `name` is what recipes say; `version` changes when the same system, unchanged, would give other events.
    All four functions raise ClewError only, with what, where and a hint, and never put a secret into one.
    """

    name: str
    version: str
    spec: type[C]
    check: Callable[[C], list[ClewError]]
    """Return what keeps this configuration from being read, nothing when all is well. Reads as little as it can."""
    discover: Callable[[C], Discovery]
    """Return what would be read. The scope covers every claim that a crawl with this configuration sends."""
    read: Callable[[C, State | None], Iterator[R | ReadWarning | State]]
    """Yield plain frozen records in an order that the system alone decides: unchanged, it gives equal records.

    Clocks do not count as changes: the time of a reading never stands in a record.
    """
    translate: Callable[[R], Sequence[Event]]
    """Return the events of one record, which land together as far as one group can hold them. Pure.

    Within one crawl each (entity, aspect) comes up once, points of series aside.
    """
    rank: int = 50
    """How much its claims are trusted where several sources speak of one thing; the platform itself has 50."""


class Sink(Protocol):
    """Where records go: the ledger, a server, or paper."""

    def register(self, name: str, *, order: Literal["crawl"], door: str, rank: int) -> object:
        """Make the source known, or find it known; raise Conflict when it is ordered in another way."""

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        """Take records in order; return one receipt each, when what they say is durable."""


class States(Protocol):
    """Where the states of sources are kept between crawls."""

    def get(self, source: str) -> State | None:
        """Return the state that was put last, None when there is none."""

    def put(self, source: str, state: State) -> None:
        """Keep the state, durably, before returning."""
