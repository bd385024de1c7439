"""Column lineage as another parser tells it; run by that parser's own Python, and imports nothing of ours.

    python sql_peer.py acryl-datahub|sqllineage|openlineage-sql < {"queries": [sql], "schema": {table: {column: type}}}

Prints {"seconds": CPU seconds, "edges": [[[output column, table, column], …] or null for each query]}; names in lower
case, the table empty where it is not said. Tables are those of the schema `main`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

Edges = list[list[str]]
Reader = Callable[[str], Edges]


def datahub(schema: dict[str, dict[str, str]]) -> Reader:
    from datahub.sql_parsing.schema_resolver import SchemaResolver
    from datahub.sql_parsing.sqlglot_lineage import sqlglot_lineage

    resolver = SchemaResolver(platform="duckdb", env="PROD")
    for table, columns in schema.items():
        resolver.add_raw_schema_info(f"urn:li:dataset:(urn:li:dataPlatform:duckdb,main.{table},PROD)", columns)

    def read(sql: str) -> Edges:
        # what this parser reads it also keeps: another comment is another text
        found = sqlglot_lineage(sql, schema_resolver=resolver, default_schema="main")
        if found.debug_info.error:
            raise ValueError(found.debug_info.error)
        return [
            [column.downstream.column, source.table.split(",")[1].rsplit(".", 1)[-1], source.column]
            for column in found.column_lineage or ()
            for source in column.upstreams
        ]

    return read


def sqllineage(schema: dict[str, dict[str, str]]) -> Reader:
    from sqllineage.config import SQLLineageConfig
    from sqllineage.core.metadata.dummy import DummyMetaDataProvider
    from sqllineage.runner import LineageRunner

    known = DummyMetaDataProvider({f"main.{table}": list(columns) for table, columns in schema.items()})

    def read(sql: str) -> Edges:
        with SQLLineageConfig(DEFAULT_SCHEMA="main"):
            runner = LineageRunner(f"CREATE TABLE main.output AS {sql}", dialect="duckdb", metadata_provider=known)
            paths = runner.get_column_lineage()
        return [
            [path[-1].raw_name, str(path[0].parent).rsplit(".", 1)[-1] if path[0].parent else "", path[0].raw_name]
            for path in paths
        ]

    return read


def openlineage(schema: dict[str, dict[str, str]]) -> Reader:
    from openlineage_sql import parse

    def read(sql: str) -> Edges:
        found = parse([f"CREATE TABLE output AS {sql}"], dialect="postgres")
        if found.errors:
            raise ValueError(found.errors[0].message)
        return [
            [column.descendant.name, source.origin.name if source.origin else "", source.name]
            for column in found.column_lineage
            for source in column.lineage
        ]

    return read


READERS = {"acryl-datahub": datahub, "sqllineage": sqllineage, "openlineage-sql": openlineage}


def main() -> None:
    given: dict[str, Any] = json.load(sys.stdin)
    read = READERS[sys.argv[1]](given["schema"])
    answers: list[Edges | None] = []
    begun = time.process_time()
    for sql in given["queries"]:
        try:
            answers.append([[word.lower() for word in edge] for edge in read(sql)])
        except Exception as error:
            print(f"{sys.argv[1]}: {type(error).__name__}: {str(error)[:200]}", file=sys.stderr)
            answers.append(None)
    json.dump({"seconds": time.process_time() - begun, "edges": answers}, sys.stdout)


if __name__ == "__main__":
    main()
