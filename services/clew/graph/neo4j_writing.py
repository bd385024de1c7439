"""How commits become changes of a generation in Neo4j: worked out here, against the edges that stand there, and
written with the position in one transaction, whose lock keeps other writers out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from neo4j import ManagedTransaction

from clew.graph.neo4j_link import run
from clew.graph.neo4j_schema import Held, found_by_id, found_by_key
from clew.graph.port import FOREVER, EdgeItem, GraphChange, Interval, KeyEdges

Key = tuple[int, int]
Row = list[Any]

WEIGHT = 5_000
"""Nodes and edges that one transaction takes, but for a single commit that has more."""
_ROWS = 5_000
"""Rows that one statement takes."""


class Stands(NamedTuple):
    """A live edge: since when, and by what names Neo4j knows it; none, as it is not there yet."""

    since: int
    stored: tuple[str, ...] = ()


Standing = dict[Key, dict[EdgeItem, Stands]]


@dataclass(slots=True)
class Batch:
    """What commits do, row by row. `opened` and `past` edges are new, the past ones were closed in the same batch."""

    nodes: dict[int, Row] = field(default_factory=dict)
    opened: list[Row] = field(default_factory=list)
    past: list[Row] = field(default_factory=list)
    closed: list[Row] = field(default_factory=list)
    """What Neo4j calls an edge, and until when it stood."""
    digests: dict[Key, bytes | None] = field(default_factory=dict)
    """None for a key that has no edges any more."""
    swept: set[Key] = field(default_factory=set)
    """Keys with closed edges, which stay among the live ones until they are swept."""

    def ends(self) -> set[int]:
        """Return the ends of new edges of which nothing else is said."""
        return {end for row in (*self.opened, *self.past) for end in row[:2]} - self.nodes.keys()


def portions(changes: Sequence[GraphChange]) -> Iterator[Sequence[GraphChange]]:
    """Yield commits in portions of one transaction each, whole and in order; at least one, even of no commits."""
    start, weight = 0, 0
    for at, change in enumerate(changes):
        more = len(change.nodes) + sum(len(key.edges) for key in change.keys)
        if at > start and weight + more > WEIGHT:
            yield changes[start:at]
            start, weight = at, 0
        weight += more
    yield changes[start:]


def plan(standing: Standing, changes: Iterable[GraphChange]) -> Batch:
    """Work out what commits do to keys of which these edges stand; `standing` holds what stands after them then."""
    batch = Batch()
    for change in changes:
        for node in change.nodes:
            batch.nodes[node.id] = [node.id, node.urn, node.kind, node.parent, node.policy_class]
        for said in {(each.carrier, each.aspect): each for each in change.keys}.values():
            _say(batch, standing, said, change.seq)
    for key, held in standing.items():
        batch.opened += [_row(edge, key, stands.since, FOREVER) for edge, stands in held.items() if not stands.stored]
    return batch


def _say(batch: Batch, standing: Standing, said: KeyEdges, seq: int) -> None:
    key = (said.carrier, said.aspect)
    held = standing.setdefault(key, {})
    for edge in held.keys() - said.edges:
        stands = held.pop(edge)
        batch.closed += [[name, seq] for name in stands.stored]
        if stands.stored:
            batch.swept.add(key)
        else:
            batch.past.append(_row(edge, key, stands.since, seq))
    held.update({edge: Stands(seq) for edge in said.edges - held.keys()})
    batch.digests[key] = said.digest if said.edges else None


def _row(edge: EdgeItem, key: Key, since: int, until: int) -> Row:
    return [edge.src, edge.dst, edge.type, edge.subtype, edge.confidence, *key, edge.source, since, until]


def write_commits(tx: ManagedTransaction, held: Held, epoch: str, changes: Sequence[GraphChange]) -> None:
    """Write the commits above the position, and the position; raises ValueError for another epoch."""
    if held.epoch not in ("", epoch):
        raise ValueError(f"the graph is of epoch {held.epoch!r}, the commits are of {epoch!r}")
    pending = [change for change in changes if change.seq > held.seq]
    if not pending:
        return
    touched = {(key.carrier, key.aspect) for change in pending for key in change.keys}
    batch = plan(_standing(tx, held.number, touched), pending)
    _write_nodes(tx, held.number, batch)
    _write_edges(tx, held.number, batch)
    _write_keys(tx, held.number, batch)
    run(
        tx,
        """
        MATCH (g:ClewGeneration {number: $generation})
        SET g.epoch = $epoch, g.seq = $seq, g.unswept = g.unswept + $closed
        """,
        generation=held.number,
        epoch=epoch,
        seq=pending[-1].seq,
        closed=len(batch.closed),
    )


def publish(tx: ManagedTransaction, held: Held) -> Held:
    """Show readers what was applied, all of which is there once the lock is had; return the generation as it was."""
    run(
        tx,
        "MATCH (g:ClewGeneration {number: $generation}) SET g.seen = g.seq, g.turn = g.turn + g.turn % 2",
        generation=held.number,
    )
    return held


def set_turn(tx: ManagedTransaction, held: Held, *, odd: bool) -> int:
    """Make the turn odd, so that readers wait, or even; return it."""
    turn = held.turn + (held.turn % 2 != odd)
    text = "MATCH (g:ClewGeneration {number: $generation}) SET g.turn = $turn"
    run(tx, text, generation=held.number, turn=turn)
    return turn


def sweep(tx: ManagedTransaction, held: Held) -> None:
    """Delete the closed edges that are still among the live ones; the intervals are kept among the past ones."""
    number = held.number
    closed = f"""
    MATCH (k:C{number})
    CALL (k) {{ {found_by_key("EDGE", "k.carrier", "k.aspect")} AND r.until < $forever DELETE r }}
    """
    run(tx, closed, label=f"N{number}", forever=FOREVER)
    run(tx, f"MATCH (k:C{number}) WHERE k.digest IS NULL DELETE k")
    run(tx, f"MATCH (k:C{number}) REMOVE k:C{number}")
    run(tx, "MATCH (g:ClewGeneration {number: $generation}) SET g.unswept = 0", generation=number)


def write_key(tx: ManagedTransaction, held: Held, key: Key, intervals: Sequence[Interval], digest: bytes) -> None:
    """Put these intervals in place of all that is there for a key."""
    for kind in ("EDGE", "WAS"):
        text = f"{found_by_key(kind, '$carrier', '$aspect')} DELETE r"
        run(tx, text, label=f"N{held.number}", carrier=key[0], aspect=key[1])
    batch = Batch()
    for edge, since, until in {each for each in intervals if each.since < each.until}:
        rows = batch.opened if until == FOREVER else batch.past
        rows.append(_row(edge, key, since, until))
    batch.digests[key] = digest if batch.opened else None
    _write_nodes(tx, held.number, batch)
    _write_edges(tx, held.number, batch)
    _write_keys(tx, held.number, batch)


def _standing(tx: ManagedTransaction, number: int, keys: set[Key]) -> Standing:
    """Return the live edges of these keys, as they are in Neo4j."""
    standing: Standing = {key: {} for key in keys}
    text = f"""
    UNWIND $rows AS key
    CALL (key) {{
        {found_by_key("EDGE", "key[0]", "key[1]")} AND r.until = $forever
        RETURN collect([n.id, m.id, r.type, r.subtype, r.confidence, r.source, r.since, elementId(r)]) AS edges
    }}
    RETURN collect([key, edges]) AS found
    """
    for rows in _slices(sorted(keys)):
        found = run(tx, text, rows=rows, label=f"N{number}", forever=FOREVER)
        for key, edges in found["found"] if found else ():
            held = standing[key[0], key[1]]
            for *item, since, name in edges:
                edge = EdgeItem(*item)
                known = held.get(edge, Stands(since))
                held[edge] = Stands(min(since, known.since), (*known.stored, name))
    return standing


def _write_nodes(tx: ManagedTransaction, number: int, batch: Batch) -> None:
    said = f"""
    UNWIND $rows AS row MERGE (n:N{number} {{id: row[0]}})
    SET n.urn = row[1], n.kind = row[2], n.parent = row[3], n.class = row[4]
    """
    _each(tx, said, batch.nodes.values())
    _each(tx, f"UNWIND $rows AS id MERGE (:N{number} {{id: id}})", batch.ends())


def _write_edges(tx: ManagedTransaction, number: int, batch: Batch) -> None:
    for kind, rows in (("EDGE", batch.opened), ("WAS", batch.past)):
        new = f"""
        UNWIND $rows AS row
        {found_by_id(number, "n", "row[0]")} {found_by_id(number, "m", "row[1]")}
        CREATE (n)-[:{kind} {{type: row[2], subtype: row[3], confidence: row[4], carrier: row[5], aspect: row[6],
                              source: row[7], since: row[8], until: row[9]}}]->(m)
        """
        _each(tx, new, rows)
    closed = """
    UNWIND $rows AS row MATCH (n)-[r:EDGE]->(m) WHERE elementId(r) = row[0]
    SET r.until = row[1]
    CREATE (n)-[w:WAS]->(m) SET w = properties(r)
    """
    _each(tx, closed, batch.closed)


def _write_keys(tx: ManagedTransaction, number: int, batch: Batch) -> None:
    known = [[*key, digest] for key, digest in batch.digests.items() if digest is not None]
    gone = [[*key] for key, digest in batch.digests.items() if digest is None]
    place = "{carrier: row[0], aspect: row[1]}"
    _each(tx, f"UNWIND $rows AS row MERGE (k:K{number} {place}) SET k.digest = row[2]", known)
    _each(tx, f"UNWIND $rows AS row MERGE (k:K{number} {place}) SET k:C{number}", [[*key] for key in batch.swept])
    _each(tx, f"UNWIND $rows AS row MATCH (k:K{number} {place}) SET k:C{number} REMOVE k.digest", gone)


def _each(tx: ManagedTransaction, text: str, values: Iterable[Any]) -> None:
    """Run a statement for so many rows at a time; not at all for none."""
    for rows in _slices(list(values)):
        run(tx, text, rows=rows)


def _slices(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), _ROWS):
        yield rows[start : start + _ROWS]
