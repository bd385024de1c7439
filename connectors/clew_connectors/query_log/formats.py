"""From lines of a log to statements, one at a time. What cannot be read is a warning, and the rest goes on."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, TextIO

from clew_connectors.port import ReadWarning
from clew_connectors.query_log.config import Part, QueryLogConfig
from clew_connectors.query_log.records import Statement
from clew_schemas.errors import BadInput

MAX_TEXT: Final = 200_000
"""Characters of one statement; longer ones are left out, with a warning."""
MAX_LINE: Final = 4_000_000

SPELLINGS: Final[Mapping[Part, tuple[str, ...]]] = {
    "text": ("query", "query_text", "querytext", "statement", "sql", "sql_text", "text"),
    "time": (
        *("time", "timestamp", "start_time", "starttime", "started", "query_start_time", "event_time", "log_time"),
        *("creation_time", "collectiontimestamp", "ts"),
    ),
    "user": ("user", "user_name", "username", "user_email", "usename", "rolname", "dbuser", "user_id", "userid"),
    "session": ("session", "session_id", "sessionid", "session_info.session_id", "pid", "process_id"),
    "database": ("database", "database_name", "dbname", "datname", "current_database"),
    "schema": ("schema", "schema_name", "current_schema"),
    "times": ("times", "calls", "count", "executions"),
    "status": ("status", "execution_status", "executionstatus", "error_severity"),
}
"""What platforms call the parts of a logged statement, in lower case, best first."""

FAILED: Final = frozenset(
    "fail failed failed_with_error failed_with_incident failure error fatal panic cancelled canceled aborted"
    " exceptionbeforestart exceptionwhileprocessing incident".split()
)

_POSTGRES: Final = (
    "log_time user_name database_name process_id connection_from session_id session_line_num command_tag"
    " session_start_time virtual_transaction_id transaction_id error_severity sql_state_code message".split()
)
"""The first columns of PostgreSQL's csvlog, which has no header."""
_RAN = re.compile(r"(?:duration: [\d.]+ ms +)?(?:statement|execute [^:]{0,200}): (.*)", re.DOTALL)

Item = Statement | ReadWarning
Row = Mapping[str, Any]


def statements(file: TextIO, config: QueryLogConfig, name: str, written: int) -> Iterator[Item]:
    """Yield the statements of an open file. `written` is when the file was, for rows that have no time (µs UTC)."""
    rows: Iterable[tuple[str, Row | ReadWarning]]
    if config.format == "jsonl":
        rows = _json(file, name)
    else:
        rows = _csv(file, name, _POSTGRES if config.format == "postgres_log" else None)
    reader = _Reader(config, written if config.format == "pg_stat_statements" else None)
    for where, row in rows:
        item = row if isinstance(row, ReadWarning) else reader.statement(row, where)
        if item is not None:
            yield item


def _json(file: TextIO, name: str) -> Iterator[tuple[str, Row | ReadWarning]]:
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        where = f"{name}, line {number}"
        if not line.endswith("\n") and len(line) == MAX_LINE:
            while (rest := file.readline(MAX_LINE)) and not rest.endswith("\n"):
                pass
            yield where, ReadWarning(f"a line of more than {MAX_LINE} characters", where)
            continue
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield where, ReadWarning("not a line of JSON", where)
            continue
        yield where, row if isinstance(row, dict) else ReadWarning("not an object", where)


def _csv(file: TextIO, name: str, columns: list[str] | None) -> Iterator[tuple[str, Row | ReadWarning]]:
    csv.field_size_limit(MAX_LINE)
    lines = csv.reader(_without_nul(file))
    while True:
        try:
            fields = next(lines, None)
        except csv.Error as error:
            yield "", ReadWarning(f"not a line of CSV: {error}", f"{name}, line {lines.line_num}")
            continue
        if fields is None:
            return
        if not fields:
            continue
        if columns is None:
            columns = [field.strip().lstrip("\ufeff") for field in fields]
        else:
            yield f"{name}, line {lines.line_num}", dict(zip(columns, fields, strict=False))


def _without_nul(file: TextIO) -> Iterator[str]:
    return (line.replace("\0", "") for line in file)


