"""What is asked of a generation in Neo4j, so that the answer is one consistent state though Neo4j keeps no snapshots.

A transaction of Neo4j sees what others commit while it runs, and even half of it. But an edge says from when until
when it stood, and the position that readers are shown moves after the commits up to it are all there: so reading *as of
that position* is reading one state, whatever is written meanwhile, and no reader waits for a writer. What can't be
told by seq (a key mended, closed edges swept out of the way) makes `turn` odd first, does its work, and makes it even:
a reader who finds it odd or changed reads again, under the writer's lock. That a node's chain of relationships changed
under a reader is noticed by Neo4j, which has the transaction repeated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from neo4j import ManagedTransaction

from clew.graph.neo4j_link import run
from clew.graph.neo4j_schema import Gone, found_by_id, found_by_key
from clew.graph.port import COLUMNS, FOREVER, NO_EDGES, Direction, EdgeItem, Edges, Ids, Nodes, Position, joined

EXPAND_CHUNK = 5_000
"""Nodes whose edges come in one record."""
NODES_CHUNK = 20_000

_STATE = """
MATCH (g:ClewGeneration {number: $generation})
RETURN g.state AS state, g.epoch AS epoch, g.seen AS seen
"""


class Disturbed(Exception):
    """Something that a reader must not see half of went on meanwhile."""


class Look:
    """One attempt to read a generation at one position, by as many statements as it takes.

    Raises Gone if the generation is out of use, Disturbed if the attempt has to be repeated under the lock.
    """

    def __init__(self, tx: ManagedTransaction, generation: int, *, locked: bool = False) -> None:
        self.generation = generation
        self.seen: int | None = None
        """The position that this look is at, once something was asked."""
        self._tx = tx
        self._turn: int | None = None
        self._locked = locked
        """Whether the transaction holds the writers' lock, so that nothing can be disturbed."""

    def ask(self, body: str, at: int | None = None, **parameters: Any) -> list[list[Any]]:
        """Run `body`, which reads as of the seq `at` and returns a list of `columns`; None is the position.

        A statement of its own checks that nothing was disturbed: the last MATCH can't be answered before `columns` is.
        """
        wanted = min(FOREVER if each is None else each for each in (at, self.seen))
        found = run(self._tx, framed(body), generation=self.generation, wanted=wanted, **parameters)
        if found is None or found["state"] == "dropped":
            raise Gone
        if not self._locked and self._disturbed(found["before"], found["after"]):
            raise Disturbed
        if self.seen is None:
            self.seen = found["seen"]
        return list(found["columns"])

    def _disturbed(self, before: int, after: int) -> bool:
        if self._turn is None:
            self._turn = before
        return bool(before % 2) or not self._turn == before == after


def framed(body: str) -> str:
    """Return the whole statement around what is asked: the position before it, a check behind it."""
    return f"""
    MATCH (g:ClewGeneration {{number: $generation}})
    WITH g.seen AS seen, g.turn AS before, CASE WHEN $wanted < g.seen THEN $wanted ELSE g.seen END AS at
    CALL (at) {{ {body} }}
    MATCH (h:ClewGeneration {{number: $generation + 0 * size(columns)}})
    RETURN h.state AS state, seen, before, h.turn AS after, columns
    """


def position(tx: ManagedTransaction, generation: int) -> Position:
    """Return how far readers are shown this generation."""
    found = run(tx, _STATE, generation=generation)
    if found is None or found["state"] == "dropped":
        raise Gone
    return Position(found["epoch"], found["seen"]) if found["seen"] else Position("", 0)


def expand(look: Look, ids: Ids, direction: Direction, types: frozenset[int], as_of: int | None) -> Edges:
    """Return the edges of these types that leave the `ids`, now or as of a seq."""
    wanted = np.unique(ids)
    if not len(wanted) or not types:
        return NO_EDGES
    body = expand_body(look.generation, direction, past=as_of is not None)
    parts = [
        _edges(look, look.ask(body, as_of, ids=chunk.tolist(), types=sorted(types)))
        for chunk in _chunks(wanted, EXPAND_CHUNK)
    ]
    found = joined(parts)
    return found if as_of is None else _once(found)


def expand_body(generation: int, direction: Direction, *, past: bool) -> str:
    """Return what is asked for the edges that leave `ids`. Each closed edge is among the past ones from its close on,
    and among the others until it is swept: it can come twice."""
    pattern = f"-[r:{'EDGE|WAS' if past else 'EDGE'}]-"
    ends = f"(n){pattern}>(m)" if direction == Direction.DOWN else f"(m){pattern}>(n)"
    return f"""
    UNWIND $ids AS id {found_by_id(generation)} MATCH {ends}
    WHERE r.type IN $types AND r.since <= at AND r.until > at
    RETURN {_columns(direction)} AS columns
    """


