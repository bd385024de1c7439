"""Data that a run uses: a set as it was logged, or one that the house knows; and what is said about the former."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from clew.sdk.frames import Frame
from clew.sdk.naming import Names, plain
from clew_schemas.event import Event, event

BY_NAME = 0.9
"""Confidence that a column of a logged set is the one of the same name in the table it is said to come from."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Data as a run refers to it.

    `columns` maps plain names to escaped paths, None where they are not known; `types` may tell their types.

    `logged` says that it is a set of its own, described from memory; else it is one that the house knows.
    """

    urn: str
    columns: Mapping[str, str] | None = None
    rows: int | None = None
    source: str | None = None
    role: str | None = None
    types: Mapping[str, str] = field(default_factory=dict, hash=False)
    logged: bool = False

    def as_input(self) -> dict[str, Any]:
        """Return its entry in `data_inputs`."""
        said = {"dataset": self.urn, "role": self.role, "source": self.source, "rows": self.rows}
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a logged set came from, as far as was said: a table with the columns known of it, or the SQL that made it.

    `unknown` says what could not be found.
    """

    table: str | None = None
    columns: Sequence[str] | None = None
    sql: str | None = None
    dialect: str = "ansi"
    namespace: str | None = None
    unknown: str | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)


def logged(names: Names, name: str, frame: Frame, origin: Origin, role: str | None) -> Dataset:
    """Return a table in memory as a dataset of its own, by name and digest."""
    columns = {each.name: each.path for each in frame.columns}
    types = {each.name: each.type for each in frame.columns}
    return Dataset(names.dataset(name, frame.digest), columns, frame.rows, origin.table, role, types, logged=True)


def events_of_logged(dataset: Dataset, name: str, frame: Frame, origin: Origin, now: datetime) -> list[Event]:
    """Return what is said about a logged set: schema, size, and how it came about, with the evidence."""
    urn = dataset.urn
    said = [
        event(urn, "schema", frame.schema()),
        event(urn, "properties", {"name": plain(name), "subtype": "logged dataset", "platform": "pandas"}),
        event(urn, "profile", {"rows": frame.rows}, time=now),
    ]
    if origin.sql is not None and origin.namespace is not None:
        query = {"text": origin.sql, "dialect": origin.dialect, "namespace": origin.namespace, "output": urn}
        said.append(event(urn, "query", {**query, **origin.extras}))
    elif origin.table is not None:
        said.append(event(urn, "lineage", _lineage(urn, frame, origin)))
    elif origin.unknown is not None:
        gap = [{"code": "unknown_dataset", "detail": origin.unknown}]
        said.append(event(urn, "lineage", {"inputs": [], "outputs": [urn], "unresolved": gap}))
    if origin.table is not None:
        said.append(event(urn, "evidence", {"links": [_link(urn, frame, origin)]}))
    return said


def _lineage(urn: str, frame: Frame, origin: Origin) -> dict[str, Any]:
    said: dict[str, Any] = {"inputs": [origin.table], "outputs": [urn]}
    if origin.columns is not None:
        shared = [each.path for each in frame.columns if each.path in set(origin.columns)]
        said["columns"] = [[0, path, 0, path, "IDENTITY", BY_NAME] for path in shared]
    return said


def _link(urn: str, frame: Frame, origin: Origin) -> dict[str, Any]:
    link: dict[str, Any] = {"from": origin.table, "to": urn, "by": "stated"}
    if origin.columns is not None:
        known = set(origin.columns)
        shared = sum(each.path in known for each in frame.columns)
        link["detail"] = f"{shared} of {len(frame.columns)} columns have the name of one of the table's"
    return link
