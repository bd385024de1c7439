"""The algebra: what a value is made of, and how that composes along a path and merges across paths."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from clew_sql.effort import TooMuch
from clew_sql.lineage import Influence, OutputColumn, Source, Subtype, Transformation

IDENTITY: Final = 0
TRANSFORMED: Final = 1
AGGREGATED: Final = 2
TRANSFORMATIONS: Final = (Transformation.IDENTITY, Transformation.TRANSFORMATION, Transformation.AGGREGATION)


WHOLE: Final[frozenset[tuple[str, ...]]] = frozenset()


MOST_PATHS: Final = 10_000
"""Fields of one source that a value may read. Short queries can make twice as many at every step."""


class Trace(NamedTuple):
    """How a source reaches a value; `rank` indexes `TRANSFORMATIONS`; `paths` are the fields read, WHOLE for all."""

    rank: int
    presence: bool
    masks: bool
    confidence: float
    paths: frozenset[tuple[str, ...]] = WHOLE


Direct = dict[tuple[str, str], Trace]
"""(table, column) -> how its value arrives."""
Indirect = dict[tuple[str, str | None, Subtype], bool]
"""(table, column or None for mere rows, subtype) -> whether only presence matters."""


@dataclass(slots=True)
class Flow:
    """What a value is made of. Shared between columns once built, so it is only added to while being built."""

    direct: Direct = field(default_factory=dict)
    indirect: Indirect = field(default_factory=dict)
    aggregates: bool = False

    @property
    def facts(self) -> int:
        """How many facts it holds: what it takes to add it to another."""
        return 1 + sum(len(trace.paths) + 1 for trace in self.direct.values()) + len(self.indirect)

    def take(self, other: "Flow") -> None:
        """Add all that another value is made of, unchanged."""
        for key, trace in other.direct.items():
            add_direct(self.direct, key, trace)
        add_all(self.indirect, other.indirect)

    def less_certain(self, confidence: float) -> "Flow":
        """The same value, at most that certain."""
        direct = {k: t._replace(confidence=min(confidence, t.confidence)) for k, t in self.direct.items()}
        return Flow(direct, self.indirect, self.aggregates)

    def within(self, path: tuple[str, ...]) -> "Flow":
        """A field of this value: each source's path goes further."""
        direct = {
            k: t._replace(rank=max(t.rank, TRANSFORMED), paths=frozenset(p + path for p in t.paths or ((),)))
            for k, t in self.direct.items()
        }
        return Flow(direct, self.indirect)

    def transformed(self) -> "Flow":
        """Something made of this value and no more."""
        direct = {k: t._replace(rank=max(t.rank, TRANSFORMED)) for k, t in self.direct.items()}
        return Flow(direct, self.indirect)

    def size(self) -> tuple[int, int, int]:
        """Grows with every fact added: equal sizes before and after mean that nothing new was learnt."""
        weight = sum(t.rank + (not t.presence) + (not t.masks) for t in self.direct.values())
        return len(self.direct), len(self.indirect) + sum(not p for p in self.indirect.values()), weight


def add_direct(into: Direct, key: tuple[str, str], trace: Trace) -> None:
    """Merge across paths: the strongest transformation and confidence; presence or hash only if on every path."""
    old = into.get(key)
    if old is None:
        into[key] = trace
    elif old != trace:
        into[key] = Trace(
            max(old.rank, trace.rank),
            old.presence and trace.presence,
            old.masks and trace.masks,
            max(old.confidence, trace.confidence),
            _both(old.paths, trace.paths),
        )


def _both(some: frozenset[tuple[str, ...]], others: frozenset[tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
    paths = some | others if some and others else WHOLE
    if len(paths) > MOST_PATHS:
        raise TooMuch(f"one value reads more than {MOST_PATHS:,} fields of a column")
    return paths


def add_indirect(into: Indirect, key: tuple[str, str | None, Subtype], presence: bool) -> None:
    into[key] = presence and into.get(key, True)


def add_all(into: Indirect, others: Indirect) -> None:
    for key, presence in others.items():
        add_indirect(into, key, presence)


def add_as(into: Indirect, flow: Flow, subtype: Subtype, presence: bool = False) -> None:
    """All that a value is made of, now influencing as `subtype`: direct or not, it decides."""
    for (table, column), trace in flow.direct.items():
        add_indirect(into, (table, column, subtype), presence or trace.presence)
    rows_as(into, flow.indirect, subtype, presence)


def rows_as(into: Indirect, influences: Indirect, subtype: Subtype, presence: bool = False) -> None:
    for (table, column, _), only_presence in influences.items():
        add_indirect(into, (table, column, subtype), presence or only_presence)


def influences(indirect: Indirect) -> tuple[Influence, ...]:
    """Sorted, for the reader."""
    found = [Influence(t, c, s, presence) for (t, c, s), presence in indirect.items()]
    return tuple(sorted(found, key=lambda i: (i.subtype, i.table, i.column or "")))


def spelt(paths: frozenset[tuple[str, ...]]) -> tuple[str, ...]:
    """`address.city`, `[0].price`: fields by dots, elements in brackets."""
    return tuple(sorted("".join(_step(n, step) for n, step in enumerate(path)) for path in paths))


def _step(position: int, step: str) -> str:
    return step if position == 0 or step.startswith("[") else f".{step}"


def output_column(name: str, expression: str, flow: Flow) -> OutputColumn:
    sources = tuple(
        Source(table, column, TRANSFORMATIONS[t.rank], t.confidence, t.presence, t.masks, spelt(t.paths))
        for (table, column), t in sorted(flow.direct.items())
    )
    return OutputColumn(name, expression, sources, influences(flow.indirect))
