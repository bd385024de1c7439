"""OpenSearch keeps the contract of the search port; each test has an index of its own, or one that nobody changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from opensearchpy import OpenSearch
from tools.servers import Server

from clew.search.opensearch_index import OpenSearchIndex
from clew.search.port import Search, SearchChange
from contracts.search_contract import ALL, MEASURED, Open, SearchContract


@pytest.fixture(scope="module")
def server(opensearch: Server) -> Server:
    return opensearch


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[OpenSearch]:
    with OpenSearch(server.url) as client:
        yield client


class Filled:
    """Indexes by what is in them, which tests take turns to read: to make one takes most of a test's time."""

    def __init__(self, server: Server, client: OpenSearch) -> None:
        self._server = server
        self._client = client
        self._names: dict[str, str] = {}

    def lent(self, said: str, *changes: SearchChange) -> Iterator[Search]:
        """Give an index of these changes; it goes when it is not afterwards as it was before."""
        name = self._names.pop(said, None) or uuid4().hex
        index = OpenSearchIndex.open(f"{self._server.url}?index={name}")
        for change in changes:  # passed over, where they stand there
            index.apply("e", change)
        before = self._state(name)
        yield index
        index.close()
        if self._state(name) == before:
            self._names[said] = name
        else:
            drop(self._client, name)

    def drop(self) -> None:
        for name in self._names.values():
            drop(self._client, name)

    def _state(self, name: str) -> dict[str, Any]:
        """Return what moves with every write: the number of the last one in each index, and what each is called."""
        stats = self._client.indices.stats(index=f"clew-{name}-*", params={"level": "shards"})["indices"]
        last = {index: [shard["seq_no"] for shard in said["shards"]["0"]] for index, said in stats.items()}
        return {"last": last, "names": self._client.indices.get_alias(index=f"clew-{name}-*")}


@pytest.fixture(scope="module")
def filled(server: Server, client: OpenSearch) -> Iterator[Filled]:
    filled = Filled(server, client)
    yield filled
    filled.drop()


def drop(client: OpenSearch, name: str) -> None:
    client.indices.delete(index=f"clew-{name}-*")
    client.indices.delete_index_template(name=f"clew-{name}")


class TestOpenSearch(SearchContract):
    @pytest.fixture
    def reopen(self, server: Server, client: OpenSearch) -> Iterator[Open]:
        name = uuid4().hex
        yield lambda: OpenSearchIndex.open(f"{server.url}?index={name}")
        drop(client, name)

    @pytest.fixture
    def index(self, filled: Filled) -> Iterator[Search]:
        yield from filled.lent("all", SearchChange(7, ALL))

    @pytest.fixture
    def measured(self, filled: Filled) -> Iterator[Search]:
        yield from filled.lent("measured", SearchChange(1, MEASURED[:4]), SearchChange(2, MEASURED[4:]))
