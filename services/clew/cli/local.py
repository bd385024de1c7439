"""A house in this process, opened for one command."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from clew.api.auth import new_token
from clew.api.editing import Editing
from clew.api.orders import EditOrder, FellOrder, FlowOrder, GrowOrder, UndoOrder
from clew.errors import BadInput, Forbidden, NotFound
from clew.graph import Direction
from clew.house import House
from clew.ledger.port import DERIVED, STEWARD, Scope, Source, TokenRow
from clew.materialise.rebuild import ALL_VIEWS
from clew.query.answer import Viewer
from clew.query.terms import EVERYWHERE, ChangeKind, Grain, Within
from clew.search import SearchQuery
from clew.settings import EVERY_ROLE, Role, Settings
from clew_schemas import Group, Receipt, Record
from clew_schemas.definitions import listing


def author() -> str:
    """Return the name of the person at the keyboard."""
    return getpass.getuser()


@contextmanager
def opened(settings: Settings) -> Iterator[Local]:
    """Yield the house of these settings, closed again afterwards. Behind a log others do the work: it only asks.

    What was written is drawn, and what follows from it derived, before it closes: the next command finds all by name.
    """
    with House(settings, frozenset({Role.API}) if settings.log else EVERY_ROLE) as house:
        before = house.ledger.head_seq()
        yield Local(house)
        if house.freshness.catch_up is not None and house.ledger.head_seq() > before:
            house.catch_up()


class Local:
    """A house in this process."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._viewer = Viewer(author(), frozenset({"read", "write", "admin"}))

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        for record in records:
            if record.source.startswith(DERIVED):
                raise Forbidden(f"{record.source} is written by the house alone", where="source")
            order = "crawl" if not isinstance(record, Group) or record.crawl else "time"
            if record.source != STEWARD and record.source not in {each.name for each in self._house.ledger.sources()}:
                self.register(record.source, order=order, door="cli")
        return self._house.ledger.propose([_signed(record) for record in records])

    def register(self, name: str, *, order: Any, door: str, rank: int = 50) -> object:
        return self._house.ledger.register(Source(name, order, rank, door))

    def find(self, query: SearchQuery, within: Within = EVERYWHERE) -> dict[str, Any]:
        return self._house.questions.find(query, self._viewer, within=within).to_dict()

    def describe(self, name: str, as_of: str | None = None) -> dict[str, Any]:
        return self._house.questions.describe(name, self._viewer, as_of=as_of).to_dict()

    def lineage(
        self,
        name: str,
        direction: str,
        grain: str | None,
        indirect: bool,
        depth: int | None,
        as_of: str | None = None,
    ) -> dict[str, Any]:
        return self._house.questions.lineage(
            name,
            self._viewer,
            direction=Direction[direction.upper()],
            grain=Grain(grain) if grain else None,
            indirect=indirect,
            depth=depth,
            as_of=as_of,
        ).to_dict()

    def impact(self, name: str, change: str, named: int, as_of: str | None = None) -> dict[str, Any]:
        return self._house.questions.impact(name, ChangeKind(change), self._viewer, named=named, as_of=as_of).to_dict()

    def paths(
        self, start: str, end: str, grain: str | None, indirect: bool, most: int, as_of: str | None = None
    ) -> dict[str, Any]:
        return self._house.questions.paths(
            start,
            end,
            self._viewer,
            grain=Grain(grain) if grain else None,
            indirect=indirect,
            most=most,
            as_of=as_of,
        ).to_dict()

    def what_trained(self, name: str, most: int, as_of: str | None = None) -> dict[str, Any]:
        return self._house.questions.what_trained(name, self._viewer, most=most, as_of=as_of).to_dict()

    def reproduce(self, name: str, most: int, as_of: str | None = None) -> dict[str, Any]:
        return self._house.questions.reproduce(name, self._viewer, most=most, as_of=as_of).to_dict()

    def compare(self, a: str, b: str | None, a_at: str | None, b_at: str | None, most: int) -> dict[str, Any]:
        return self._house.questions.compare(a, b, self._viewer, a_at=a_at, b_at=b_at, most=most).to_dict()

    def diff(
        self, name: str, start: str, end: str | None, grain: str, indirect: bool, depth: int, most: int
    ) -> dict[str, Any]:
        return self._house.questions.diff(
            name,
            self._viewer,
            start=start,
            end=end,
            grain=Grain(grain),
            indirect=indirect,
            depth=depth,
            most=most,
        ).to_dict()

    def bottlenecks(self, name: str, runs: int) -> dict[str, Any]:
        return self._house.questions.bottlenecks(name, self._viewer, runs=runs).to_dict()

    def unused(self, days: int, kinds: Sequence[str], namespaces: Sequence[str], most: int) -> dict[str, Any]:
        return self._house.questions.unused(
            self._viewer, days=days, kinds=kinds, namespaces=namespaces, most=most
        ).to_dict()

    def sql(self, query: str, parameters: Mapping[str, Any], limit: int, seconds: float) -> dict[str, Any]:
        return self._house.questions.sql(
            query, self._viewer, parameters=parameters, limit=limit, seconds=seconds
        ).to_dict()

    def rebuild(self, views: Sequence[str]) -> list[dict[str, Any]]:
        return self._house.rebuild([view for view in ALL_VIEWS if view in views])

    def doctor(self, mend: bool) -> dict[str, Any]:
        return self._house.doctor(mend=mend)

    def backup(self) -> Iterator[bytes]:
        return self._house.backup()

    def export(self) -> Iterator[bytes]:
        return self._house.export()

    def sizes(self) -> dict[str, Any]:
        return self._house.sizes()

    def sweep(self) -> dict[str, int]:
        return self._house.sweep()

    def model(self) -> dict[str, Any]:
        return listing(self._house.ledger.registry.now())

    def sources(self) -> list[dict[str, Any]]:
        return [source._asdict() for source in self._house.ledger.sources()]

    def retire(self, name: str) -> dict[str, Any]:
        return _builtins(self._house.ledger.retire(name, author()))

    def set_public_key(self, name: str, key: bytes) -> None:
        self._house.ledger.set_public_key(name, key)

    def last_crawl(self, source: str) -> tuple[int, str] | None:
        return self._house.ledger.last_crawl(source)

    def edit(self, order: EditOrder) -> dict[str, Any]:
        return self._editing().edit(order).to_dict()

    def flow(self, order: FlowOrder) -> dict[str, Any]:
        return self._editing().flow(order).to_dict()

    def undo(self, order: UndoOrder) -> dict[str, Any]:
        return self._editing().undo(order).to_dict()

    def tree(self, kind: str) -> dict[str, Any]:
        return self._editing().tree(kind).to_dict()

    def grow(self, kind: str, order: GrowOrder) -> dict[str, Any]:
        return self._editing().grow(kind, order).to_dict()

    def fell(self, kind: str, order: FellOrder) -> dict[str, Any]:
        return self._editing().fell(kind, order).to_dict()

    def _editing(self) -> Editing:
        return Editing(self._house.questions, self.propose)

    def parked(self) -> list[dict[str, Any]]:
        return [parked._asdict() for parked in self._house.ledger.parked()]

    def replay(self, number: int) -> dict[str, Any]:
        return _builtins(self._house.replay(number))

    def drop(self, number: int) -> None:
        self._house.ledger.drop_parked(number)

    def tokens(self) -> list[dict[str, Any]]:
        rows = self._house.ledger.tokens()
        return [{name: value for name, value in row._asdict().items() if name != "hash"} for row in rows]

    def create_token(self, name: str, scopes: Sequence[Scope], source: str) -> dict[str, Any]:
        if name in {row.name for row in self._house.ledger.tokens()}:
            raise BadInput(f"a token {name!r} exists", hint="Choose another name, or revoke it first")
        secret, hashed = new_token()
        self._house.ledger.put_token(TokenRow(name, hashed, tuple(scopes), source, time.time_ns() // 1000, False))
        return {"name": name, "scopes": list(scopes), "source": source, "secret": secret}

    def revoke_token(self, name: str) -> None:
        row = next((each for each in self._house.ledger.tokens() if each.name == name), None)
        if row is None:
            raise NotFound(f"no token is called {name!r}", hint="See clew token list")
        self._house.ledger.put_token(row._replace(revoked=True))


def _signed(record: Record) -> Record:
    """Return a steward's group with the person at the keyboard as its author."""
    if isinstance(record, Group) and record.source == STEWARD:
        return msgspec.structs.replace(record, author=author())
    return record


def _builtins(receipt: Receipt) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.to_builtins(receipt)
    return said
