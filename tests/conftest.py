"""Live servers: each starts when the first test asks for it, once a run; one that can't start is a failure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tools.servers import Server, start
from xdist.scheduler import LoadFileScheduling

# How long a test takes says how busy the machine is, and nothing else.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

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


LONGEST_FIRST = ("servers", "web", "mlflow", "flow", "faults", "fuzz", "contracts", "properties")
"""Folders, and what stays together, in the order in which processes take them; the rest comes last, in small pieces."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs real servers, and put what takes long before what does not."""
    for item in items:
        if _on_servers(item.path):
            item.add_marker("servers")
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    together = _together(item.path)
    name = together if together in LONGEST_FIRST else item.path.parent.name
    return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)


class _Files(LoadFileScheduling):
    """A file stays in one process, and all that shares servers, a browser or MLflow: each of them starts once."""

    def _split_scope(self, nodeid: str) -> str:
        return _together(PurePath(super()._split_scope(nodeid)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Files:
    config.option.loadscopereorder = False  # a file of one long test is not to come last
    return _Files(config, log)


def _together(file: PurePath) -> str:
    """Return the name of what is run by one process, one after the other."""
    if file.parent.name in ("web", "mlflow"):
        return file.parent.name
    return "servers" if _on_servers(file) else "mlflow" if file.name == "test_connectors.py" else str(file)


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
