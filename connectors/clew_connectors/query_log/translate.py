"""From portions of a log to events. Pure; literals are blanked here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from clew_connectors.query_log.literals import blanked
from clew_connectors.query_log.records import Portion
from clew_schemas import urn
from clew_schemas.aspects import LoggedQueries
from clew_schemas.event import Event, event


def translate(portion: Portion) -> Sequence[Event]:
    """Return the one point that holds the statements: each text once, each name once."""
    texts: dict[str, int] = {}
    words: dict[str, int] = {}
    known: dict[str, int] = {}
    rows = []
    for each in portion.statements:
        at = known.get(each.text)
        if at is None:
            at = known[each.text] = texts.setdefault(blanked(each.text, portion.dialect), len(texts))
        session, user, database, schema = (
            -1 if word is None else words.setdefault(word, len(words))
            for word in (each.session, each.user, each.database, each.schema)
        )
        rows.append((each.time, at, session, user, database, schema, each.times))
    said = LoggedQueries(
        dialect=portion.dialect,
        namespace=portion.namespace,
        counted=portion.counted or None,
        since=min((_moment(each.since) for each in portion.statements if each.since is not None), default=None),
        texts=list(texts),
        words=list(words),
        rows=rows,
    )
    day = _moment(portion.hour).date().isoformat()
    log = urn.of_segments("object", portion.namespace, "query_log", portion.log, day)
    return [event(log, "logged_queries", said, time=_moment(portion.hour), step=portion.part)]


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1_000_000, UTC)
