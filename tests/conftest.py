"""Live servers: each starts when the first test asks for it, once a run; one that can't start is a failure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import pytest
from tools.servers import Server, start
from xdist.scheduler import LoadFileScheduling

ON_SERVERS = (
    "test_archive_postgres.py",
    "test_definitions_postgres.py",
    "test_graph_neo4j.py",
    "test_ledger_postgres.py",
    "test_search_opensearch.py",
    "test_log.py",
    "test_relations_postgres.py",
)
"""Contract suites on real servers, beside everything in tests/real."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs real servers."""
    for item in items:
        if _on_servers(item.path):
            item.add_marker("servers")


class _Files(LoadFileScheduling):
    """A file stays in one process, and all that shares servers, a browser or MLflow: each of them starts once."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        path = PurePath(file)
        if path.parent.name in ("web", "mlflow"):
            return path.parent.name
        return "servers" if _on_servers(path) else "mlflow" if path.name == "test_connectors.py" else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Files:
    return _Files(config, log)


def _on_servers(file: PurePath) -> bool:
    return file.parent.name == "real" or file.name in ON_SERVERS


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """Kafka with its registry, so that Kafka's URL names it."""
    yield from _serve(tmp_path_factory, "kafka", "registry")


@pytest.fixture(scope="session")
def kafka(log: dict[str, Server]) -> Server:
    return log["kafka"]


@pytest.fixture(scope="session")
def registry(log: dict[str, Server]) -> Server:
    return log["registry"]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    for servers in _serve(tmp_path_factory, "postgres"):
        yield servers["postgres"]


@pytest.fixture(scope="session")
def neo4j(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    for servers in _serve(tmp_path_factory, "neo4j"):
        yield servers["neo4j"]


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    for servers in _serve(tmp_path_factory, "opensearch"):
        yield servers["opensearch"]


def _serve(folders: pytest.TempPathFactory, *names: str) -> Iterator[dict[str, Server]]:
    servers = start(names, folders.mktemp(names[0]), brief=True)
    yield servers
    for server in servers.values():
        server.discard()  # its data go with the run: there is nothing to end in order
