"""Before the lock: everything about a group that needs no knowledge of the ledger's state.

Parsed, checked against its schema, scrubbed, made canonical, hashed, compressed; and the names of all that it
mentions, so that they can be numbered.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from clew.ledger.payloads import pack
from clew_schemas import canonical
from clew_schemas.definitions import DEFINING
from clew_schemas.edges import stated
from clew_schemas.errors import BadInput, ClewError, TooLarge
from clew_schemas.event import MAX_BYTES, MAX_EVENTS, Event, Group
from clew_schemas.registry import Aspect, Registry, Vocabulary
from clew_schemas.scrub import BLANK, has_secret, scrub
from clew_schemas.select import select
from clew_schemas.urn import Urn, any_of, dataset_of, rows_of

MAX_AHEAD = 5 * 60 * 1_000_000
"""How far ahead of the ledger's clock an event may be observed, in microseconds."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/@+#-]{0,199}")


@dataclass(frozen=True, slots=True)
class PreparedEvent:
    """An event that is good by itself. `body` is canonical JSON of what is said or denied, None for a retract."""

    urn: str
    aspect: Aspect
    op: str
    body: bytes | None
    stored: bytes | None
    hash: bytes
    observed: int | None
    id: str
    if_match: str | None
    name: str
    time: int
    step: int


@dataclass(frozen=True, slots=True)
class PreparedGroup:
    """A group ready for the lock. When `errors` is not empty, only `keys` (what could be read of it) counts.

    `words` is the seq of the vocabulary that it was read by; `defines` says that it changes the vocabulary.
    """

    group: Group
    events: tuple[PreparedEvent, ...] = ()
    urns: tuple[str, ...] = ()
    errors: tuple[dict[str, Any], ...] = ()
    keys: tuple[tuple[str, str], ...] = field(default=())
    words: int = 0
    defines: bool = False


def prepare(group: Group, registry: Registry, key: bytes, now: int) -> PreparedGroup:
    """Return `group` prepared; errors are collected, one for each bad event, and never raised. `now` in µs."""
    words = registry.now()
    try:
        _check_group(group)
    except ClewError as error:
        return PreparedGroup(group, errors=(error.to_dict(),), words=words.seq)
    events: list[PreparedEvent] = []
    errors: list[dict[str, Any]] = []
    urns: dict[str, None] = {}
    for at, event in enumerate(group.events):
        try:
            prepared, mentioned = _prepare_event(event, at, group, words, key, now)
        except ClewError as error:
            errors.append(_scrubbed(error.to_dict()))
            continue
        events.append(prepared)
        for urn in mentioned:
            urns[urn] = None
    total = sum(len(event.body or b"") for event in events)
    if total > MAX_BYTES:
        errors.append(
            TooLarge(f"a group of {total} bytes is over the limit of {MAX_BYTES}", hint="Send smaller groups").to_dict()
        )
    return PreparedGroup(
        group,
        tuple(events),
        _with_kin(urns),
        tuple(errors),
        _keys(group) if errors else (),
        words.seq,
        any(event.aspect in DEFINING for event in group.events),
    )


