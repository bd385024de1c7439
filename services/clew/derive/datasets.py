"""From names in SQL to datasets of the catalog, and to their columns as the ledger knows them now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clew.ledger import LedgerReader
from clew.ledger.port import DERIVED_SQL
from clew_schemas.resolve import resolve
from clew_schemas.urn import Urn, escape, make, segment, unescape


class Datasets(Mapping[str, Mapping[str, str]]):
    """The schema that SQL is read against: columns and types by dataset name, fetched when asked for.

    Names are looked up in one namespace; when nothing is spelt so, the one dataset that differs in case only. A name
    may also be a URN. `asked` gathers the URN of every dataset that was asked for, known or not. What the house itself
    derived of the columns of datasets in `made` is not told: it stands on what is being read.
    """

    def __init__(self, ledger: LedgerReader, namespace: str, folds: bool, made: frozenset[str] = frozenset()) -> None:
        self._ledger = ledger
        self._namespace = namespace
        self._folds = folds
        self._made = made
        self._urns: dict[str, str] = {}
        self.asked: set[str] = set()

    def urn_of(self, name: str) -> str:
        """Return the URN of the dataset that a name stands for."""
        if name.startswith("urn:"):
            return name
        if name not in self._urns:
            self._urns[name] = self._looked_up(name)
        return self._urns[name]

    def forget(self) -> None:
        """Forget which dataset a name stands for: another one may have come."""
        self._urns.clear()

    def known(self, name: str, database: str | None, schema: str | None) -> str | None:
        """Return the URN of the dataset that somebody has named so, the defaults put before it as far as they lack."""
        parts = name.split(".")
        defaults = [each for each in (database, schema) if each]
        for count in range(min(len(defaults), max(0, 3 - len(parts))), -1, -1):
            urn = self.urn_of(".".join([*defaults[len(defaults) - count :], *parts]))
            if self._ledger.ids([urn]) != [0]:
                return urn
        return None

    def __getitem__(self, name: str) -> Mapping[str, str]:
        urn = self.urn_of(name)
        self.asked.add(urn)
        columns = self._columns(urn, derived_too=urn not in self._made)
        if columns is None:
            raise KeyError(name)
        return columns

    def columns_of(self, urn: str) -> tuple[str, ...]:
        """Return the columns of a dataset in order, as somebody else than the house describes it; () if nobody does."""
        return tuple(self._columns(urn, derived_too=False) or ())

    def _columns(self, urn: str, *, derived_too: bool) -> dict[str, str] | None:
        (number,) = self._ledger.ids([urn])
        claims = self._ledger.claims([number], aspects=("schema",))[number].get("schema", ()) if number else ()
        claims = tuple(claim for claim in claims if derived_too or claim.source != DERIVED_SQL)
        schema = resolve(claims, self._ledger.registry.get("schema").resolution)
        if schema is None:
            return None
        top = [each for each in schema["columns"] if "." not in each["name"]]
        return {unescape(each["name"]): each.get("type") or "" for each in top}

    def __iter__(self) -> Iterator[str]:
        """Nothing: a catalog is asked, not listed."""
        return iter(())

    def __len__(self) -> int:
        return 0

    def _looked_up(self, name: str) -> str:
        exact = make("dataset", self._namespace, name)
        if self._ledger.ids([exact]) != [0] or not self._folds:
            return exact
        wanted = escape(name).casefold()
        found = [
            entity.urn
            for entity in self._ledger.find(name)
            if entity.kind == "dataset" and self._is(Urn.parse(entity.urn), wanted)
        ]
        return found[0] if len(found) == 1 else exact

    def _is(self, urn: Urn, wanted: str) -> bool:
        return urn.namespace == escape(self._namespace) and urn.name.casefold() == wanted


def column_path(name: str) -> str:
    """Return the escaped path of a column that SQL names."""
    return segment(name)
