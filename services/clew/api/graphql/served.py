"""The GraphQL schema in force: built again as soon as something was defined, in whichever process."""

from __future__ import annotations

import threading
from collections.abc import Callable

from clew.api.graphql.schema import Schema
from clew.ledger import LedgerReader
from clew_schemas.registry import Registry


class Served:
    """Hands out the schema in force. Threads may share it; a request keeps the schema that it was given."""

    def __init__(self, ledger: LedgerReader, build: Callable[[Registry], Schema]) -> None:
        self._ledger = ledger
        self._build = build
        self._building = threading.Lock()
        self._seq = ledger.learn()
        self._schema = build(ledger.registry)

    def now(self) -> Schema:
        """Return the schema of all that is defined now; the first to ask after a definition waits for its building."""
        if self._ledger.learn() != self._seq:
            with self._building:
                seq = self._ledger.registry.seq  # before the building: what comes in meanwhile is built next time
                if seq != self._seq:
                    self._schema = self._build(self._ledger.registry)
                    self._seq = seq
        return self._schema
