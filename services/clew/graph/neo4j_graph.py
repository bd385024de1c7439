"""The graph in a Neo4j: nodes with the ledger's ids, live edges as `EDGE`, closed intervals as `WAS`."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import Self, TypeVar

from neo4j import ManagedTransaction

from clew.graph import neo4j_reading as reading
from clew.graph import neo4j_schema as schema
from clew.graph import neo4j_writing as writing
from clew.graph.neo4j_link import Link
from clew.graph.neo4j_reading import Disturbed, Look
from clew.graph.neo4j_schema import Gone, Held
from clew.graph.port import Direction, EdgeItem, Edges, GraphChange, Ids, Interval, Nodes, Position
from clew_schemas.errors import Conflict, Locked, Stale, Unreachable

T = TypeVar("T")
log = logging.getLogger(__name__)

SWEEP_AT = 5_000
"""Closed edges that may stand in the way among the live ones."""
_TRIES = 10


class Neo4jGraph:
    """A `Graph` in a Neo4j database, of which several houses, processes and threads may be users at once.

    Every commit applied is durable. Writers take turns by a lock in the database; of two that apply the same commits,
    one passes them over. Readers wait for nobody, but for a key that is being mended. A graph that was opened follows
    the generation in force, also when another process puts a new one in force; one made by `fresh` is the new one.
    """

    name = "Neo4j"

    def __init__(self, link: Link, generation: int, *, follows: bool) -> None:
        self._link = link
        self._generation = generation
        self._follows = follows
        self._told: dict[int, int] = {}
        """The highest seq that somebody could know of each generation, for writers that follow to another one."""
        self._closed = False
        link.hold()
        self._release = weakref.finalize(self, link.release)

    @classmethod
    def open(cls, url: str, *, patience: float = 30.0) -> Self:
        """Open the graph that `bolt://user:password@host:port/database?graph=name` names; make it if there is none.

        Database and name may be left out. A server that is away is asked again for `patience` seconds. Raises
        Unreachable then, Forbidden for a wrong password, BadInput for a bad URL or if a newer Clew laid the database
        out.
        """
        link = Link(url)
        link.hold()
        try:
            link.connect(patience)
            schema.migrate(link)
            number = schema.current(link)
            if number is None:
                number = schema.enthrone_first(link, schema.begin(link))
            return cls(link, number, follows=True)
        finally:
            link.release()

    def position(self) -> Position:
        """Return how far the graph has come, and readers with it."""
        number, position = self._read(lambda tx, number: (number, reading.position(tx, number)))
        self._tell(number, position.seq)
        return position

    def apply(self, epoch: str, changes: Sequence[GraphChange]) -> None:
        """Take whole commits, in portions of one transaction each.

        Raises Stale if the graph was redrawn meanwhile and has not come as far as the commits follow on.
        """
        for portion in writing.portions(changes):
            self._write(partial(self._apply, epoch=epoch, changes=portion))
            before = self._write(writing.publish)
            self._tell(before.number, before.seq)
            if before.unswept >= SWEEP_AT:
                self._undisturbed(writing.sweep)

    def expand(self, ids: Ids, direction: Direction, types: frozenset[int], as_of: int | None = None) -> Edges:
        """Return the edges that leave the `ids`."""
        return self._look(lambda look: reading.expand(look, ids, direction, types, as_of))

    def closure(self, ids: Ids, direction: Direction, types: frozenset[int], max_depth: int | None = None) -> Ids:
        """Return what `expand`, repeated, reaches now, sorted, without the `ids` themselves: in one question.

        The server searches breadth-first from each of the `ids` apart: it is quicker than `expand` for few of them.
        """
        return self._look(lambda look: reading.closure(look, ids, direction, types, max_depth))

    def nodes(self, ids: Ids) -> Nodes:
        """Return what the graph keeps of these entities."""
        return self._look(lambda look: reading.nodes(look, ids))

    def keys(self) -> dict[tuple[int, int], bytes]:
        """Return the digest of every key that has edges now; writers wait meanwhile."""
        return self._locked_look(reading.keys)

    def edges_of(self, carrier: int, aspect: int) -> frozenset[EdgeItem]:
        """Return the edges that stand for one key, as the relationships in Neo4j say."""
        return self._look(lambda look: reading.edges_of(look, carrier, aspect))

    def replace(self, carrier: int, aspect: int, intervals: Sequence[Interval], digest: bytes) -> None:
        """Make these intervals all there is for a key."""
        key = (carrier, aspect)
        self._undisturbed(partial(writing.write_key, key=key, intervals=intervals, digest=digest))

    def dump(self) -> Edges:
        """Return every interval, live and closed."""
        return self._look(reading.dump)

    def save(self) -> None:
        """Nothing: what was applied is durable."""

    def fresh(self) -> Neo4jGraph:
        """Return an empty graph in a generation beside. What an earlier rebuild left, or one that still runs, goes."""
        self._check_open()
        for leftover in schema.doom_leftovers(self._link):
            schema.drop(self._link, leftover)
        return type(self)(self._link, schema.begin(self._link), follows=False)

    def promote(self) -> None:
        """Put this graph in force, in one transaction, for every process; then delete its predecessor.

        If the server goes away while it deletes, the rest is left to the next `fresh`.
        """
        self._check_open()
        try:
            old = schema.enthrone(self._link, self._generation)
        except Gone:
            raise self._overtaken() from None
        self._follows = True
        if old is not None:
            try:
                schema.drop(self._link, old)
            except Unreachable as error:
                log.warning("generation %s of the graph is out of use but not deleted yet: %s", old, error)

    def close(self) -> None:
        """Let go of the connections, when no other graph made from this one uses them."""
        self._closed = True
        self._release()

    def _apply(self, tx: ManagedTransaction, held: Held, epoch: str, changes: Sequence[GraphChange]) -> None:
        if any(seq > held.seq for number, seq in self._told.items() if number != held.number):
            self._told = {held.number: held.seq}
            raise Stale(
                f"the graph was redrawn and stands at {held.seq}", where=self._link.where, hint="Go on from there"
            )
        writing.write_commits(tx, held, epoch, changes)

    def _tell(self, number: int, seq: int) -> None:
        self._told[number] = max(seq, self._told.get(number, 0))

    def _look(self, ask: Callable[[Look], T]) -> T:
        """Read at one position; under the writers' lock if something can't be read beside them."""
        try:
            return self._read(lambda tx, number: ask(Look(tx, number)))
        except Disturbed:
            return self._locked_look(ask)

    def _locked_look(self, ask: Callable[[Look], T]) -> T:
        return self._write(lambda tx, held: ask(Look(tx, held.number, locked=True)))

    def _read(self, work: Callable[[ManagedTransaction, int], T]) -> T:
        return self._in_force(lambda number: self._link.read(lambda tx: work(tx, number)))

    def _write(self, work: Callable[[ManagedTransaction, Held], T]) -> T:
        return self._in_force(lambda number: self._link.write(lambda tx: work(tx, schema.hold(tx, number))))

    def _undisturbed(self, work: Callable[[ManagedTransaction, Held], None]) -> None:
        """Do what a reader must not see half of, between an odd turn and an even one.

        If this process dies in between, readers wait for the lock until somebody applies or mends again.
        """

        def checked(tx: ManagedTransaction, held: Held) -> bool:
            if held.turn == turn:
                work(tx, held)
            return held.turn == turn

        for _ in range(_TRIES):
            turn = self._write(partial(writing.set_turn, odd=True))
            try:
                if self._write(checked):
                    return
            finally:
                self._write(partial(writing.set_turn, odd=False))
        raise Locked("other writers never leave the graph alone", where=self._link.where, hint="Try again")

    def _in_force(self, work: Callable[[int], T]) -> T:
        """Do `work` on this graph's generation, or on the one in force if that took its place."""
        self._check_open()
        for _ in range(_TRIES):
            try:
                return work(self._generation)
            except Gone:
                self._follow()
        raise Stale("the graph is redrawn faster than it is read", where=self._link.where, hint="Try again")

    def _follow(self) -> None:
        number = schema.current(self._link) if self._follows else None
        if number is None:
            raise self._overtaken()
        self._generation = number

    def _overtaken(self) -> Conflict:
        return Conflict(
            "this graph was dropped while it was drawn: another rebuild began",
            where=self._link.where,
            hint="Let one rebuild at a time run",
        )

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError("the graph is closed")
