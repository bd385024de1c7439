"""Names and their numbers on PostgreSQL: given once, in transactions of their own before the head lock, never changed.

Numbers of names whose group was refused stay unused; nobody counts on numbers without gaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, LiteralString

from clew.ledger.postgres_link import Connection
from clew.ledger.postgres_tables import TAIL, urn_hash
from clew_schemas.urn import Urn, dataset_of

NameTable = Literal["aspect", "source"]

_CACHE = 500_000
"""URNs whose numbers are kept in memory; beyond that the cache starts anew."""

_ALL: dict[str, LiteralString] = {
    "aspect": "SELECT name, id FROM aspect",
    "source": "SELECT name, id FROM source",
}
_ADD_ASPECTS: LiteralString = (
    "INSERT INTO aspect (name) SELECT unnest(%s::text[]) ON CONFLICT (name) DO NOTHING RETURNING name, id"
)
_FIND: LiteralString = "SELECT urn, id FROM entity WHERE hash = ANY(%b::bytea[])"
_ADD: LiteralString = """
INSERT INTO entity (urn, hash, parent, tail)
SELECT * FROM unnest(%s::text[], %b::bytea[], %s::bigint[], %s::text[])
ON CONFLICT (hash) DO NOTHING RETURNING urn, id
"""


class Names:
    """The numbers that this process has met."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.numbers: dict[NameTable, dict[str, int]] = {"aspect": {}, "source": {}}

    def number(self, table: NameTable, name: str) -> int:
        """Return the number of an aspect or source that was met, else 0."""
        return self.numbers[table].get(name, 0)

    def remember(self, rows: Iterable[tuple[str, int]]) -> None:
        """Keep numbers of URNs."""
        if len(self.ids) > _CACHE:
            self.ids.clear()
        self.ids.update(rows)

    def met(self, urns: Iterable[str]) -> dict[str, int]:
        """Return the ids that were met; another thread may have all of them forgotten at any moment."""
        return {urn: number for urn in urns if (number := self.ids.get(urn))}

    def look_up(self, connection: Connection, urns: Iterable[str]) -> dict[str, int]:
        """Return the ids of URNs that have one."""
        wanted = dict.fromkeys(urns)
        found = self.met(wanted)
        missing = [urn for urn in wanted if urn not in found]
        if missing:
            rows = connection.execute(_FIND, ([urn_hash(urn) for urn in missing],)).fetchall()
            self.remember((row[0], row[1]) for row in rows)
            found.update((row[0], row[1]) for row in rows)
        return found

    def intern(self, connection: Connection, urns: Iterable[str]) -> dict[str, int]:
        """Return the ids of URNs, numbering those that have none; a dataset is among them if its columns are."""
        wanted = list(dict.fromkeys(urns))
        found = self.look_up(connection, wanted)
        missing = sorted(urn for urn in wanted if urn not in found)
        for kin in (False, True):
            # In one order everywhere, so that two writers that name the same things never wait for each other in turn.
            new = [urn for urn in missing if (dataset_of(urn) is not None) is kin]
            if new:
                found.update(self._add(connection, new, found))
        return found

    def _add(self, connection: Connection, urns: Sequence[str], known: dict[str, int]) -> dict[str, int]:
        parents = [known.get(dataset_of(urn) or "", 0) for urn in urns]
        tails = [tail_of(urn) for urn in urns]
        hashes = [urn_hash(urn) for urn in urns]
        rows = connection.execute(_ADD, (list(urns), hashes, parents, tails)).fetchall()
        self.remember((row[0], row[1]) for row in rows)
        return self.look_up(connection, urns)

    def intern_aspects(self, connection: Connection, names: Iterable[str]) -> None:
        """Number every aspect that has no number yet."""
        missing = sorted({name for name in names if not self.number("aspect", name)})
        if missing:
            self.meet(connection, "aspect")
            rows = connection.execute(_ADD_ASPECTS, ([name for name in missing if not self.number("aspect", name)],))
            self.numbers["aspect"].update((row[0], row[1]) for row in rows.fetchall())
            if any(not self.number("aspect", name) for name in missing):
                self.meet(connection, "aspect")

    def meet(self, connection: Connection, table: NameTable) -> None:
        """Read every aspect or source anew; there are few."""
        self.numbers[table].update((row[0], row[1]) for row in connection.execute(_ALL[table]).fetchall())


def tail_of(urn: str) -> str:
    """Return what an entity is found by: the last segment of its name, folded, its first characters."""
    return Urn.parse(urn).label.casefold()[:TAIL]
