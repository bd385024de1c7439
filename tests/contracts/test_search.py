"""The search engines, each against the one contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew.search import open_search
from contracts.search_contract import Open, SearchContract


class TestTantivy(SearchContract):
    @pytest.fixture
    def reopen(self, tmp_path: Path) -> Open:
        return lambda: open_search(None, tmp_path / "search")
