"""Reading the Python files and notebooks of a folder, in order of their paths."""

from __future__ import annotations

import fnmatch
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from clew_connectors.port import Discovery, ReadWarning, State
from clew_connectors.sql_in_code.config import SqlInCodeConfig
from clew_connectors.sql_in_code.find import Found, in_notebook, in_python
from clew_connectors.sql_in_code.records import Statement
from clew_connectors.sql_in_code.translate import scope
from clew_schemas.errors import BadInput, ClewError, NotFound, Unreachable

MOST_BYTES: Final = 20_000_000
"""Of one file; a notebook with pictures may be large."""


def check(config: SqlInCodeConfig) -> list[ClewError]:
    """Return what keeps the folder from being read."""
    root = config.root
    if not root.is_dir():
        return [NotFound("there is no such folder", where=str(root), hint="folder is the project's, not a file")]
    if not os.access(root, os.R_OK | os.X_OK):
        return [Unreachable("the folder can't be read", where=str(root), hint="May this user read it?")]
    return []


def discover(config: SqlInCodeConfig) -> Discovery:
    """Return how many files there are, and as scope the statements of this code."""
    files = list(_files(config))
    notebooks = sum(path.suffix == ".ipynb" for path in files)
    return Discovery(scope(config.code), {"files": len(files) - notebooks, "notebooks": notebooks})


def read(config: SqlInCodeConfig, state: State | None) -> Iterator[Statement | ReadWarning | State]:
    """Yield the statements file by file; a file that can't be read is a warning."""
    for problem in check(config):
        raise problem
    for path in _files(config):
        name = path.relative_to(config.root).as_posix()
        numbers: Counter[str] = Counter()
        try:
            for found in _found(path, name):
                if isinstance(found, BadInput):
                    yield ReadWarning(found.what, found.where, found.hint)
                    continue
                text, place = found
                numbers[place.inside] += 1
                number = numbers[place.inside]
                yield Statement(
                    config.code,
                    config.namespace,
                    config.dialect,
                    config.database,
                    config.db_schema,
                    text,
                    place,
                    number,
                )
        except ClewError as error:
            yield ReadWarning(error.what, error.where, error.hint)


def _found(path: Path, name: str) -> Iterator[Found | BadInput]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"a file of more than {MOST_BYTES} bytes was left out", where=name)
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Unreachable(f"the file can't be read: {error.strerror}", where=name) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8: {error.reason}", where=name) from error
    yield from in_notebook(text, name) if path.suffix == ".ipynb" else in_python(text, name)


def _files(config: SqlInCodeConfig) -> Iterator[Path]:
    for folder, folders, files in os.walk(config.root):
        folders[:] = sorted(each for each in folders if not _excluded(each, config))
        for each in sorted(files):
            if each.endswith((".py", ".ipynb")) and not _excluded(each, config):
                yield Path(folder) / each


def _excluded(name: str, config: SqlInCodeConfig) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in config.exclude)
