"""What the source of a logged dataset says: table, SQL, and the namespace of the platform that holds it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from clew_connectors.mlflow.config import without_user
from clew_connectors.mlflow.records import Pairs, Source
from clew_connectors.nameable import on_one_line
from clew_schemas.scrub import scrub

DIALECTS = {
    "duckdb": "duckdb",
    "sqlite": "sqlite",
    "postgres": "postgres",
    "postgresql": "postgres",
    "mysql": "mysql",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
    "redshift": "redshift",
    "trino": "trino",
    "databricks": "databricks",
    "delta_table": "databricks",
    "spark": "spark",
}
"""SQL dialects by the type of a source."""
TABLES = ("table", "table_name", "delta_table_name")
"""Members of a source that name its table."""
HOME_SCHEMA = {"duckdb": "main", "postgres": "public"}
"""The schema that a dialect looks into where none is named."""

_PART = re.compile(r'"((?:[^"]|"")+)"|`([^`]+)`|([^."`]+)')
_NAME = re.compile(r"[^\W\d][\w$]*(?:\.[^\W\d][\w$]*){1,2}")


def source(type_: str, text: str | None, namespaces: Mapping[str, str]) -> Source:
    """Return what the JSON of a source says; `namespaces` is the recipe's."""
    said = _object(text)
    uri = _text(said, "uri", "url", "path", "dataset_uri")
    table = next((found for name in TABLES if (found := _text(said, name))), None)
    if type_ == "local" and "local" in namespaces and uri and table is None and _NAME.fullmatch(uri):
        table, uri = uri, None  # MLflow takes a bare table name for a path of a file
    namespace = _namespace(type_, uri, namespaces, bool(table))
    dialect = DIALECTS.get(type_)
    database = _database(dialect, uri, table)
    return Source(
        type=on_one_line(type_) or "unknown",
        uri=None if uri is None else scrub(without_user(uri)),
        namespace=namespace,
        table=_qualified(table, dialect, database) if table else None,
        sql=_text(said, "sql", "query"),
        dialect=dialect,
        database=database,
        schema=HOME_SCHEMA.get(dialect or ""),
    )


def columns(text: str | None) -> Pairs | None:
    """Return name and type of each column in the JSON of a schema, None where it has no named columns."""
    listed = _object(text).get("mlflow_colspec")
    if not isinstance(listed, list):
        return None
    found = [each for each in listed if isinstance(each, dict) and each.get("name")]
    pairs = [(on_one_line(str(each["name"])), spelt(each)) for each in found]
    return tuple(pair for pair in pairs if pair[0]) or None


def spelt(type_: Any) -> str:
    """Return a type of MLflow's as text: `double`, `array<long>`, …"""
    if isinstance(type_, dict):
        inner = type_.get("items") or type_.get("values")
        kind = str(type_.get("type", "object"))
        return f"{kind}<{spelt(inner)}>" if inner else kind
    return str(type_)


def rows(text: str | None) -> int | None:
    """Return the number of rows in the JSON of a profile."""
    found = _object(text).get("num_rows")
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def _object(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(said: Mapping[str, Any], *names: str) -> str | None:
    return next((said[name] for name in names if isinstance(said.get(name), str) and said[name].strip()), None)


def longest(uri: str | None, known: Mapping[str, str]) -> str | None:
    """Return the value of the longest key that is the URI or its beginning."""
    fitting = [each for each in known if uri is not None and (uri == each or uri.startswith(each))]
    return known[max(fitting, key=len)] if fitting else None


def _namespace(type_: str, uri: str | None, known: Mapping[str, str], named: bool) -> str | None:
    """Return the namespace of the platform: the recipe's by URI, then by type, else the URI of a database itself."""
    told = longest(uri, known) or known.get(type_)
    if told is not None or uri is None:
        return told
    is_file = type_ in ("duckdb", "sqlite") and "://" not in uri and uri.startswith("/")
    if is_file:
        return f"{type_}://{uri}"
    return without_user(uri) if "://" in uri and (named or type_ in DIALECTS) else None


def _database(dialect: str | None, uri: str | None, table: str | None) -> str | None:
    """Return the database that completes a short name: the table's own, else what the URI names."""
    named = _parts(table) if table else ()
    if len(named) > 2:
        return named[0]
    path = PurePosixPath(urlsplit(uri).path) if uri else None
    if path is None or not path.name:
        return None
    return path.stem if dialect in ("duckdb", "sqlite") else path.name


def _qualified(table: str, dialect: str | None, database: str | None) -> tuple[str, ...]:
    parts = _parts(table)
    if len(parts) == 1 and dialect in HOME_SCHEMA and database:
        parts = (HOME_SCHEMA[dialect], *parts)
    return (database, *parts) if len(parts) == 2 and dialect in HOME_SCHEMA and database else parts


def _parts(table: str) -> tuple[str, ...]:
    found = (quoted.replace('""', '"') or ticked or bare for quoted, ticked, bare in _PART.findall(table))
    return tuple(part for part in (on_one_line(scrub(each)) for each in found) if part)
