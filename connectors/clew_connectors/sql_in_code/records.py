"""What is found in code: statements with their places."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where text stands: file below the folder, function or class (dotted, empty at the top), line and column from 1.

    `cell` counts a notebook's cells from 1; the line is then that of the cell.
    """

    file: str
    inside: str
    line: int
    column: int
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A text that reads as SQL. `number` counts, from 1, those of one function in one file: it outlives moved lines."""

    code: str
    namespace: str
    dialect: str
    database: str | None
    schema: str | None
    text: str
    place: Place
    number: int
