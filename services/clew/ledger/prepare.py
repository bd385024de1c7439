"""Before the lock: everything about a group that needs no knowledge of the ledger's state.

Parsed, checked against its schema, scrubbed, made canonical, hashed, compressed; and the names of all that it
mentions, so that they can be numbered.

Most of what arrives says again what stands. What is equal to the head by its hash was checked when it became the head:
nothing of it is done again, and it is written nowhere.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from clew.ledger.payloads import pack
from clew_schemas import canonical
from clew_schemas.definitions import DEFINING
from clew_schemas.edges import ends
from clew_schemas.errors import BadInput, ClewError, TooLarge
from clew_schemas.event import MAX_BYTES, MAX_EVENTS, Event, Group
from clew_schemas.registry import Aspect, Registry, Vocabulary
from clew_schemas.scrub import BLANK, has_secret, scrub
from clew_schemas.select import select
from clew_schemas.urn import Urn, any_of, are_plain, check, dataset_of, rows_of

MAX_AHEAD = 5 * 60 * 1_000_000
"""How far ahead of the ledger's clock an event may be observed, in microseconds."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/@+#-]{0,199}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
"""The last moment of the calendar; with a zone, a text may name one after it."""


StandingClaim = tuple[int, bytes, bytes]
"""The number of a claim whose head says something, the hash of that, and the claim's mark."""


class Standing(NamedTuple):
    """What the heads of a source said when they were last read, by URN and aspect.

    `moves` is how often the ledger had moved heads before: while that stands, so do they.
    """

    moves: int
    claims: Mapping[tuple[str, str], StandingClaim]


class Stood(NamedTuple):
    """What a whole group of a crawl said again when the heads were last read: of each event the claim."""

    moves: int
    claims: Sequence[StandingClaim]
    aspects: Mapping[str, Aspect]
    """The aspects in force, by name."""

    @property
    def mark(self) -> bytes:
        """The highest mark of the claims."""
        return max(mark for _, _, mark in self.claims)


class Content(NamedTuple):
    """What an event says: canonical JSON or None, its hash, and its bytes."""

    body: bytes | None
    hash: bytes
    size: int


class PreparedEvent(NamedTuple):
    """An event that is good by itself. `body` is canonical JSON of what is said or denied, None for a retract.

    It is None, too, where `hash` was found to be that of the head: then there is nothing to write but the mark.
    """

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
    size: int
    """Bytes of canonical JSON."""

    @property
    def is_standing(self) -> bool:
        """Whether it was found to say what the head says, and nothing else is known of it."""
        return self.body is None and self.op == "upsert"


@dataclass(frozen=True, slots=True)
class PreparedGroup:
    """A group ready for the lock. When `errors` is not empty, only `keys` (what could be read of it) counts.

    `words` is the seq of the vocabulary that it was read by; `defines` says that it changes the vocabulary. `stood` is
    set for a group that says again what stood, and nothing else: it has no `events`, see `one_by_one`.
    """

    group: Group
    events: tuple[PreparedEvent, ...] = ()
    urns: tuple[str, ...] = ()
    errors: tuple[dict[str, Any], ...] = ()
    keys: tuple[tuple[str, str], ...] = field(default=())
    words: int = 0
    defines: bool = False
    stood: Stood | None = None


def prepare(group: Group, registry: Registry, key: bytes, now: int, standing: Standing | None = None) -> PreparedGroup:
    """Return `group` prepared; errors are collected, one for each bad event, and never raised. `now` in µs.

    With `standing`, what is equal to the head is not worked out. When a decision wants to write such an event after
    all, since the head has moved or the event is late, the group is to be prepared again without.
    """
    words = registry.now()
    named = {event.aspect for event in group.events}
    defines = not named.isdisjoint(DEFINING)
    try:
        _check_group(group)
    except ClewError as error:
        return PreparedGroup(group, errors=(error.to_dict(),), words=words.seq)
    trusted: set[str] = set()
    heads: Mapping[tuple[str, str], StandingClaim] = {}
    if standing is not None and not defines:
        trusted, heads = {name for name in named if _is_trusted(words.aspects.get(name))}, standing.claims
        if group.crawl is not None and trusted == named and (again := _again(group, heads, key)) is not None:
            return PreparedGroup(group, words=words.seq, stood=Stood(standing.moves, again, words.aspects))
    events: list[PreparedEvent] = []
    errors: list[dict[str, Any]] = []
    urns: dict[str, None] = {}
    for at, event in enumerate(group.events):
        head = heads.get((event.urn, event.aspect)) if event.aspect in trusted else None
        try:
            prepared, mentioned = _prepare_event(event, at, group, words, key, now, head and head[1])
        except ClewError as error:
            errors.append(_scrubbed(error.to_dict()))
            continue
        events.append(prepared)
        for urn in mentioned:
            urns[urn] = None
    total = sum(event.size for event in events)
    if total > MAX_BYTES:
        errors.append(
            TooLarge(f"a group of {total} bytes is over the limit of {MAX_BYTES}", hint="Send smaller groups").to_dict()
        )
    return PreparedGroup(
        group,
        tuple(events),
        with_kin(urns),
        tuple(errors),
        _keys(group) if errors else (),
        words.seq,
        defines,
    )


