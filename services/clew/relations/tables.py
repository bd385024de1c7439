"""What is stored of the relations, and what is published of it: one list of tables, one list of views, two engines.

Stored tables are narrow, with the ledger's int64 ids; the published relations are views over them that spell ids as
URNs. Times are texts in UTC of one width, `2026-01-31T09:00:00.000000Z`, so that they sort and compare as texts in both
engines; yes and no are 1 and 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

FORMAT = 1
"""Raise it when tables or views change: what an older Clew drew is drawn anew then."""

Type = Literal["id", "text", "integer", "number"]

TYPES: Mapping[str, Mapping[Type, str]] = {
    "sqlite": {"id": "INTEGER", "text": "TEXT", "integer": "INTEGER", "number": "REAL"},
    "postgres": {"id": "bigint", "text": 'text COLLATE "C"', "integer": "bigint", "number": "double precision"},
}


@dataclass(frozen=True, slots=True)
class Table:
    """A stored table. `key` are the columns that select the rows of one item, or, of a log, one row.

    An item is drawn whole from the claims about one (entity, aspect). A log is drawn from what commits append.
    """

    name: str
    columns: Mapping[str, Type]
    key: tuple[str, ...]
    log: bool = False
    indexes: tuple[tuple[str, ...], ...] = ()


TRAITS: Mapping[str, Mapping[str, str]] = {
    "properties": {"title": "name", "subtype": "subtype", "platform": "platform", "url": "url"},
    "documentation": {"description": "text"},
    "containment": {"parent": "parent"},
    "domain": {"domain": "domain"},
    "tier": {"tier": "tier"},
    "certification": {"certification": "status", "certified_until": "until"},
    "lifecycle": {"lifecycle": "state", "lifecycle_since": "since", "lifecycle_replaced_by": "replacedBy"},
    "deprecation": {
        "deprecation": "status",
        "deprecation_since": "since",
        "deprecation_replaced_by": "replacedBy",
        "removal": "removal",
    },
}
"""By aspect, the columns of a node that it fills, and the member of the aspect that each holds."""

TRAIT_COLUMNS = tuple(column for columns in TRAITS.values() for column in columns)

_NAMING: dict[str, Type] = {
    "id": "id",
    "urn": "text",
    "kind": "text",
    "namespace": "text",
    "name": "text",
    "dataset": "id",
}
_TRAIT_TYPES: dict[str, Type] = dict.fromkeys(TRAIT_COLUMNS, "text")

NODE = Table(
    "stored_node",
    {**_NAMING, **_TRAIT_TYPES},
    ("id",),
)
CLAIM = Table(
    "stored_claim",
    {
        "entity": "id",
        "aspect": "text",
        "source": "text",
        "rank": "integer",
        "says": "text",
        "denies": "text",
        "observed": "text",
        "seq": "integer",
    },
    ("entity", "aspect"),
)
EDGE = Table(
    "stored_edge",
    {
        "carrier": "id",
        "aspect": "text",
        "src": "id",
        "dst": "id",
        "type": "text",
        "subtype": "text",
        "confidence": "integer",
        "source": "text",
    },
    ("carrier", "aspect"),
    indexes=(("src",), ("dst",)),
)
OF_ASPECT: Mapping[str, Table] = {
    "schema": Table(
        "stored_column",
        {"dataset": "id", "position": "integer", "id": "id", "name": "text", "type": "text", "nullable": "integer"},
        ("dataset",),
    ),
    "ownership": Table("stored_owner", {"entity": "id", "owner": "text", "role": "text"}, ("entity",)),
    "tags": Table("stored_tag", {"entity": "id", "tag": "text"}, ("entity",)),
    "terms": Table("stored_term", {"entity": "id", "term": "text"}, ("entity",)),
    "run": Table(
        "stored_run",
        {
            "entity": "id",
            "job": "text",
            "status": "text",
            "started": "text",
            "ended": "text",
            "duration_ms": "number",
            "message": "text",
        },
        ("entity",),
        indexes=(("job",),),
    ),
    "parameters": Table(
        "stored_parameter", {"entity": "id", "name": "text", "value": "text", "number": "number"}, ("entity",)
    ),
    "metrics": Table("stored_metric", {"entity": "id", "name": "text", "value": "number"}, ("entity",)),
    "stored_object": Table(
        "stored_object",
        {
            "entity": "id",
            "uri": "text",
            "size": "integer",
            "checksum": "text",
            "media_type": "text",
            "modified": "text",
        },
        ("entity",),
        indexes=(("checksum",),),
    ),
}
"""By aspect, the table that only this aspect fills."""

_POINT: Mapping[str, Type] = {
    "entity": "id",
    "source": "text",
    "name": "text",
    "time": "text",
    "step": "integer",
    "seq": "integer",
}
_POINT_KEY = ("entity", "source", "name", "time", "step")


def _series(name: str, columns: Mapping[str, Type]) -> Table:
    return Table(name, {**_POINT, **columns}, _POINT_KEY, log=True, indexes=(("seq",),))


OF_SERIES: Mapping[str, Table] = {
    "metric": _series("stored_metric_point", {"value": "number"}),
    "profile": _series("stored_profile", {"rows": "integer", "bytes": "integer"}),
    "usage": _series(
        "stored_usage",
        {"since": "text", "reads": "integer", "writes": "integer", "last_read": "text", "last_written": "text"},
    ),
    "quality_result": _series(
        "stored_quality",
        {"status": "text", "failures": "integer", "message": "text", "duration_ms": "number"},
    ),
}
"""By series, the table that holds its points."""

COMMIT = Table(
    "stored_commit",
    {
        "seq": "integer",
        "time": "text",
        "source": "text",
        "author": "text",
        "message": "text",
        "group_id": "text",
        "cause": "integer",
    },
    ("seq",),
    log=True,
)
CHANGE = Table(
    "stored_change",
    {"seq": "integer", "entity": "id", "aspect": "text"},
    ("seq", "entity", "aspect"),
    log=True,
    indexes=(("entity", "seq"),),
)

ITEMS: tuple[Table, ...] = (CLAIM, EDGE, *OF_ASPECT.values())
LOGS: tuple[Table, ...] = (COMMIT, CHANGE, *OF_SERIES.values())
TABLES: tuple[Table, ...] = (NODE, *ITEMS, *LOGS)


class Relation(NamedTuple):
    """A published relation: its columns with their types, in order, and the SELECT that it stands for."""

    columns: Mapping[str, Type]
    select: str


_OF_NODE = "JOIN stored_node n ON n.id = s.entity"
_LAST = "(SELECT max(h.seq) FROM stored_change h WHERE h.entity = n.id)"
_FIRST = "(SELECT min(h.seq) FROM stored_change h WHERE h.entity = n.id)"

RELATIONS: Mapping[str, Relation] = {
    "entities": Relation(
        {
            "urn": "text",
            "kind": "text",
            "namespace": "text",
            "name": "text",
            "title": "text",
            "subtype": "text",
            "platform": "text",
            "url": "text",
            "description": "text",
            "parent": "text",
            "domain": "text",
            "tier": "text",
            "certification": "text",
            "certified_until": "text",
            "state": "text",
            "state_since": "text",
            "replaced_by": "text",
            "removal": "text",
            "owner_count": "integer",
            "claim_count": "integer",
            "created_seq": "integer",
            "created_at": "text",
            "changed_seq": "integer",
            "changed_at": "text",
        },
        "SELECT n.urn, n.kind, n.namespace, n.name, n.title, n.subtype, n.platform, n.url, n.description, n.parent,"
        " n.domain, n.tier, n.certification, n.certified_until,"
        " CASE WHEN n.lifecycle IN ('archived', 'removed') THEN n.lifecycle"
        " ELSE coalesce(n.deprecation, n.lifecycle) END,"
        " CASE WHEN n.lifecycle IN ('archived', 'removed') OR n.deprecation IS NULL THEN n.lifecycle_since"
        " ELSE n.deprecation_since END,"
        " coalesce(n.deprecation_replaced_by, n.lifecycle_replaced_by), n.removal,"
        " (SELECT count(*) FROM stored_owner o WHERE o.entity = n.id),"
        " (SELECT count(*) FROM stored_claim c WHERE c.entity = n.id),"
        f" {_FIRST}, (SELECT k.time FROM stored_commit k WHERE k.seq = {_FIRST}),"
        f" {_LAST}, (SELECT k.time FROM stored_commit k WHERE k.seq = {_LAST})"
        " FROM stored_node n WHERE n.kind NOT IN ('any', 'rows')",
    ),
    "columns": Relation(
        {
            "dataset": "text",
            "position": "integer",
            "name": "text",
            "type": "text",
            "nullable": "integer",
            "description": "text",
            "urn": "text",
        },
        "SELECT n.urn, s.position, s.name, s.type, s.nullable, c.description, c.urn"
        " FROM stored_column s JOIN stored_node n ON n.id = s.dataset JOIN stored_node c ON c.id = s.id",
    ),
    "edges": Relation(
        {
            "src": "text",
            "dst": "text",
            "type": "text",
            "subtype": "text",
            "confidence": "number",
            "carrier": "text",
            "source": "text",
            "grain": "text",
        },
        "SELECT a.urn, b.urn, s.type, s.subtype, s.confidence / 100.0e0, n.urn, s.source,"
        " CASE WHEN s.type = 'dataset_flow' THEN 'dataset' WHEN s.type IN ('flow', 'member', 'named', 'asserts', 'gap')"
        " THEN 'column' ELSE 'reference' END"
        " FROM stored_edge s JOIN stored_node a ON a.id = s.src JOIN stored_node b ON b.id = s.dst"
        " JOIN stored_node n ON n.id = s.carrier",
    ),
    "claims": Relation(
        {
            "urn": "text",
            "aspect": "text",
            "source": "text",
            "rank": "integer",
            "says": "text",
            "denies": "text",
            "observed": "text",
            "seq": "integer",
        },
        f"SELECT n.urn, s.aspect, s.source, s.rank, s.says, s.denies, s.observed, s.seq FROM stored_claim s {_OF_NODE}",
    ),
    "commits": Relation(
        {
            "seq": "integer",
            "time": "text",
            "source": "text",
            "author": "text",
            "message": "text",
            "group_id": "text",
            "cause": "integer",
        },
        "SELECT s.seq, s.time, s.source, s.author, s.message, s.group_id, s.cause FROM stored_commit s",
    ),
    "changes": Relation(
        {"seq": "integer", "urn": "text", "aspect": "text"},
        f"SELECT s.seq, n.urn, s.aspect FROM stored_change s {_OF_NODE}",
    ),
    "owners": Relation(
        {"urn": "text", "owner": "text", "role": "text"},
        f"SELECT n.urn, s.owner, s.role FROM stored_owner s {_OF_NODE}",
    ),
    "tags": Relation({"urn": "text", "tag": "text"}, f"SELECT n.urn, s.tag FROM stored_tag s {_OF_NODE}"),
    "terms": Relation({"urn": "text", "term": "text"}, f"SELECT n.urn, s.term FROM stored_term s {_OF_NODE}"),
    "runs": Relation(
        {
            "urn": "text",
            "job": "text",
            "status": "text",
            "started": "text",
            "ended": "text",
            "duration_ms": "number",
            "message": "text",
        },
        f"SELECT n.urn, s.job, s.status, s.started, s.ended, s.duration_ms, s.message FROM stored_run s {_OF_NODE}",
    ),
    "parameters": Relation(
        {"urn": "text", "name": "text", "value": "text", "number": "number"},
        f"SELECT n.urn, s.name, s.value, s.number FROM stored_parameter s {_OF_NODE}",
    ),
    "metrics": Relation(
        {
            "urn": "text",
            "name": "text",
            "value": "number",
            "current": "integer",
            "step": "integer",
            "time": "text",
            "source": "text",
        },
        f"SELECT n.urn, s.name, s.value, 1, NULL, NULL, NULL FROM stored_metric s {_OF_NODE} UNION ALL"
        f" SELECT n.urn, s.name, s.value, 0, s.step, s.time, s.source FROM stored_metric_point s {_OF_NODE}",
    ),
    "profiles": Relation(
        {"urn": "text", "time": "text", "source": "text", "rows": "integer", "bytes": "integer"},
        f"SELECT n.urn, s.time, s.source, s.rows, s.bytes FROM stored_profile s {_OF_NODE}",
    ),
    "usage": Relation(
        {
            "urn": "text",
            "time": "text",
            "source": "text",
            "since": "text",
            "reads": "integer",
            "writes": "integer",
            "last_read": "text",
            "last_written": "text",
        },
        "SELECT n.urn, s.time, s.source, s.since, s.reads, s.writes, s.last_read, s.last_written"
        f" FROM stored_usage s {_OF_NODE}",
    ),
    "quality": Relation(
        {
            "urn": "text",
            "time": "text",
            "source": "text",
            "status": "text",
            "failures": "integer",
            "message": "text",
            "duration_ms": "number",
        },
        "SELECT n.urn, s.time, s.source, s.status, s.failures, s.message, s.duration_ms"
        f" FROM stored_quality s {_OF_NODE}",
    ),
    "objects": Relation(
        {
            "urn": "text",
            "uri": "text",
            "size": "integer",
            "checksum": "text",
            "media_type": "text",
            "modified": "text",
        },
        f"SELECT n.urn, s.uri, s.size, s.checksum, s.media_type, s.modified FROM stored_object s {_OF_NODE}",
    ),
}
"""The published relations by name."""


def definitions(engine: Literal["sqlite", "postgres"]) -> list[str]:
    """Return the statements that make an empty set of tables and the views over them."""
    types = TYPES[engine]
    said = [f"CREATE TABLE stored_position (id {types['id']} PRIMARY KEY, format {types['integer']} NOT NULL,"
            f" epoch {types['text']} NOT NULL, seq {types['integer']} NOT NULL)"]  # fmt: skip
    said.append(f"INSERT INTO stored_position (id, format, epoch, seq) VALUES (1, {FORMAT}, '', 0)")
    for table in TABLES:
        columns = ", ".join(f"{name} {types[kind]}" for name, kind in table.columns.items())
        unique = f", PRIMARY KEY ({', '.join(table.key)})" if table.log or table is NODE else ""
        rowless = " WITHOUT ROWID" if engine == "sqlite" and table is CHANGE else ""
        said.append(f"CREATE TABLE {table.name} ({columns}{unique}){rowless}")
        indexes = table.indexes if unique else (table.key, *table.indexes)
        said += [
            f"CREATE INDEX {table.name}_{at} ON {table.name} ({', '.join(index)})" for at, index in enumerate(indexes)
        ]
    said.append("CREATE UNIQUE INDEX stored_node_urn ON stored_node (urn)")
    said += [f"CREATE VIEW {name} ({', '.join(each.columns)}) AS {each.select}" for name, each in RELATIONS.items()]
    return said
