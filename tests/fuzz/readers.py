"""What reads bytes from outside, by name, each held to its promises: what `fuzz.guided` drives."""

from __future__ import annotations

import io
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote

import httpx
import yaml
import zstandard

from clew.errors import Damaged
from clew.house import House
from clew.ledger import backup
from clew.ledger.archive import Archive
from clew.query.conditions import LONGEST, conditions, stated
from clew.search.words import keys, wanted
from clew.settings import Settings
from clew_connectors.dbt import artifacts
from clew_connectors.metadata_json import document
from clew_connectors.query_log.config import QueryLogConfig
from clew_connectors.query_log.formats import statements
from clew_connectors.recipe import parse
from clew_connectors.sql_in_code.find import in_notebook, in_python
from clew_schemas import canonical, urn
from clew_schemas.errors import CallerError
from clew_schemas.event import Group, decode, encode
from clew_schemas.scrub import scrub
from clew_schemas.wire import from_avro, to_avro
from clew_sql import SqlError, script_lineage, tables_mentioned
from clew_sql.canonical import canonical as canonical_sql
from clew_sql.scripts import alterations
from fuzz.door import ORDERS, Door, Log
from fuzz.ugly import SECRET, TRIED, as_json, bodies, good_events, lines
from unit.clew.api.wire import FLIGHTS, THREAD, group
from unit.clew_sql.golden_cases import CASES

RECIPE: Final = {
    "name": "w",
    "connector": "duckdb",
    "config": {"database": "/nowhere.duckdb", "namespace": "duckdb://w"},
}
PROJECT: Final = {
    "model": {"name": "delay", "version": "3", "algorithm": "RandomForestRegressor"},
    "metrics": {"rmse": 3.5, "mae": "NaN"},
    "features": ["dep_hour", {"name": "carrier"}],
    "training_data": {"path": "s3://b/train.parquet", "rows": 100},
    "created": "2026-11-21T08:00:00Z",
}


def taken(door: str, read: Callable[[], Any]) -> Any:
    """Read one input; what is refused is refused in words, quotes no secret, and takes seconds at most."""
    TRIED[door] += 1
    began = time.monotonic()
    try:
        return read()
    except CallerError as error:
        said = error.to_dict()
        assert said["code"] and said["what"] and (said.get("where") or said.get("hint")), said
        assert SECRET not in json.dumps(said, default=str)
        return None
    finally:
        assert time.monotonic() - began < 10


class Reader(NamedTuple):
    """What reads bytes and raises for a promise not kept; good inputs to begin with; words that inputs are made of."""

    read: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    words: str = ""


