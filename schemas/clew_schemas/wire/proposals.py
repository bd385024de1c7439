"""Proposals on the wire: groups and crawl marks to Avro and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from clew_schemas.errors import BadInput
from clew_schemas.event import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Record, Scope
from clew_schemas.wire.envelope import PROPOSALS

_NAMESPACE = "clew.wire.v1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_avro(record: Record) -> bytes:
    """Return the Avro body of a record; raise BadInput for one that Avro can't hold, such as a number beyond int64.

    `from_avro` gives an equal record; a moment without a zone is taken as UTC.
    """
    kind = type(record).__name__
    return PROPOSALS.dump({"body": (f"{_NAMESPACE}.{kind}", _WRITERS[type(record)](record))})


def from_avro(body: bytes) -> Record:
    """Return the record of an Avro body; raise BadInput, which quotes none of its bytes, for what is none."""
    kind, said = PROPOSALS.load(body)["body"]
    record: Record = _READERS[kind.removeprefix(f"{_NAMESPACE}.")](said)
    return record


def _group(group: Group) -> dict[str, Any]:
    crawl = group.crawl
    return {
        "source": group.source,
        "id": group.id,
        "events": [_event(each) for each in group.events],
        "crawl": None if crawl is None else {"number": crawl.number, "sequence": crawl.sequence},
        "branch": group.branch,
        "message": group.message,
        "author": group.author,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "urn": event.urn,
        "aspect": event.aspect,
        "version": event.version,
        "op": event.op,
        "payload": bytes(event.payload),
        "id": event.id,
        "observed": _micros(event.observed),
        "ifMatch": event.if_match,
        "name": event.name,
        "time": _micros(event.time),
        "step": event.step,
    }


def _opening(record: CrawlOpen) -> dict[str, Any]:
    scope = {"prefixes": list(record.scope.prefixes), "aspects": list(record.scope.aspects)}
    return {"source": record.source, "number": record.number, "scope": scope, "guard": record.guard}


def _closing(record: CrawlClose) -> dict[str, Any]:
    return {"source": record.source, "number": record.number, "events": record.events}


_WRITERS: dict[type, Any] = {Group: _group, CrawlOpen: _opening, CrawlClose: _closing}


def _to_group(said: dict[str, Any]) -> Group:
    crawl = said["crawl"]
    return Group(
        said["source"],
        said["id"],
        tuple(_to_event(each, at) for at, each in enumerate(said["events"])),
        None if crawl is None else CrawlPosition(crawl["number"], crawl["sequence"]),
        said["branch"],
        said["message"],
        said["author"],
    )


def _to_event(said: dict[str, Any], at: int) -> Event:
    if said["op"] == "patch":
        raise BadInput("the op patch is reserved", where=f"events[{at}].op", hint="Send an upsert")
    return Event(
        urn=said["urn"],
        aspect=said["aspect"],
        op=said["op"],
        payload=msgspec.Raw(said["payload"]),
        version=said["version"],
        id=said["id"],
        observed=_moment(said["observed"], f"events[{at}].observed"),
        if_match=said["ifMatch"],
        name=said["name"],
        time=_moment(said["time"], f"events[{at}].time"),
        step=said["step"],
    )


def _to_opening(said: dict[str, Any]) -> CrawlOpen:
    scope = Scope(tuple(said["scope"]["prefixes"]), tuple(said["scope"]["aspects"]))
    return CrawlOpen(said["source"], said["number"], scope, said["guard"])


def _to_closing(said: dict[str, Any]) -> CrawlClose:
    return CrawlClose(said["source"], said["number"], said["events"])


_READERS: dict[str, Any] = {"Group": _to_group, "CrawlOpen": _to_opening, "CrawlClose": _to_closing}


def _micros(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND


def _moment(micros: int | None, where: str) -> datetime | None:
    try:
        return None if micros is None else _EPOCH + micros * _MICROSECOND
    except OverflowError:
        raise BadInput("no moment in a calendar", where=where, hint="Microseconds since 1970 UTC") from None
