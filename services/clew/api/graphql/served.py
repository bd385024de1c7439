"""The GraphQL schema in force: built when it is first asked for, and again as soon as something was defined, in
whichever process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from clew.ledger import LedgerReader
from clew_schemas.registry import Registry

if TYPE_CHECKING:
    from clew.api.graphql.schema import Schema


class Served:
    """Hands out the schema in force. Threads may share it; a request keeps the schema that it was given."""

    def __init__(self, ledger: LedgerReader, build: Callable[[Registry], Schema]) -> None:
        self._ledger = ledger
        self._build = build
        self._building = threading.Lock()
        self._seq = -1
        self._schema: Schema | None = None

    def now(self) -> Schema:
        """Return the schema of all that is defined now; the first to ask after a definition waits for its building."""
        defined, schema = self._ledger.learn(), self._schema
        if schema is None or defined != self._seq:
            with self._building:
                seq = self._ledger.registry.seq  # before the building: what comes in meanwhile is built next time
                schema = self._schema
                if schema is None or seq != self._seq:
                    schema = self._build(self._ledger.registry)
                    self._schema, self._seq = schema, seq
        return schema
