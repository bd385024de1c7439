"""Finds the files, reads each, and goes on where one of many is bad."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clew_connectors.metadata_json.config import MetadataConfig
from clew_connectors.metadata_json.document import MAX_BYTES, Document, parse
from clew_connectors.metadata_json.joined import Joined, version_named
from clew_connectors.metadata_json.records import Item, Unreadable
from clew_connectors.metadata_json.translate import scope
from clew_connectors.nameable import unnameable
from clew_connectors.port import Discovery, ReadWarning, State
from clew_schemas import urn
from clew_schemas.errors import BadInput, ClewError, NotFound, TooLarge, Unreachable


@dataclass
class _Found:
    """What lies under the path: the records of files that can be read, and the others with what is wrong."""

    joined: Joined
    bad: dict[Path, ClewError] = field(default_factory=dict)
    good: int = 0

    def failure(self) -> ClewError | None:
        """Return the error for a path under which nothing at all can be read."""
        return None if self.good else next(iter(self.bad.values()))


def check(config: MetadataConfig) -> list[ClewError]:
    """Read the files; the problems come from all of them when none can be read, else one bad file is no hindrance."""
    try:
        found = _read(config)
    except ClewError as error:
        return [error]
    return list(found.bad.values()) if found.failure() else []


def discover(config: MetadataConfig) -> Discovery:
    """Count what the files tell of. While one of them is bad, nothing that was said before is taken back."""
    found = _read(config)
    counts = {"projects": found.good, "models": len(found.joined.models), "datasets": len(found.joined.datasets)}
    return Discovery(scope(config.namespace, closed=bool(found.bad)), counts)


def read(config: MetadataConfig, state: State | None = None) -> Iterator[Item | ReadWarning]:
    """Yield persons, datasets, models, projects by file, deployments, endpoints, then bad files. Keeps no state."""
    found = _read(config)
    failure = found.failure()
    if failure is not None:
        raise failure
    yield from found.joined.records()
    for path, error in found.bad.items():
        yield ReadWarning(error.what, error.where or str(path), error.hint)
        yield _unreadable(config, path, error)


def _read(config: MetadataConfig) -> _Found:
    paths = _paths(config)
    found = _Found(Joined(config))
    for path in paths:
        try:
            found.joined.add(_document(path), _folder(path))
            found.good += 1
        except ClewError as error:
            found.bad[path] = error
    return found


def _paths(config: MetadataConfig) -> list[Path]:
    said = str(Path(config.path).expanduser())
    if not config.is_pattern or Path(said).is_file():
        return [Path(said)]
    paths = sorted(each for each in _matching(Path(said)) if not each.is_dir())
    if not paths:
        raise NotFound("no file is found under this pattern", where=config.path, hint=_ABOUT_PATH)
    return paths


def _matching(pattern: Path) -> Iterator[Path]:
    root = _root(pattern)
    return root.glob(str(pattern.relative_to(root)))


def _root(pattern: Path) -> Path:
    """Return where a search begins: the leading folders of a pattern, up to the first with a sign in it."""
    parts = pattern.parts
    at = next((at for at, part in enumerate(parts) if any(sign in part for sign in "*?[")), len(parts) - 1)
    return Path(*parts[:at])


_ABOUT_PATH = "Check `path` in the recipe: one metadata.json, or a pattern such as projects/**/metadata.json"


def _document(path: Path) -> Document:
    return parse(_content(path), str(path))


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise TooLarge(
                f"a file of {size} bytes is over the limit of {MAX_BYTES}",
                where=str(path),
                hint="A metadata.json says what a project is; keep data and long lists elsewhere",
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound("there is no such file", where=str(path), hint=_ABOUT_PATH) from error
    except IsADirectoryError as error:
        raise BadInput("this is a folder, not a file", where=str(path), hint=_ABOUT_PATH) from error
    except OSError as error:
        raise Unreachable(f"the file can't be read: {error.strerror}", where=str(path), hint=_ABOUT_PATH) from error


def _folder(path: Path) -> str:
    return path.absolute().parent.name or path.stem


def _unreadable(config: MetadataConfig, path: Path, error: ClewError) -> Unreadable | ReadWarning:
    """Return the file as a thing with a gap, so that answers about what it told of are not taken for whole."""
    if unnameable([str(path)]):
        return ReadWarning("the file's name holds a control character", where=_folder(path), hint="Rename it")
    try:
        value = json.loads(_content(path))
        version = version_named(value, config) if isinstance(value, dict) else None
    except (ClewError, ValueError, RecursionError):
        version = None
    file = path.relative_to(_root(Path(config.path).expanduser()))
    identity = urn.of_segments("object", config.namespace, *file.parts)
    return Unreadable(identity, str(file), str(error.what), version)
