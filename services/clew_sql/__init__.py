"""Column lineage from SQL. Pure: text and a schema in, facts out; imports nothing else of ours.

`texts` has what is asked, and sqlglot is loaded with it, at the first time. The rest in the order a statement takes:

    templates    Jinja left in the text -> plain SQL
    blocks       procedural SQL -> the plain statements in it
    parse        text -> syntax trees, one a statement (sqlglot's parser)
    names        which spellings are the same name
    catalog      which dataset a name stands for, and its columns
    statements   what is written, and how a query's columns map to it
    changes      UPDATE, MERGE, DELETE, upserts
    objects      tables as a whole: COPY, CLONE, RENAME, SWAP, DROP
    routines     bodies of procedures given as strings
    reading      what all of these share: target, query, answer
    queries      WITH, SELECT, set operations -> a relation
    sources      FROM -> the places that names refer to
    generators   UNNEST, EXPLODE, FLATTEN, table functions -> rows
    pivots       PIVOT, UNPIVOT
    projection   the SELECT list -> columns
    scope        a name -> what it is made of
    expressions  an expression -> what it is made of, one walk
    paths        fields within structs and JSON
    structs      fields of a struct by its type
    flow         how that composes and merges
    lineage      the answer
    mentions     the tables that a text names, where it does not parse

Beside that:

    canonical    a statement -> its canonical form: equal forms, equal meaning (with canonical_*)
    scripts      a script -> its statements as text; what a migration does to tables and columns
"""

import importlib
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clew_sql.errors import SeveralStatements, SqlError
from clew_sql.lineage import (
    CERTAIN,
    GUESS,
    ONLY_CHOICE,
    Influence,
    Lineage,
    OutputColumn,
    Source,
    Subtype,
    Transformation,
    Unresolved,
)

if TYPE_CHECKING:
    from clew_sql.texts import column_lineage, script_lineage, tables_mentioned

__all__ = [
    "CERTAIN",
    "GUESS",
    "ONLY_CHOICE",
    "Influence",
    "Lineage",
    "OutputColumn",
    "SeveralStatements",
    "Source",
    "SqlError",
    "Subtype",
    "Transformation",
    "Unresolved",
    "column_lineage",
    "reading_version",
    "script_lineage",
    "tables_mentioned",
]


def __getattr__(name: str) -> Any:
    if name not in ("column_lineage", "script_lineage", "tables_mentioned"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module("clew_sql.texts"), name)
    return found


@cache
def reading_version() -> int:
    """A number below 2^48 that changes when this package or sqlglot does, and with them what SQL may be read to say."""
    digest = sha256(f"sqlglot {version('sqlglot')}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:6])
