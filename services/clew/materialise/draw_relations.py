"""From commits to rows of the relations: an item an (entity, aspect), drawn whole from its claims; and the logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from clew.ledger import Commit, LedgerReader
from clew.ledger.port import Point
from clew.materialise.draw_graph import nodes_of
from clew.relations import KeyRows, NodeRow, RelationsChange, Row
from clew.relations.tables import CHANGE, CLAIM, COMMIT, EDGE, OF_ASPECT, OF_SERIES, TRAITS
from clew.relations.writing import storable
from clew_schemas.edges import Edge, EdgeType, project, subtype_name
from clew_schemas.registry import Aspect
from clew_schemas.resolve import Claim, resolve
from clew_schemas.urn import column

TypedKey = tuple[int, str, str, Sequence[Claim]]
"""Entity, its URN, an aspect, and the claims about it."""


def draw(commits: Sequence[Commit], ledger: LedgerReader) -> RelationsChange:
    """Return what commits change in the relations: of each (entity, aspect) how it stands after the last of them."""
    last: dict[tuple[int, str], TypedKey] = {}
    for commit in commits:
        for change in commit.changes:
            last[change.entity, change.aspect] = (change.entity, change.urn, change.aspect, change.claims)
    nodes, keys = items(last.values(), ledger)
    measured = {point.urn: None for commit in commits for point in commit.points}
    return RelationsChange(commits[-1].seq, [*nodes, *_nodes(measured, ledger)], keys, logs(commits))


def items(keys: Iterable[TypedKey], ledger: LedgerReader) -> tuple[list[NodeRow], list[KeyRows]]:
    """Return the rows of these keys, and the nodes that they speak of."""
    wanted = list(keys)
    projected = [_edges(ledger.registry.get(aspect), urn, claims) for _, urn, aspect, claims in wanted]
    resolved = [resolve(claims, ledger.registry.get(aspect).resolution) for _, _, aspect, claims in wanted]
    mentioned: dict[str, None] = {}
    for (_, urn, aspect, _), edges, document in zip(wanted, projected, resolved, strict=True):
        mentioned[urn] = None
        mentioned.update((end, None) for edge in edges for end in (edge.src, edge.dst))
        if aspect == "schema" and document is not None:
            mentioned.update((column(urn, each["name"]), None) for each in document["columns"])
    nodes = _nodes(mentioned, ledger)
    number = {node.urn: node.id for node in nodes}
    drawn = []
    for (entity, urn, aspect, claims), edges, document in zip(wanted, projected, resolved, strict=True):
        rows: dict[str, Sequence[Row]] = {
            CLAIM.name: [_claim(entity, aspect, claim) for claim in claims],
            EDGE.name: [
                (
                    entity,
                    aspect,
                    number[edge.src],
                    number[edge.dst],
                    _TYPES[edge.type],
                    _subtype(edge.subtype),
                    edge.confidence,
                    edge.source,
                )
                for edge in edges
            ],
        }
        if aspect in OF_ASPECT and document is not None:
            rows[OF_ASPECT[aspect].name] = _DRAWN[aspect](entity, urn, document, number)
        drawn.append(KeyRows(entity, aspect, rows, traits_of(aspect, document)))
    return nodes, drawn


def traits_of(aspect: str, document: Mapping[str, Any] | None) -> dict[str, str | None]:
    """Return the columns of its entity's node that an aspect fills."""
    said = {} if document is None else {**_DEFAULTS.get(aspect, {}), **document}
    return {
        name: moment(said.get(member)) if name in _MOMENTS else _text(said.get(member))
        for name, member in TRAITS.get(aspect, {}).items()
    }


def logs(commits: Sequence[Commit]) -> dict[str, list[Row]]:
    """Return the rows that commits append: themselves, what they touch, and the points of series."""
    found: dict[str, list[Row]] = {COMMIT.name: [], CHANGE.name: []}
    for commit in commits:
        text = None if commit.message is None else storable(commit.message)
        found[COMMIT.name].append(
            (
                commit.seq,
                iso(commit.time),
                commit.source,
                commit.author,
                text,
                storable(commit.group),
                commit.cause or None,
            )
        )
        found[CHANGE.name] += [
            (commit.seq, entity, aspect)
            for entity, aspect in dict.fromkeys((change.entity, change.aspect) for change in commit.changes)
        ]
        for point in commit.points:
            if point.aspect in OF_SERIES:
                found.setdefault(OF_SERIES[point.aspect].name, []).append(_point(point))
    return found


def iso(micros: int) -> str:
    """Return a time as the relations spell it: UTC, always to the microsecond."""
    moment = datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000, tzinfo=None)
    return f"{moment.isoformat(timespec='microseconds')}Z"