def _again(group: Group, heads: Mapping[tuple[str, str], StandingClaim], key: bytes) -> list[StandingClaim] | None:
    """Return the claims that a group says again, None as soon as an event does anything else or asks for more."""
    found: list[StandingClaim] = []
    total = 0
    for event in group.events:
        head = heads.get((event.urn, event.aspect))
        if head is None or not _is_plain(event):
            return None
        payload = bytes(event.payload)
        if canonical.digest(payload, key) != head[1]:
            try:
                payload = _parsed(event, "")[1]
            except BadInput:
                return None  # it is told of with its place
            if canonical.digest(payload, key) != head[1]:
                return None
        found.append(head)
        total += len(payload)
    return found if total <= MAX_BYTES else None


def _is_plain(event: Event) -> bool:
    """Say whether an event only says something, without a moment or a condition of its own."""
    asks = event.observed is not None or event.time is not None or event.if_match is not None
    return event.op == "upsert" and event.version in (0, 1) and not asks


def one_by_one(group: Group, stood: Stood) -> Iterator[PreparedEvent]:
    """Yield the events of a group that said again what `stood`."""
    for at, (event, (_, hashed, _)) in enumerate(zip(group.events, stood.claims, strict=True)):
        content = Content(None, hashed, len(event.payload))
        yield _prepared(event, at, group, stood.aspects[event.aspect], content, 0)


