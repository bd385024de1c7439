"""OpenSearch keeps the contract of the search port; each test has indexes of its own name on one server."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from opensearchpy import OpenSearch
from tools.servers import Server

from clew.search.opensearch_index import OpenSearchIndex
from contracts.search_contract import Open, SearchContract


@pytest.fixture(scope="module")
def server(opensearch: Server) -> Server:
    return opensearch


class TestOpenSearch(SearchContract):
    @pytest.fixture
    def reopen(self, server: Server) -> Iterator[Open]:
        name = uuid4().hex
        yield lambda: OpenSearchIndex.open(f"{server.url}?index={name}")
        with OpenSearch(server.url) as client:
            client.indices.delete(index=f"clew-{name}-*")
            client.indices.delete_index_template(name=f"clew-{name}")