class _Reader:
    """Rows to statements: finds the parts under the names that the log has for them."""

    def __init__(self, config: QueryLogConfig, written: int | None) -> None:
        self._config = config
        self._written = written
        self._find: dict[Part, Callable[[Row], Any]] = {}
        self._known: frozenset[str] | None = None

    def statement(self, row: Row, where: str) -> Item | None:
        """Return the statement of a row; None for one that did not run, or a line of the log that is none."""
        if self._known is None or self._known != row.keys():
            self._learn(row)
        text = self._text(row)
        if text is None:
            return None if self._config.format == "postgres_log" else ReadWarning("a row without a statement", where)
        if len(text) > MAX_TEXT:
            return ReadWarning(f"a statement of {len(text)} characters was left out", where, f"{MAX_TEXT} are read")
        if str(self._part(row, "status") or "").casefold() in FAILED or not text.strip():
            return None
        time = _micros(self._part(row, "time")) if self._written is None else self._written
        if time is None:
            return ReadWarning("a statement without a time", where, "Say in fields.time what the log calls it")
        return Statement(
            time,
            text,
            _word(self._part(row, "session")),
            _word(self._part(row, "user")),
            _word(self._part(row, "database")) or self._config.database,
            _word(self._part(row, "schema")) or self._config.db_schema,
            max(1, _count(self._part(row, "times"))),
            None if self._written is None else _micros(row.get("stats_since")),
        )

    def _text(self, row: Row) -> str | None:
        if self._config.format == "postgres_log":
            ran = _RAN.match(str(row.get("message") or ""))
            return ran[1] if ran and row.get("error_severity") == "LOG" else None
        text = self._part(row, "text")
        return text if isinstance(text, str) and text.strip() else None

    def _part(self, row: Row, part: Part) -> Any:
        return self._find[part](row)

    def _learn(self, row: Row) -> None:
        self._known = frozenset(row)
        for part, spellings in SPELLINGS.items():
            given = self._config.fields.get(part)
            path = given.split(".") if given else self._spelt(row, spellings)
            self._find[part] = _getter(row, path)

    def _spelt(self, row: Row, spellings: tuple[str, ...]) -> list[str] | None:
        names = {name.casefold(): name for name in row}
        for spelling in spellings:
            head, *rest = spelling.split(".")
            if spelling in names:
                return [names[spelling]]
            if rest and isinstance(row.get(names.get(head, "")), dict | None) and head in names:
                return [names[head], *rest]
        return None


def _getter(row: Row, path: list[str] | None) -> Callable[[Row], Any]:
    if path is None:
        return lambda _: None
    if ".".join(path) in row:
        path = [".".join(path)]

    def get(row: Row) -> Any:
        value: Any = row
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    return get


def _word(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value)[:200] or None


def _count(value: Any) -> int:
    try:
        return min(int(value), 2**53)
    except (TypeError, ValueError, OverflowError):
        return 1


def _micros(value: Any) -> int | None:
    """µs since 1970 of an ISO time, UTC where it names no zone, or of a number of s, ms, µs or ns since then."""
    if isinstance(value, str):
        text = value.strip().removesuffix(" UTC").removesuffix(" GMT")
        if not re.fullmatch(r"\d+(\.\d+)?", text):
            return _iso(text)
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e20:
        return None
    for bound, factor in ((1e11, 1_000_000), (1e14, 1_000), (1e17, 1)):
        if value < bound:
            return int(value * factor)
    return int(value / 1000)


def _iso(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        micros = int(moment.timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        return None
    return micros if 0 < micros < 2**53 else None


def check_format(file: TextIO, config: QueryLogConfig, name: str) -> None:
    """Raise BadInput when the first lines of a file hold no statement."""
    warned: ReadWarning | None = None
    for item in islice(statements(file, config, name, 1), LOOKED_AT):
        if isinstance(item, Statement):
            return
        warned = warned or item
    if warned is not None:
        hint = warned.hint or f"format: {config.format} expects {EXPECTS[config.format]}"
        raise BadInput(warned.what, where=warned.where or name, hint=hint)


LOOKED_AT: Final = 100
EXPECTS: Final = {
    "jsonl": "a JSON object a line",
    "csv": "a first line with the names of the columns",
    "postgres_log": "what log_destination = csvlog writes",
    "pg_stat_statements": "the view as CSV with its column names",
}