def micros(moment: datetime) -> int:
    """Return a moment in microseconds since 1970 UTC; one without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = aware - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


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
    event: Event, at: int, group: Group, words: Vocabulary, key: bytes, now: int, known: bytes | None
) -> tuple[PreparedEvent, Sequence[str]]:
    where = f"events[{at}]"
    said: tuple[Any, bytes] | None = None
    if known is not None and event.op == "upsert" and event.version in (0, 1):
        size, said = _compared(event, known, f"{where}.payload", key)
        if size:
            # What it names was numbered when the head was written.
            return _prepared(event, at, group, words.aspects[event.aspect], Content(None, known, size), now), ()
    urn = _subject(event, words, where)
    aspect = words.claimable(event.aspect, f"{where}.aspect")
    if aspect.kinds is not None and urn.kind not in aspect.kinds:
        raise BadInput(
            f"a {urn.kind} has no aspect {aspect.name!r}",
            where=f"{where}.aspect",
            hint=f"It stands on {', '.join(sorted(aspect.kinds))}",
        )
    if aspect.mode == "series" and (event.op != "upsert" or event.time is None):
        raise BadInput(f"{aspect.name} is a series: its points are upserts with a time", where=f"{where}.time")
    content, mentioned = _content(event, aspect, where, key, said)
    return _prepared(event, at, group, aspect, content, now), [event.urn, *mentioned]


def _is_trusted(aspect: Aspect | None) -> bool:
    """Say whether an event with a head's hash is as good as that head was.

    Not where the rules may have changed since: a registered aspect, one that was withdrawn, one of a later version.
    """
    if aspect is None or aspect.custom or aspect.retired:
        return False
    return aspect.mode == "state" and aspect.version == 1


def _compared(event: Event, known: bytes, where: str, key: bytes) -> tuple[int, tuple[Any, bytes] | None]:
    """Return the size of what an event says if by its hash that is `known`; else 0, and what it says if it was parsed.

    What stands was checked, holds no secret in clear and is not too deep, so that here only the spelling is.
    """
    raw = bytes(event.payload)
    if canonical.digest(raw, key) == known:
        return len(raw), None
    said = _parsed(event, where)
    body = said[1]
    return (len(body) if body != raw and canonical.digest(body, key) == known else 0), said


def _subject(event: Event, words: Vocabulary, where: str) -> Urn:
    if has_secret(event.urn):
        raise BadInput("the URN holds a password", where=f"{where}.urn", hint="Leave credentials out of namespaces")
    urn: Urn = _located(Urn.parse, event.urn, f"{where}.urn")
    _located(words.check_kind, urn, f"{where}.urn")
    return urn


def _prepared(event: Event, at: int, group: Group, aspect: Aspect, content: Content, now: int) -> PreparedEvent:
    observed, time = None, 0
    if event.observed is not None or event.time is not None:
        observed = None if event.observed is None else micros(event.observed)
        time = 0 if event.time is None else micros(event.time)
        _check_moments(observed, time, now, at)
    return PreparedEvent(
        event.urn,
        aspect,
        event.op,
        content.body,
        None if content.body is None else pack(content.body),
        content.hash,
        observed,
        event.id or f"{group.id}/{at}",
        event.if_match,
        event.name,
        time,
        event.step,
        content.size,
    )


def _check_moments(observed: int | None, time: int, now: int, at: int) -> None:
    for moment in (observed or 0, time):
        if moment > now + MAX_AHEAD:
            said = (_EPOCH + timedelta(microseconds=min(moment, _LAST))).isoformat(timespec="seconds")
            raise BadInput(
                f"observed at {said}, more than 5 minutes after the ledger's time",
                where=f"events[{at}].observed",
                hint="Set the sender's clock",
            )
    if observed is not None and observed < 0:
        raise BadInput("observed before 1970", where=f"events[{at}].observed", hint="Set the sender's clock")


def _located(check: Any, value: Any, where: str) -> Any:
    try:
        return check(value)
    except ClewError as error:
        error.where = f"{where}: {error.where}" if error.where else where
        raise


def _content(
    event: Event, aspect: Aspect, where: str, key: bytes, said: tuple[Any, bytes] | None
) -> tuple[Content, list[str]]:
    """Return what an event says, and the URNs that it mentions. `said` is its payload, if that was parsed before."""
    place = f"{where}.payload"
    if event.op == "retract":
        if bytes(event.payload):
            raise BadInput("a retract carries no payload", where=place)
        return Content(None, b"", 0), []
    value, body = _clean(said or _parsed(event, place), place)
    if event.op == "deny":
        _check_denial(value, place)
        return Content(body, canonical.digest(body, key), len(body)), []
    version = event.version or aspect.version
    if version < 1:
        raise BadInput(f"there is no version {version}", where=f"{where}.version", hint="Versions count from 1")
    if version > aspect.version:
        raise BadInput(
            f"{aspect.name} v{version} is newer than this ledger knows (v{aspect.version})",
            where=f"{where}.version",
            hint="Upgrade Clew",
        )
    value = aspect.current(value, version)
    if version != aspect.version:
        body = canonical.dumps(value)
    aspect.check(value, place)
    return Content(body, canonical.digest(body, key), len(body)), _mentioned(aspect, event.urn, value, place)


def _parsed(event: Event, where: str) -> tuple[Any, bytes]:
    """Return the value of a payload and its canonical bytes."""
    raw = bytes(event.payload)
    if not raw:
        raise BadInput(f"an {event.op} needs a payload", where=where)
    if len(raw) > MAX_BYTES:
        raise TooLarge(f"an event of {len(raw)} bytes is over the limit of {MAX_BYTES}", where=where)
    try:
        return canonical.read(raw, where)
    except BadInput:
        _check_text(raw, where)
        raise


def _clean(said: tuple[Any, bytes], where: str) -> tuple[Any, bytes]:
    """Return a value and its canonical bytes without credentials; raise BadInput when it is too deep."""
    canonical.check_depth(*said, where)
    text = said[1].decode()  # canonical, so that no escape hides a name or a slash
    clean = scrub(text)
    return said if clean == text else canonical.loads(clean.encode(), where)


def _mentioned(aspect: Aspect, urn: str, value: Any, where: str) -> list[str]:
    """Return the URNs of all ends of the edges that a payload says; raise BadInput for one that is no URN."""
    if aspect.custom:
        _check_ends(aspect, value, where)
    named = sorted(ends(aspect, urn, value))
    for end in () if are_plain(named) and BLANK not in "".join(named) else named:
        try:
            check(end)
        except BadInput as error:
            raise BadInput(
                f"{aspect.name}: {error.what}",
                where=f"{where}: {end[:200]}",
                hint="In names of columns write % , ( ) . as %25 %2C %28 %29 %2E",
            ) from error
        if BLANK in end:
            raise BadInput("a URN holds a password", where=where, hint="Leave credentials out of namespaces")
    return named


def _check_ends(aspect: Aspect, value: Any, where: str) -> None:
    """Raise BadInput unless an edge's ends are URNs: a registered schema may take any text for them."""
    for path in (rule.source or rule.target or "" for rule in aspect.edges):
        for end in select(value, path):
            if not isinstance(end, str):
                raise BadInput(f"{aspect.name}: not a URN: {str(end)[:200]}", where=f"{where}.{path}")
            _located(Urn.parse, end, f"{where}.{path}")


def _check_text(raw: bytes, where: str) -> None:
    try:
        raw.decode()
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


def with_kin(urns: Iterable[str]) -> tuple[str, ...]:
    """Return the URNs with, for each column and derived node, its dataset and the dataset's derived nodes."""
    complete: dict[str, None] = {}
    with_kin: set[str] = set()
    for urn in urns:
        dataset = dataset_of(urn)
        if dataset is not None and dataset not in with_kin:
            complete[dataset] = complete[any_of(dataset)] = complete[rows_of(dataset)] = None
            with_kin.add(dataset)
        complete[urn] = None
    return tuple(complete)


def _keys(group: Group) -> tuple[tuple[str, str], ...]:
    return tuple((event.urn, event.aspect) for event in group.events)


def _scrubbed(error: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.json.decode(scrub(msgspec.json.encode(error).decode()))
    return said
