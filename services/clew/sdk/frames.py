"""What a table in memory is: its columns, its rows, and a digest of its content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clew.errors import BadInput
from clew.sdk.naming import plain
from clew_schemas.urn import segment


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `path` as URNs and schemas spell it, the type as pandas spells it, whether a value is missing."""

    name: str
    path: str
    type: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """A table in memory, described. `digest` is of names, types and every value, 16 hexadecimal digits."""

    columns: tuple[Column, ...]
    rows: int
    digest: str

    def schema(self) -> dict[str, Any]:
        """Return the payload of `schema`."""
        return {"columns": [{"name": each.path, "type": each.type, "nullable": each.nullable} for each in self.columns]}


def is_frame(value: Any) -> bool:
    """Say whether a value is a pandas DataFrame, without importing pandas."""
    return type(value).__name__ == "DataFrame" and type(value).__module__.partition(".")[0] == "pandas"


def names_of(table: Any) -> list[str] | None:
    """Return the column names of a DataFrame, None for anything else."""
    return [plain(name) for name in table.columns] if is_frame(table) else None


def frame_of(table: Any, digest: str | None = None) -> Frame:
    """Describe a pandas DataFrame; `digest` stands in for the one that would be computed.

    Raises BadInput for anything else, and for column names of which two are spelt alike.
    """
    if not is_frame(table):
        raise BadInput(
            f"a {type(table).__name__} is no table",
            where="dataset",
            hint="Give a pandas DataFrame, a URN, or the name of a dataset that the house knows",
        )
    names = [plain(name) for name in table.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"two columns are called {twice[0]!r}", where="dataset", hint="Rename one")
    missing = [bool(each) for each in table.isna().any().tolist()] if len(table.columns) else []
    types = [str(each) for each in table.dtypes.tolist()]
    columns = tuple(
        Column(name, segment(name), kind, nullable) for name, kind, nullable in zip(names, types, missing, strict=True)
    )
    return Frame(columns, len(table), digest or _digest(table, names, types))


def _digest(table: Any, names: Sequence[str], types: Sequence[str]) -> str:
    hashed = hashlib.sha256(repr((names, types, len(table))).encode())
    for at in range(len(names)):
        hashed.update(_column_digest(table.iloc[:, at]))
    return hashed.hexdigest()[:16]


def _column_digest(series: Any) -> bytes:
    """Return a digest of one column's values in order; values that can't be hashed count as they print."""
    from pandas.util import hash_pandas_object

    try:
        hashes = hash_pandas_object(series, index=False)
    except (TypeError, ValueError):
        hashes = hash_pandas_object(series.map(_printed), index=False)
    return hashlib.sha256(hashes.to_numpy().tobytes()).digest()


def _printed(value: Any) -> str:
    try:
        return repr(value)
    except Exception:
        return f"<{type(value).__name__}>"
