"""The Feast connector keeps the contract, on a registry as the real Feast printed it."""

from pathlib import Path
from typing import Any

import pytest

from clew_connectors.feast import CONNECTOR
from contracts.connector_contract import SECRET, ConnectorContract
from unit.clew_connectors.made_feast import printing, recorded

LEAK = f"postgres://ada:{SECRET}@db.example/shop"


class TestFeast(ConnectorContract):
    connector = CONNECTOR

    @pytest.fixture
    def good(self, tmp_path: Path) -> dict[str, Any]:
        def leak(document: Any) -> None:
            document["views"][0]["description"] = f"Copied from {LEAK}."
            document["views"][0]["features"][0]["description"] = LEAK
            document["views"][-1]["code"] = f"read('{LEAK}')"
            query = next(view["source"] for view in document["views"] if (view["source"] or {}).get("query"))
            query["query"] = f"SELECT '{LEAK}' AS stars"

        return recorded(tmp_path, leak)

    @pytest.fixture
    def broken(self, tmp_path: Path) -> dict[str, Any]:
        return printing(tmp_path, '{"error": {"code": "no_feast", "what": "No module named feast"}}')