def closure(look: Look, ids: Ids, direction: Direction, types: frozenset[int], depth: int | None) -> Ids:
    """Return what can be reached now from the `ids` by edges of these types, in so many steps, without the `ids`."""
    wanted = np.unique(ids)
    if not len(wanted) or not types or depth == 0:
        return wanted[:0]
    (reached,) = look.ask(closure_body(look.generation, direction, depth), ids=wanted.tolist(), types=sorted(types))
    return np.setdiff1d(np.array(reached, np.int64), wanted)


def closure_body(generation: int, direction: Direction, depth: int | None) -> str:
    """Return what is asked for a closure. That only distinct ends count lets the planner search breadth-first, each
    node once; it would enumerate every path otherwise, and there are more paths than atoms."""
    reach = f"[rs:EDGE*1..{'' if depth is None else depth}]"
    ends = f"(n)-{reach}->(m)" if direction == Direction.DOWN else f"(n)<-{reach}-(m)"
    return f"""
    UNWIND $ids AS id {found_by_id(generation)} MATCH {ends}
    WHERE all(r IN rs WHERE r.type IN $types AND r.since <= at AND r.until > at)
    WITH DISTINCT m RETURN [collect(m.id)] AS columns
    """


def nodes(look: Look, ids: Ids) -> Nodes:
    """Return what is kept of these entities, in their order."""
    wanted, place = np.unique(ids, return_inverse=True)
    kind = np.zeros(len(wanted), object)
    kind[:] = ""
    parent, policy_class = np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.int64)
    body = f"""
    UNWIND $ids AS id {found_by_id(look.generation)} WITH id, n WHERE n.kind IS NOT NULL
    RETURN [collect(id), collect(n.kind), collect(n.parent), collect(n.class)] AS columns
    """
    for chunk in _chunks(wanted, NODES_CHUNK):
        found, kinds, parents, classes = look.ask(body, ids=chunk.tolist())
        rows = np.searchsorted(wanted, np.array(found, np.int64))
        kind[rows], parent[rows], policy_class[rows] = kinds, parents, classes
    return Nodes(kind.astype(np.str_)[place], parent[place], policy_class[place])


def keys(look: Look) -> dict[tuple[int, int], bytes]:
    """Return the digest of every key that has edges now. To be asked under the lock: a digest has no seq."""
    carriers, aspects, digests = look.ask(
        f"""
        MATCH (k:K{look.generation}) WHERE k.digest IS NOT NULL
        RETURN [collect(k.carrier), collect(k.aspect), collect(k.digest)] AS columns
        """
    )
    return dict(zip(zip(carriers, aspects, strict=True), map(bytes, digests), strict=True))


def edges_of(look: Look, carrier: int, aspect: int) -> frozenset[EdgeItem]:
    """Return the edges that stand for one key, found by what they say themselves."""
    (items,) = look.ask(
        f"""
        {found_by_key("EDGE", "$carrier", "$aspect")}
        AND r.since <= at AND r.until > at
        RETURN [collect([n.id, m.id, r.type, r.subtype, r.confidence, r.source])] AS columns
        """,
        label=f"N{look.generation}",
        carrier=carrier,
        aspect=aspect,
    )
    return frozenset(EdgeItem(*item) for item in items)


def dump(look: Look) -> Edges:
    """Return every interval as it is known at the position."""
    (known,) = look.ask(f"MATCH (n:N{look.generation}) RETURN [collect(n.id)] AS columns")
    body = f"""
    UNWIND $ids AS id {found_by_id(look.generation)} MATCH (n)-[r:EDGE|WAS]->(m) WHERE r.since <= at
    RETURN {_columns(Direction.DOWN)} AS columns
    """
    chunks = _chunks(np.sort(np.array(known, np.int64)), EXPAND_CHUNK)
    return _once(joined([_edges(look, look.ask(body, ids=chunk.tolist())) for chunk in chunks]))


def _columns(direction: Direction) -> str:
    """Return a list of lists in the order of `Edges`; what is said of an edge is collected, not made into a record."""
    src, dst = ("n.id", "m.id") if direction == Direction.DOWN else ("m.id", "n.id")
    said = ("type", "subtype", "confidence", "carrier", "aspect", "source", "since", "until")
    return "[" + ", ".join(f"collect({each})" for each in (src, dst, *(f"r.{name}" for name in said))) + "]"


def _edges(look: Look, columns: list[list[int]]) -> Edges:
    """Return columns as arrays. A close after the position of this look is not known to it."""
    kinds = (getattr(NO_EDGES, name).dtype for name in COLUMNS)
    found = Edges(*(np.array(said, kind) for said, kind in zip(columns, kinds, strict=True)))
    found.until[found.until > (look.seen or 0)] = FOREVER
    return found


def _once(edges: Edges) -> Edges:
    """Return each interval once, though a closed edge may have come twice."""
    columns = [getattr(edges, name) for name in COLUMNS]
    order = np.lexsort(columns)
    again = np.ones(len(order), np.bool_)
    for column in columns:
        again[1:] &= column[order][1:] == column[order][:-1]
    again[:1] = False
    return edges.where(order[~again])


def _chunks(values: Ids, size: int) -> list[Ids]:
    return [values[start : start + size] for start in range(0, len(values), size)]
