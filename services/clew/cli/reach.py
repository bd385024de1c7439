"""How the command line reaches a house: the running one by its API, else the home itself, opened for one command."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from clew.api.orders import EditOrder, FellOrder, FlowOrder, GrowOrder, UndoOrder
from clew.home import read_run_file
from clew.ledger.port import Scope
from clew.query.terms import EVERYWHERE, Within
from clew.search.port import SearchQuery
from clew.settings import Settings
from clew_schemas import Receipt, Record


class Reach(Protocol):
    """What the command line asks of a house. Answers are the JSON that `--json` prints."""

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        """Send records; return a receipt each."""

    def register(self, name: str, *, order: Any, door: str, rank: int = 50) -> object:
        """Make a source known."""

    def find(self, query: SearchQuery, within: Within = EVERYWHERE) -> dict[str, Any]:
        """Search, among everything or within a lineage."""

    def describe(self, name: str, as_of: str | None = None) -> dict[str, Any]:
        """Describe one thing."""

    def lineage(
        self,
        name: str,
        direction: str,
        grain: str | None,
        indirect: bool,
        depth: int | None,
        as_of: str | None = None,
    ) -> dict[str, Any]:
        """Return what is upstream or downstream."""

    def impact(self, name: str, change: str, named: int, as_of: str | None = None) -> dict[str, Any]:
        """Return what a change breaks."""

    def paths(
        self, start: str, end: str, grain: str | None, indirect: bool, most: int, as_of: str | None = None
    ) -> dict[str, Any]:
        """Return how one thing reaches another."""

    def what_trained(self, name: str, most: int, as_of: str | None = None) -> dict[str, Any]:
        """Return how the model versions behind a thing came about."""

    def reproduce(self, name: str, most: int, as_of: str | None = None) -> dict[str, Any]:
        """Return what is known to rebuild the model versions behind a thing."""

    def compare(self, a: str, b: str | None, a_at: str | None, b_at: str | None, most: int) -> dict[str, Any]:
        """Return what differs between two things, or two times of one."""

    def diff(
        self, name: str, start: str, end: str | None, grain: str, indirect: bool, depth: int, most: int
    ) -> dict[str, Any]:
        """Return what changed of a thing and of the lineage around it between two moments."""

    def bottlenecks(self, name: str, runs: int) -> dict[str, Any]:
        """Return what is slow or fails in a pipeline."""

    def unused(self, days: int, kinds: Sequence[str], namespaces: Sequence[str], most: int) -> dict[str, Any]:
        """Return what nobody reads."""

    def sql(self, query: str, parameters: Mapping[str, Any], limit: int, seconds: float) -> dict[str, Any]:
        """Answer a query of the relations."""

    def rebuild(self, views: Sequence[str]) -> list[dict[str, Any]]:
        """Draw views anew."""

    def doctor(self, mend: bool) -> dict[str, Any]:
        """Check the views against the ledger."""

    def backup(self) -> Iterator[bytes]:
        """Yield a backup of the embedded ledger."""

    def export(self) -> Iterator[bytes]:
        """Yield the archive of the ledger."""

    def sizes(self) -> dict[str, Any]:
        """Return rows and bytes of what is held."""

    def sweep(self) -> dict[str, int]:
        """Delete points past their retention."""

    def model(self) -> dict[str, Any]:
        """Return the kinds and aspects in force."""

    def sources(self) -> list[dict[str, Any]]:
        """Return the registered sources."""

    def retire(self, name: str) -> dict[str, Any]:
        """Withdraw all that a source claims."""

    def set_public_key(self, name: str, key: bytes) -> None:
        """Keep the key that a source signs with."""

    def last_crawl(self, source: str) -> tuple[int, str] | None:
        """Return number and state of a source's newest crawl."""

    def edit(self, order: EditOrder) -> dict[str, Any]:
        """Edit one thing or many."""

    def flow(self, order: FlowOrder) -> dict[str, Any]:
        """State or deny a flow by hand."""

    def undo(self, order: UndoOrder) -> dict[str, Any]:
        """Take an edit back."""

    def tree(self, kind: str) -> dict[str, Any]:
        """Return the tree of terms (`glossary_term`) or of domains (`domain`)."""

    def grow(self, kind: str, order: GrowOrder) -> dict[str, Any]:
        """Make, move, rename or explain a term or domain."""

    def fell(self, kind: str, order: FellOrder) -> dict[str, Any]:
        """Delete a term or domain."""

    def parked(self) -> list[dict[str, Any]]:
        """Return what is parked."""

    def replay(self, number: int) -> dict[str, Any]:
        """Propose a parked group again."""

    def drop(self, number: int) -> None:
        """Forget a parked group."""

    def tokens(self) -> list[dict[str, Any]]:
        """Return the kept tokens, without their secrets."""

    def create_token(self, name: str, scopes: Sequence[Scope], source: str) -> dict[str, Any]:
        """Make a token; its `secret` is told this once."""

    def revoke_token(self, name: str) -> None:
        """Make a token useless."""


@contextmanager
def reached(settings: Settings) -> Iterator[Reach]:
    """Yield the running house, or one opened for this command. CLEW_URL and CLEW_TOKEN name a house elsewhere."""
    url = os.environ.get("CLEW_URL")
    running = None if url else read_run_file(settings.home)
    if url or running is not None:
        from clew.cli.remote import connected

        base = url or f"http://127.0.0.1:{running['port'] if running else 0}"
        token = os.environ.get("CLEW_TOKEN") if url else (running or {}).get("token")
        with connected(base, token) as remote:
            yield remote
        return
    from clew.cli.local import opened

    with opened(settings) as local:
        yield local
