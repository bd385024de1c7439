"""Databases to read on a real PostgreSQL server, each made for a test and dropped after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from unit.clew_connectors.made import GOLDEN

SHOP = GOLDEN / "postgres" / "shop.sql"
NAMESPACE = "postgres://shop:5432"
_numbers = count()


@contextmanager
def database(url: str, *statements: str, name: str | None = None) -> Iterator[str]:
    """Make a database by these statements, analyzed; give its URL."""
    name = name or f"made_{next(_numbers)}"
    with closing(psycopg.connect(url, autocommit=True)) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            made = make_conninfo(**conninfo_to_dict(url) | {"dbname": name})
            run(made, *statements, "ANALYZE")
            yield made
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def run(url: str, *statements: str) -> None:
    """Run statements, each by itself, and disconnect."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def config(url: str, **more: Any) -> dict[str, Any]:
    """Return the configuration of a recipe that reads the database of a URL, piece by piece."""
    said = conninfo_to_dict(url)
    return {
        "host": said["host"],
        "port": int(said["port"]),
        "database": said["dbname"],
        "user": said["user"],
        "password": said["password"],
        "namespace": NAMESPACE,
        **more,
    }