def text_of(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def canonical_json(data: bytes) -> None:
    if found := taken("json", lambda: canonical.loads(data)):
        assert canonical.loads(found[1])[1] == found[1]


def event(data: bytes) -> None:
    record = taken("events", lambda: decode(data))
    if isinstance(record, Group):
        assert decode(encode(record)) == record
        sent = from_avro(to_avro(record))  # a moment without a zone is one of UTC from there on
        assert from_avro(to_avro(sent)) == sent


def avro(data: bytes) -> None:
    record = taken("avro", lambda: from_avro(data))
    if isinstance(record, Group):
        assert from_avro(to_avro(record)) == record


def a_urn(data: bytes) -> None:
    text = text_of(data)
    found = taken("urns", lambda: urn.Urn.parse(text))
    assert found is None or str(found) == text


def recipe(data: bytes) -> Any:
    return taken("recipes", lambda: parse(data, "r.yml", {"PASSWORD": SECRET}))


def project(data: bytes) -> Any:
    return taken("metadata.json", lambda: document.parse(data, "metadata.json"))


def scrubbed(data: bytes) -> None:
    once = scrub(text_of(data))
    assert scrub(once) == once


def words(data: bytes) -> None:
    text = text_of(data)
    taken("search", lambda: wanted(text))
    taken("search", lambda: keys(text))


def condition(data: bytes) -> None:
    text = text_of(data)
    for found in taken("conditions", lambda: conditions([text])) or ():
        again = stated(found)
        assert len(again) > LONGEST or conditions([again]) == (found,)


def archive(data: bytes) -> None:
    for packed in (data, zstandard.compress(data, 1)):
        with suppress(Damaged):
            taken("archives", lambda packed=packed: _unpacked(packed))  # type: ignore[misc]


def _unpacked(packed: bytes) -> None:
    for _, rows in Archive(io.BytesIO(packed)).members():
        for _row in rows:
            pass


def a_backup(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as home, suppress(Damaged):
        taken("backups", lambda: backup.restore(io.BytesIO(data), Path(home)))


@cache
def opened() -> Door:
    """A house of this process, which stays open until its end."""
    return Door(House(Settings(home=Path(tempfile.mkdtemp()))).__enter__(), Log())


METHODS: Final = {"GET", "POST", "PUT", "DELETE", "PATCH"}
ENDLESS: Final = "/v1/changes"
"""A stream without an end."""


def http(data: bytes) -> None:
    """A request: method, path and content type in the first line, and then the body."""
    first, _, body = data.partition(b"\n")
    method, path, kind = [*first.decode("latin-1").split(" ", 2), "", ""][:3]
    path = "/" + quote(path, safe="/?&=%,;:+@()", encoding="latin-1").lstrip("/")
    if ENDLESS not in unquote(path) and method in METHODS and kind.isprintable():
        with suppress(httpx.InvalidURL):
            opened().send("http", method, path, content=body, headers={"Content-Type": kind.encode("latin-1")})


def warm() -> None:
    """Have all that a house loads loaded."""
    with tempfile.TemporaryDirectory() as home, House(Settings(home=Path(home))) as house:
        Door(house, Log()).post("http", "/graphql", b'{"query": "{health}"}')


TABLES: Final = {name: columns for case in CASES for name, columns in case.schema.items()}
DIALECTS: Final = tuple(
    "bigquery clickhouse databricks duckdb hive mysql oracle postgres presto redshift snowflake spark sqlite teradata"
    " trino tsql".split()
)
"""The first byte of an input counts them: what is new is added at the end."""


def sql(data: bytes) -> None:
    """The first byte says the dialect."""
    dialect, text = DIALECTS[data[0] % len(DIALECTS) if data else 0], text_of(data[1:])

    def lineage() -> None:
        for found in script_lineage(text, dialect, TABLES, "d", "s"):
            faults = [gap.detail for gap in found.unresolved if gap.code == "internal"]
            assert not faults, faults

    for ask in (
        lineage,
        lambda: tables_mentioned(text, dialect),
        lambda: canonical_sql(text, dialect, TABLES, "d", "s"),
        lambda: list(alterations(text, dialect, "d", "s")),
    ):
        with suppress(SqlError):
            taken("sql", ask)


def sql_in_python(data: bytes) -> None:
    taken("python", lambda: list(in_python(text_of(data), "a.py")))


def sql_in_notebook(data: bytes) -> None:
    taken("notebooks", lambda: list(in_notebook(text_of(data), "a.ipynb")))


FORMATS: Final = ("jsonl", "csv", "postgres_log", "pg_stat_statements")


def query_log(data: bytes) -> None:
    """The first byte says the format."""
    said = {"path": "q", "dialect": "duckdb", "namespace": "n", "format": FORMATS[data[0] % 4 if data else 0]}
    text = io.StringIO(data[1:].decode(errors="replace"), newline="")
    taken("query-logs", lambda: list(statements(text, QueryLogConfig.model_validate(said), "q", 0)))


def dbt(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        for read in (artifacts.manifest, artifacts.catalog, artifacts.run_results):
            taken("dbt", lambda read=read: read(Path(file.name)))  # type: ignore[misc]


def maze(data: bytes) -> None:
    """No reader of ours: a fault that luck does not find, and that guidance does. It shows that there is guidance."""
    for at, step in enumerate(b"clew"):
        if data[at : at + 1] != bytes([step]):
            return
    raise AssertionError("the end of the maze")


def _avro() -> list[bytes]:
    return [to_avro(decode(json.dumps(THREAD).encode()))]


def _groups() -> list[bytes]:
    return [as_json(group(each, id="good", source="fuzz")) for each in good_events()[:400:4]]


def _texts() -> list[bytes]:
    return [each.encode(errors="surrogatepass") for each in lines("texts.txt")]


def _statements() -> list[bytes]:
    return [bytes([DIALECTS.index(case.dialect)]) + case.sql.encode() for case in CASES]


def _logs() -> list[bytes]:
    row = {"query": "SELECT x FROM a", "start_time": "2026-11-21T08:00:00Z", "user": "ada", "session": 7}
    said = [",".join(row), ",".join(map(str, row.values()))]
    logged = '2026-11-21 08:00:00 UTC,u,d,7,,s,1,SELECT,2026-11-21 08:00:00 UTC,LOG,00000,"statement: SELECT x FROM a"'
    counted = "query,calls,rolname,datname\nSELECT x FROM a,7,ada,d"
    return [b"\0" + as_json(row), b"\1" + "\n".join(said).encode(), b"\2" + logged.encode(), b"\3" + counted.encode()]


def _archive() -> list[bytes]:
    with tempfile.TemporaryDirectory() as home, House(Settings(home=Path(home))) as house:
        Door(house, Log())
        packed = b"".join(house.export())
    return [packed, zstandard.ZstdDecompressor().decompressobj().decompress(packed)]


def _backup() -> list[bytes]:
    with tempfile.TemporaryDirectory() as home, House(Settings(home=Path(home))) as house:
        return [b"".join(house.backup())]


def _requests() -> Iterator[bytes]:
    for path, of in opened().app.openapi()["paths"].items():
        if "get" in of:
            asked = "&".join(f"{each['name']}={quote(FLIGHTS)}" for each in of["get"].get("parameters", ()))
            yield f"GET {path.replace('{urn}', FLIGHTS)}?{asked} \n".encode()
    for path, order in (("/v1/groups", THREAD), *ORDERS):
        yield f"POST {path} application/json\n".encode() + as_json(order)
    for query in bodies("queries.txt"):
        asked_ = {"query": query.decode(), "variables": {"of": FLIGHTS, "g": []}}
        yield b"POST /graphql application/json\n" + as_json(asked_)


def _dbt() -> list[bytes]:
    node = {
        "unique_id": "model.p.a",
        "name": "a",
        "resource_type": "model",
        "depends_on": {"nodes": ["source.p.b"]},
        "columns": {"x": {"name": "x", "data_type": "int"}},
        "config": {"materialized": "table"},
    }
    head = {"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}}
    return [as_json({**head, "nodes": {"model.p.a": node}, "sources": {}}), as_json({**head, "results": [node]})]


_SQL: Final = (
    "SELECT FROM WHERE JOIN LEFT ON USING GROUP BY HAVING QUALIFY WINDOW OVER PARTITION UNION ALL EXCEPT WITH RECURSIVE"
    " AS INSERT INTO VALUES UPDATE SET DELETE MERGE WHEN MATCHED THEN CREATE TABLE VIEW ALTER DROP COLUMN RENAME TO"
    " PIVOT UNPIVOT UNNEST LATERAL FLATTEN VALUES CASE END NULL EXISTS IN COPY CLONE SWAP BEGIN DECLARE PROCEDURE"
    " * x y a s.b {{ }} {% %} ( ) , ; '' || := :: $$ -- /* */"
)
_JSON: Final = (
    '{ } [ ] : , null true 1e400 -0 1e999 \\ud800 \\u0000 "" urn:clew:dataset:( payload events source id aspect'
)

READERS: Final = {
    "json": Reader(canonical_json, _groups, _JSON),
    "events": Reader(event, _groups, _JSON),
    "avro": Reader(avro, _avro),
    "urns": Reader(
        a_urn, lambda: [as_json(each["urn"])[1:-1] for each in good_events()[:200:4]], "urn:clew: ( ) , %28"
    ),
    "recipes": Reader(recipe, lambda: [yaml.safe_dump(RECIPE).encode(), *bodies("recipes.txt")], "${ } :- & * ! | >"),
    "metadata.json": Reader(project, lambda: [as_json(PROJECT)], _JSON + " NaN " + " ".join(PROJECT)),
    "scrub": Reader(scrubbed, _texts, '"token" "password" :// @ ?token= ;secret= Bearer'),
    "search": Reader(words, _texts),
    "conditions": Reader(condition, lambda: [b"rmse < 3", b'"a <" != "b"', b"at >= 2026-11-21"], "<= != == true NaN"),
    "archives": Reader(archive, _archive, _JSON + " rows end sha256 manifest member columns"),
    "backups": Reader(a_backup, _backup, "backup.json ledger.db ustar " + _JSON),
    "http": Reader(http, _requests, _JSON + " GET POST DELETE application/x-ndjson ? & = % /v1/ /graphql first after"),
    "sql": Reader(sql, _statements, _SQL),
    "python": Reader(
        sql_in_python, lambda: [b'sql = f"SELECT {x} FROM a" + "b"\nexecute("SELECT %s FROM t" % x)'], _SQL
    ),
    "notebooks": Reader(
        sql_in_notebook,
        lambda: [as_json({"cells": [{"cell_type": "code", "source": ["%%sql\n", "SELECT 1"]}]})],
        _JSON + " cells cell_type source code %%sql %sql !",
    ),
    "query-logs": Reader(query_log, _logs, _JSON + " query time user calls " + _SQL),
    "dbt": Reader(dbt, _dbt, _JSON + " nodes sources exposures columns depends_on unique_id resource_type"),
    "maze": Reader(maze, lambda: [b"."]),
}
OURS: Final = tuple(name for name in READERS if name != "maze")
