"""The honest envelope: what every answer says about itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. Every question takes one; what may be seen will follow from it. `scopes` is what the door allows."""

    name: str
    scopes: frozenset[str] = frozenset({"read"})


@dataclass(frozen=True, slots=True)
class AsOf:
    """The state that an answer is about: everything committed up to `seq`. `time` is in microseconds UTC."""

    seq: int
    time: int
    epoch: str

    def to_dict(self) -> dict[str, Any]:
        moment = datetime.fromtimestamp(self.time / 1e6, UTC).isoformat() if self.time else None
        return {"seq": self.seq, "time": moment, "epoch": self.epoch, "token": f"{self.epoch}-{self.seq}"}


@dataclass(frozen=True, slots=True)
class Gap:
    """Something within what was reached that is not known, and why."""

    code: str
    urn: str
    detail: str

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code, "urn": self.urn, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Cut:
    """Where an answer was cut, and why. `count` is how many more there are at least."""

    reason: str
    count: int
    urns: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {"reason": self.reason, "count": self.count, "urns": list(self.urns)}


@dataclass(frozen=True, slots=True)
class Envelope:
    """As of when, whether complete, where cut, what is unknown, and how it was found.

    `complete` holds when views and reactors had caught up with the target, nothing was cut, and there are no gaps.
    """

    as_of: AsOf
    behind: int = 0
    frontier: Sequence[Cut] = ()
    gaps: Sequence[Gap] = ()
    engine: str = ""
    hops: int = 0
    ms: float = 0.0
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return not (self.behind or self.frontier or self.gaps)

    def to_dict(self) -> dict[str, Any]:
        """Return the members that every answer carries on the wire."""
        return {
            "asOf": self.as_of.to_dict(),
            "complete": self.complete,
            "behind": self.behind,
            "frontier": [cut.to_dict() for cut in self.frontier],
            "gaps": [gap.to_dict() for gap in self.gaps],
            "explain": {"engine": self.engine, "hops": self.hops, "ms": round(self.ms, 3), **self.notes},
        }