def micros(moment: datetime) -> int:
    """Return a moment in microseconds since 1970 UTC; one without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1_000_000)


def crawl_order(number: int, sequence: int) -> bytes:
    """Return the order key of a crawled event; keys compare as bytes."""
    return struct.pack(">QQ", number, sequence)


def time_order(observed: int, event_id: str) -> bytes:
    """Return the order key of an event ordered by time."""
    return struct.pack(">Q", observed) + event_id.encode()[:128]


def _check_group(group: Group) -> None:
    if not _NAME.fullmatch(group.source):
        raise BadInput("not a name for a source", where="source", hint="Letters, digits and . _ : / @ + # - only")
    if not 0 < len(group.id) <= 200:
        raise BadInput("a group needs an id of 1 to 200 characters, unique in its source", where="id")
    for name, text in (("id", group.id), ("author", group.author), ("message", group.message)):
        if text is not None and "\0" in text:
            raise BadInput("a NUL character", where=name, hint="No store keeps it")
    if not group.events:
        raise BadInput("a group without events says nothing", where="events")
    if len(group.events) > MAX_EVENTS:
        raise TooLarge(
            f"{len(group.events)} events in one group, the limit is {MAX_EVENTS}",
            where="events",
            hint="Send what belongs together in smaller groups",
        )
    if group.branch != "main":
        raise BadInput(f"unknown branch {group.branch!r}", where="branch", hint="Only main exists")


def _prepare_event(
    event: Event, at: int, group: Group, words: Vocabulary, key: bytes, now: int
) -> tuple[PreparedEvent, list[str]]:
    where = f"events[{at}]"
    if has_secret(event.urn):
        raise BadInput("the URN holds a password", where=f"{where}.urn", hint="Leave credentials out of namespaces")
    urn = _located(Urn.parse, event.urn, f"{where}.urn")
    _located(words.check_kind, urn, f"{where}.urn")
    aspect = words.claimable(event.aspect, f"{where}.aspect")
    if aspect.kinds is not None and urn.kind not in aspect.kinds:
        raise BadInput(
            f"a {urn.kind} has no aspect {aspect.name!r}",
            where=f"{where}.aspect",
            hint=f"It stands on {', '.join(sorted(aspect.kinds))}",
        )
    if aspect.mode == "series" and (event.op != "upsert" or event.time is None):
        raise BadInput(f"{aspect.name} is a series: its points are upserts with a time", where=f"{where}.time")
    body, mentioned = _body(event, aspect, where)
    observed = None if event.observed is None else micros(event.observed)
    for moment in (observed, None if event.time is None else micros(event.time)):
        if moment is not None and moment > now + MAX_AHEAD:
            said = datetime.fromtimestamp(moment / 1e6, UTC).isoformat(timespec="seconds")
            raise BadInput(
                f"observed at {said}, more than 5 minutes after the ledger's time",
                where=f"{where}.observed",
                hint="Set the sender's clock",
            )
    return (
        PreparedEvent(
            urn=event.urn,
            aspect=aspect,
            op=event.op,
            body=body,
            stored=None if body is None else pack(body),
            hash=b"" if body is None else canonical.digest(body, key),
            observed=observed,
            id=event.id or f"{group.id}/{at}",
            if_match=event.if_match,
            name=event.name,
            time=0 if event.time is None else micros(event.time),
            step=event.step,
        ),
        [event.urn, *mentioned],
    )


def _located(check: Any, value: Any, where: str) -> Any:
    try:
        return check(value)
    except ClewError as error:
        error.where = f"{where}: {error.where}" if error.where else where
        raise


def _body(event: Event, aspect: Aspect, where: str) -> tuple[bytes | None, list[str]]:
    """Return canonical bytes of the payload, and the URNs that it mentions."""
    place = f"{where}.payload"
    if event.op == "retract":
        if bytes(event.payload):
            raise BadInput("a retract carries no payload", where=place)
        return None, []
    raw = bytes(event.payload)
    if not raw:
        raise BadInput(f"an {event.op} needs a payload", where=place)
    if len(raw) > MAX_BYTES:
        raise TooLarge(f"an event of {len(raw)} bytes is over the limit of {MAX_BYTES}", where=place)
    text = _text(raw, place)
    clean = scrub(text)
    value, body = canonical.loads(clean.encode(), place)
    if event.op == "deny":
        _check_denial(value, place)
        return body, []
    version = event.version or aspect.version
    if version > aspect.version:
        raise BadInput(
            f"{aspect.name} v{version} is newer than this ledger knows (v{aspect.version})",
            where=f"{where}.version",
            hint="Upgrade Clew",
        )
    value = aspect.current(value, version)
    aspect.check(value, place)
    if version != aspect.version:
        body = canonical.dumps(value)
    return body, _mentioned(aspect, event.urn, value, place)


def _mentioned(aspect: Aspect, urn: str, value: Any, where: str) -> list[str]:
    """Return the URNs of all ends of the edges that a payload says; raise BadInput for one that is no URN."""
    if aspect.custom:
        _check_ends(aspect, value, where)
    ends = dict.fromkeys(end for edge in stated(aspect, urn, value, "") for end in (edge.src, edge.dst))
    for end in ends:
        try:
            Urn.parse(end)
        except BadInput as error:
            raise BadInput(
                f"{aspect.name}: {error.what}",
                where=f"{where}: {end[:200]}",
                hint="In names of columns write % , ( ) . as %25 %2C %28 %29 %2E",
            ) from error
        if BLANK in end:
            raise BadInput("a URN holds a password", where=where, hint="Leave credentials out of namespaces")
    return list(ends)


def _check_ends(aspect: Aspect, value: Any, where: str) -> None:
    """Raise BadInput unless an edge's ends are URNs: a registered schema may take any text for them."""
    for path in (rule.source or rule.target or "" for rule in aspect.edges):
        for end in select(value, path):
            if not isinstance(end, str):
                raise BadInput(f"{aspect.name}: not a URN: {str(end)[:200]}", where=f"{where}.{path}")
            _located(Urn.parse, end, f"{where}.{path}")


def _text(raw: bytes, where: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8: {error.reason}", where=f"{where}, byte {error.start}") from error


def _check_denial(value: Any, where: str) -> None:
    keys = value.get("keys") if isinstance(value, dict) else None
    if value == {"all": True} or (
        isinstance(value, dict)
        and set(value) == {"keys"}
        and isinstance(keys, list)
        and all(isinstance(k, str) for k in keys)
    ):
        return
    raise BadInput('a denial is {"all": true} or {"keys": [element keys]}', where=where)


def _with_kin(urns: dict[str, None]) -> tuple[str, ...]:
    """Return the URNs with, for each column and derived node, its dataset and the dataset's derived nodes."""
    complete: dict[str, None] = {}
    for urn in urns:
        dataset = dataset_of(urn)
        if dataset is not None:
            complete[dataset] = complete[any_of(dataset)] = complete[rows_of(dataset)] = None
        complete[urn] = None
    return tuple(complete)


def _keys(group: Group) -> tuple[tuple[str, str], ...]:
    return tuple((event.urn, event.aspect) for event in group.events)


def _scrubbed(error: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.json.decode(scrub(msgspec.json.encode(error).decode()))
    return said
