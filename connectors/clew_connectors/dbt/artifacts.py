"""dbt's artifacts as far as they are read: manifest v12, catalog v1, run_results v6, checked as they are loaded.

The formats are published at https://schemas.getdbt.com. Members that are not listed here are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from clew_schemas.errors import BadInput, NotFound, Unreachable

MANIFEST = "https://schemas.getdbt.com/dbt/manifest/v12.json"
CATALOG = "https://schemas.getdbt.com/dbt/catalog/v1.json"
RUN_RESULTS = "https://schemas.getdbt.com/dbt/run-results/v6.json"


class Metadata(Struct, frozen=True):
    dbt_schema_version: str
    generated_at: datetime
    invocation_id: str | None = None
    project_name: str | None = None
    adapter_type: str | None = None


class ColumnSpec(Struct, frozen=True):
    name: str
    description: str | None = None
    tags: list[str] = field(default_factory=list)


class DependsOn(Struct, frozen=True):
    nodes: list[str] = field(default_factory=list)


class NodeConfig(Struct, frozen=True):
    materialized: str | None = None
    severity: str | None = None


class ExtraCte(Struct, frozen=True):
    id: str


class TestMetadata(Struct, frozen=True):
    name: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    namespace: str | None = None


class Node(Struct, frozen=True):
    """A model, seed, snapshot or test; other types of resource are passed over."""

    unique_id: str
    resource_type: str
    name: str
    original_file_path: str = ""
    alias: str | None = None
    database: str | None = None
    schema: str | None = None
    relation_name: str | None = None
    language: str | None = None
    compiled_code: str | None = None
    extra_ctes: list[ExtraCte] = field(default_factory=list)
    description: str | None = None
    columns: dict[str, ColumnSpec] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    group: str | None = None
    config: NodeConfig = field(default_factory=NodeConfig)
    depends_on: DependsOn = field(default_factory=DependsOn)
    attached_node: str | None = None
    column_name: str | None = None
    test_metadata: TestMetadata | None = None


class Source(Struct, frozen=True):
    unique_id: str
    source_name: str
    name: str
    identifier: str
    database: str | None = None
    schema: str | None = None
    original_file_path: str = ""
    description: str | None = None
    columns: dict[str, ColumnSpec] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)


class Exposure(Struct, frozen=True):
    unique_id: str
    name: str
    type: str
    owner: dict[str, Any] = field(default_factory=dict)
    description: str | None = None
    label: str | None = None
    maturity: str | None = None
    url: str | None = None
    tags: list[str] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    depends_on: DependsOn = field(default_factory=DependsOn)


class OwnerGroup(Struct, frozen=True):
    unique_id: str
    name: str
    owner: dict[str, Any] = field(default_factory=dict)
    description: str | None = None


class Manifest(Struct, frozen=True):
    metadata: Metadata
    nodes: dict[str, Node]
    sources: dict[str, Source]
    exposures: dict[str, Exposure]
    groups: dict[str, OwnerGroup]


class CatalogColumn(Struct, frozen=True):
    name: str
    type: str
    index: int


class CatalogMetadata(Struct, frozen=True):
    type: str


class CatalogTable(Struct, frozen=True):
    metadata: CatalogMetadata
    columns: dict[str, CatalogColumn]


class Catalog(Struct, frozen=True):
    metadata: Metadata
    nodes: dict[str, CatalogTable]
    sources: dict[str, CatalogTable]


class Timing(Struct, frozen=True):
    name: str
    started_at: datetime | None = None
    completed_at: datetime | None = None


class Result(Struct, frozen=True):
    unique_id: str
    status: str
    timing: list[Timing] = field(default_factory=list)
    execution_time: float = 0.0
    failures: int | None = None
    message: str | None = None


class Arguments(Struct, frozen=True):
    which: str | None = None


class RunResults(Struct, frozen=True):
    metadata: Metadata
    results: list[Result]
    args: Arguments = field(default_factory=Arguments)


class _Version(Struct, frozen=True):
    dbt_schema_version: str


class _Head(Struct, frozen=True):
    metadata: _Version


class _Tables(Struct, frozen=True):
    """The tables of a manifest, not parsed yet, so that an error can name the node."""

    metadata: Metadata
    nodes: dict[str, msgspec.Raw]
    sources: dict[str, msgspec.Raw]
    exposures: dict[str, msgspec.Raw]
    groups: dict[str, msgspec.Raw] = field(default_factory=dict)


T = TypeVar("T")


def manifest(path: Path) -> Manifest:
    """Return the manifest; raise NotFound, Unreachable, or BadInput with file and JSON path."""
    tables = _decoded(_content(path, MANIFEST), _Tables, path)
    return Manifest(
        tables.metadata,
        _each(tables.nodes, Node, path, "nodes"),
        _each(tables.sources, Source, path, "sources"),
        _each(tables.exposures, Exposure, path, "exposures"),
        _each(tables.groups, OwnerGroup, path, "groups"),
    )


def catalog(path: Path) -> Catalog:
    """Return the catalog; raises like `manifest`."""
    return _decoded(_content(path, CATALOG), Catalog, path)


def run_results(path: Path) -> RunResults:
    """Return the results of a run; raises like `manifest`."""
    return _decoded(_content(path, RUN_RESULTS), RunResults, path)


def _content(path: Path, version: str) -> bytes:
    """Return the bytes of an artifact of exactly this version."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(
            "there is no such artifact of dbt", where=str(path), hint="dbt build and dbt docs generate write them"
        ) from error
    except OSError as error:
        raise Unreachable(f"the artifact can't be read: {error.strerror}", where=str(path)) from error
    found = _decoded(data, _Head, path).metadata.dbt_schema_version
    if found != version:
        raise BadInput(
            f"this is {_spoken(found)}, and only {_spoken(version)} is read",
            where=f"{path}: $.metadata.dbt_schema_version",
            hint="Check the path" if _named(found) != _named(version) else "dbt-core 1.8 to 1.11 write that version",
        )
    return data


def _named(version: str) -> str:
    return version.removeprefix("https://schemas.getdbt.com/dbt/").split("/", 1)[0]


def _spoken(version: str) -> str:
    """Return a schema version as people say it: `manifest v12`."""
    return version.removeprefix("https://schemas.getdbt.com/dbt/").removesuffix(".json").replace("/", " ")


def _each(items: Mapping[str, msgspec.Raw], kind: type[T], path: Path, table: str) -> dict[str, T]:
    return {name: _decoded(raw, kind, path, f"$.{table}[{name!r}]") for name, raw in items.items()}


def _decoded(data: bytes | msgspec.Raw, kind: type[T], path: Path, place: str = "$") -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        what, _, inner = str(error).partition(" - at `$")
        raise BadInput(
            f"not an artifact of dbt as it should be: {what}", where=f"{path}: {place}{inner.rstrip('`')}"
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8: {error.reason}", where=f"{path}: {place}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(
            f"not valid JSON: {error}", where=f"{path}: {place}", hint="Was dbt interrupted while it wrote the file?"
        ) from error
