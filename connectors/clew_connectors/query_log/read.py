"""Reading query logs: files in order of their names, statements in order, portion by portion."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from clew_connectors.port import Discovery, ReadWarning, State
from clew_connectors.query_log.config import QueryLogConfig
from clew_connectors.query_log.formats import check_format, statements
from clew_connectors.query_log.records import Portion, Statement
from clew_schemas.errors import BadInput, ClewError, NotFound, Unreachable
from clew_schemas.event import Scope

HOUR: Final = 3_600_000_000
MOST_STATEMENTS: Final = 2_000
MOST_BYTES: Final = 400_000
"""Characters of SQL in one portion, so that it fits into one event."""
KEPT_HOURS: Final = 100
"""Hours of which the count of portions is kept, for statements that are logged out of order."""

STATE: Final = "query_log"


def check(config: QueryLogConfig) -> list[ClewError]:
    """Return what keeps the log from being read."""
    try:
        for path in _files(config)[:1]:
            with _opened(path) as file:
                check_format(file, config, str(path))
    except ClewError as error:
        return [error]
    except UnicodeDecodeError as error:
        return [_not_text(config.path, error)]
    return []


def discover(config: QueryLogConfig) -> Discovery:
    """Return how many files there are. Portions are points of a series: no claim is in the scope."""
    return Discovery(Scope((f"urn:clew:object:({config.namespace},",), ()), {"files": len(_files(config))})


def read(config: QueryLogConfig, state: State | None) -> Iterator[Portion | ReadWarning | State]:
    """Yield portions of at most an hour each, and in the end where the log ended; go on from there the next time."""
    for problem in check(config):
        raise problem
    cutter = _Cutter(config, state)
    for path in _files(config):
        written = _micros(path)
        try:
            with _opened(path) as file:
                for item in statements(file, config, str(path), written):
                    if isinstance(item, Statement):
                        yield from cutter.take(item)
                    else:
                        yield item
        except UnicodeDecodeError as error:
            yield ReadWarning(_not_text(str(path), error).what, str(path), "The rest of this file was left out")
    yield from cutter.end()
    if config.format != "pg_stat_statements":
        yield cutter.state()


def _files(config: QueryLogConfig) -> list[Path]:
    found = sorted(Path(each) for each in glob.glob(config.path, recursive=True))  # noqa: PTH207 (absolute patterns)
    files = [path for path in found if path.is_file()]
    if not files:
        raise NotFound(
            "there is no such log", where=config.path, hint="path is a file, or a pattern such as logs/*.jsonl"
        )
    return files


def _opened(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise Unreachable(
            f"the log can't be read: {error.strerror}", where=str(path), hint="May this user read the file?"
        ) from error


def _not_text(where: str, error: UnicodeDecodeError) -> BadInput:
    return BadInput(f"not UTF-8: {error.reason}", where=where, hint="Write the log out as UTF-8")


def _micros(path: Path) -> int:
    return path.stat().st_mtime_ns // 1000


class _Cutter:
    """Cuts what comes into portions, and leaves out what a state says was read."""

    def __init__(self, config: QueryLogConfig, state: State | None) -> None:
        said = state.data.get(STATE, {}) if state is not None and config.format != "pg_stat_statements" else {}
        self._config = config
        self._until, self._at_until = int(said.get("until", 0)), int(said.get("atUntil", 0))
        self._skip = self._at_until
        self._parts = {int(hour): int(part) for hour, part in said.get("parts", {}).items()}
        self._newest, self._at_newest = self._until, self._at_until
        self._waiting: list[Statement] = []
        self._size = 0

    def take(self, statement: Statement) -> Iterator[Portion]:
        if self._was_read(statement.time):
            return
        if statement.time > self._newest:
            self._newest, self._at_newest = statement.time, 0
        self._at_newest += statement.time == self._newest
        full = len(self._waiting) >= MOST_STATEMENTS or self._size + len(statement.text) > MOST_BYTES
        if self._waiting and (full or self._waiting[0].time // HOUR != statement.time // HOUR):
            yield self._portion()
        self._waiting.append(statement)
        self._size += len(statement.text)

    def end(self) -> Iterator[Portion]:
        if self._waiting:
            yield self._portion()

    def state(self) -> State:
        return State({STATE: {"until": self._newest, "atUntil": self._at_newest, "parts": self._parts}})

    def _was_read(self, time: int) -> bool:
        if time < self._until:
            return True
        if time == self._until and self._skip:
            self._skip -= 1
            return True
        return False

    def _portion(self) -> Portion:
        waiting, self._waiting, self._size = tuple(self._waiting), [], 0
        hour = waiting[0].time // HOUR
        part = self._parts.pop(hour, 0)
        self._parts[hour] = part + 1
        while len(self._parts) > KEPT_HOURS:
            del self._parts[next(iter(self._parts))]
        config = self._config
        counted = config.format == "pg_stat_statements"
        return Portion(config.namespace, config.name, config.dialect, hour * HOUR, part, waiting, counted)