def moment(said: Any) -> str | None:
    """Return a time of a document as the relations spell it; one that can't be read, as it was said."""
    if said is None:
        return None
    try:
        found = datetime.fromisoformat(said)
        at = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return _text(said)
    return f"{at.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


_DEFAULTS: Mapping[str, Mapping[str, str]] = {"deprecation": {"status": "deprecated"}}
"""What an aspect says by leaving a member out, as its model has it."""
_MOMENTS = frozenset({"certified_until", "lifecycle_since", "deprecation_since", "removal"})
_TYPES = {int(each): each.name.lower() for each in EdgeType}
_LEFT_OUT = (EdgeType.NAMED, EdgeType.DESCRIBED)
"""The graph's own bookkeeping: what `columns` says, and columns that only lineage names."""


@cache
def _subtype(code: int) -> str:
    return subtype_name(code).lower()


def _edges(aspect: Aspect, urn: str, claims: Sequence[Claim]) -> list[Edge]:
    return [edge for edge in project(aspect, urn, claims) if edge.type not in _LEFT_OUT] if aspect.edges else []


def _nodes(urns: Iterable[str], ledger: LedgerReader) -> list[NodeRow]:
    return [NodeRow(node.id, node.urn, node.parent) for node in nodes_of(urns, ledger) if node.id]


def _claim(entity: int, aspect: str, claim: Claim) -> Row:
    says = None if claim.says is None else _json(claim.says)
    denies = None
    if claim.denies:
        denies = _json("all" if claim.denies == "all" else sorted(claim.denies))
    return (entity, aspect, claim.source, claim.rank, says, denies, iso(claim.observed), claim.seq)


def _columns(entity: int, urn: str, document: Mapping[str, Any], number: Mapping[str, int]) -> list[Row]:
    return [
        (
            entity,
            at,
            number.get(column(urn, each["name"])),
            _text(each["name"]),
            _text(each.get("type")),
            None if each.get("nullable") is None else int(each["nullable"]),
        )
        for at, each in enumerate(document["columns"], 1)
    ]


def _owners(entity: int, urn: str, document: Mapping[str, Any], number: Mapping[str, int]) -> list[Row]:
    return [(entity, each["owner"], _text(each.get("role"))) for each in document["owners"]]


def _tags(entity: int, urn: str, document: Mapping[str, Any], number: Mapping[str, int]) -> list[Row]:
    return [(entity, each["tag"]) for each in document["tags"]]


def _terms(entity: int, urn: str, document: Mapping[str, Any], number: Mapping[str, int]) -> list[Row]:
    return [(entity, each["term"]) for each in document["terms"]]


def _run(entity: int, urn: str, document: Mapping[str, Any], number: Mapping[str, int]) -> list[Row]:
    started, ended = moment(document.get("started")), moment(document.get("ended"))
    took = _number(document.get("durationMs"))
    return [(entity, document.get("job"), document["status"], started, ended, took, _text(document.get("message")))]


def _parameters(entity: int, urn: str, document: Mapping[str, Any], number: Mapping[str, int]) -> list[Row]:
    return [
        (entity, storable(name), _text(value), None if isinstance(value, str) else _number(value))
        for name, value in document["values"].items()
    ]


def _metrics(entity: int, urn: str, document: Mapping[str, Any], number: Mapping[str, int]) -> list[Row]:
    return [(entity, storable(name), _number(value)) for name, value in document["values"].items()]


def _object(entity: int, urn: str, document: Mapping[str, Any], number: Mapping[str, int]) -> list[Row]:
    said = [_text(document.get(name)) for name in ("checksum", "mediaType")]
    return [(entity, _text(document["uri"]), document.get("size"), *said, moment(document.get("modified")))]


_DRAWN = {
    "schema": _columns,
    "ownership": _owners,
    "tags": _tags,
    "terms": _terms,
    "run": _run,
    "parameters": _parameters,
    "metrics": _metrics,
    "stored_object": _object,
}


def _point(point: Point) -> Row:
    said, payload = (
        (point.entity, point.source, storable(point.name), iso(point.time), point.step, point.seq),
        point.payload,
    )
    if point.aspect == "metric":
        return (*said, _number(payload.get("value")))
    if point.aspect == "profile":
        return (*said, payload.get("rows"), payload.get("bytes"))
    if point.aspect == "usage":
        times = moment(payload.get("lastRead")), moment(payload.get("lastWritten"))
        return (*said, moment(payload.get("since")), payload.get("reads"), payload.get("writes"), *times)
    took = _number(payload.get("durationMs"))
    return (*said, _text(payload.get("status")), payload.get("failures"), _text(payload.get("message")), took)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return None if value is None else storable(value)
    return _json(value)


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _number(value: Any) -> float | None:
    """Return a number; what is none (NaN, the infinities, a text) is null."""
    return float(value) if isinstance(value, int | float) else None
