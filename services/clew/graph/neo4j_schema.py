"""What Clew keeps in a Neo4j besides nodes and edges: a format, graphs by name, and their generations.

    (:ClewMeta {id, format, generations})        one a database: how it is laid out, the highest number given
    (:ClewGraph {name, current})                 one a house: the number of the generation in force
    (:ClewGeneration {number, graph, state, epoch, seq, seen, turn, unswept})

A generation is a whole graph: its nodes bear a label of its own, `N<number>`, its keys `K<number>`, and `C<number>` in
addition where a closed edge waits to be swept. Community has one database, so that a rebuild goes beside in the next
generation. `seq` is what was applied, `seen` is what readers are shown; `turn` is odd while readers must wait.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from neo4j import ManagedTransaction

from clew.graph.neo4j_link import Link, run
from clew_schemas.errors import BadInput

FORMAT = 1
"""Goes up with every migration; older code refuses what a newer one laid out."""

MIGRATIONS: dict[int, tuple[str, ...]] = {
    1: (
        "CREATE CONSTRAINT clew_meta IF NOT EXISTS FOR (m:ClewMeta) REQUIRE m.id IS UNIQUE",
        "CREATE CONSTRAINT clew_graph IF NOT EXISTS FOR (c:ClewGraph) REQUIRE c.name IS UNIQUE",
        "CREATE CONSTRAINT clew_generation IF NOT EXISTS FOR (g:ClewGeneration) REQUIRE g.number IS UNIQUE",
        "CREATE INDEX clew_edge IF NOT EXISTS FOR ()-[r:EDGE]-() ON (r.carrier)",
        "CREATE INDEX clew_was IF NOT EXISTS FOR ()-[r:WAS]-() ON (r.carrier)",
        "CALL db.awaitIndexes(300)",
        "MERGE (m:ClewMeta {id: 'clew'}) ON CREATE SET m.generations = 0",
    ),
}
"""For each format the statements that lead to it from the one before. Each may run again, or beside another house."""

_BATCH = 5000
"""Nodes that are deleted in one transaction."""


class Gone(Exception):
    """The generation is not in force any more, nor being drawn: whoever asked it asks the one in force."""


class Held(NamedTuple):
    """A generation as the transaction that holds its lock finds it."""

    number: int
    epoch: str
    seq: int
    turn: int
    unswept: int


def migrate(link: Link) -> None:
    """Lay the database out, if need be; raises BadInput if a newer Clew did."""
    found = link.read(_format)
    if found > FORMAT:
        raise BadInput(
            f"the graph's database has format {found}, this Clew knows {FORMAT}",
            where=link.where,
            hint="Use the newer Clew, or give this one a database of its own",
        )
    for number in range(found + 1, FORMAT + 1):
        for statement in MIGRATIONS[number]:
            link.alone(statement)
        link.alone("MATCH (m:ClewMeta) WHERE coalesce(m.format, 0) < $number SET m.format = $number", number=number)


def current(link: Link) -> int | None:
    """Return the number of the generation in force; None if the graph was never opened."""

    def ask(tx: ManagedTransaction) -> int | None:
        found = run(tx, "MATCH (c:ClewGraph {name: $name}) RETURN c.current AS current", name=link.graph)
        return found["current"] if found else None

    return link.read(ask)


def begin(link: Link) -> int:
    """Make an empty generation, in force for nobody yet; return its number."""
    number = link.write(lambda tx: _numbered(tx, link.graph))
    link.alone(f"CREATE CONSTRAINT clew_n{number} IF NOT EXISTS FOR (n:N{number}) REQUIRE n.id IS UNIQUE")
    link.alone(
        f"CREATE CONSTRAINT clew_k{number} IF NOT EXISTS FOR (k:K{number}) REQUIRE (k.carrier, k.aspect) IS UNIQUE"
    )
    return number


def enthrone_first(link: Link, number: int) -> int:
    """Put a graph's first generation in force, unless another house was quicker; return the one in force."""
    return link.write(lambda tx: _put_in_force(tx, link.graph, number, replace=False))[0]


def enthrone(link: Link, number: int) -> int | None:
    """Put a generation in force, at once for everybody; return the one that was. Raises Gone if it was dropped."""
    return link.write(lambda tx: _put_in_force(tx, link.graph, number, replace=True))[1]


def doom_leftovers(link: Link) -> list[int]:
    """Take all generations that are not in force out of use, those that somebody still draws too; return them."""

    def doom(tx: ManagedTransaction) -> list[int]:
        found = run(
            tx,
            """
            MATCH (c:ClewGraph {name: $name}) SET c.locked = true
            WITH c MATCH (g:ClewGeneration {graph: $name}) WHERE g.number <> c.current
            SET g.state = 'dropped' RETURN collect(g.number) AS numbers
            """,
            name=link.graph,
        )
        return list(found["numbers"]) if found else []

    return link.write(doom)


def drop(link: Link, number: int) -> None:
    """Delete a generation that was taken out of use, in portions; to be repeated if it ends half-way."""
    for label in (f"N{number}", f"K{number}"):
        link.alone(f"MATCH (n:{label}) CALL (n) {{ DETACH DELETE n }} IN TRANSACTIONS OF {_BATCH} ROWS")
    link.alone(f"DROP CONSTRAINT clew_n{number} IF EXISTS")
    link.alone(f"DROP CONSTRAINT clew_k{number} IF EXISTS")
    link.alone("MATCH (g:ClewGeneration {number: $number}) DELETE g", number=number)


def hold(tx: ManagedTransaction, number: int) -> Held:
    """Take the lock of a generation until the transaction ends; raises Gone if it is out of use.

    The lock is the one that Neo4j takes on a node to be changed, and it lasts until the change is all there.
    """
    found = run(
        tx,
        """
        MATCH (g:ClewGeneration {number: $number}) SET g.locked = true
        WITH g RETURN g.state AS state, g.epoch AS epoch, g.seq AS seq, g.turn AS turn, g.unswept AS unswept
        """,
        number=number,
    )
    if found is None or found["state"] == "dropped":
        raise Gone
    return Held(number, found["epoch"], found["seq"], found["turn"], found["unswept"])


def found_by_id(number: int, node: str = "n", value: str = "id") -> str:
    """Return how a statement finds a node. The hint keeps the planner, to whom a new generation looks empty, from
    scanning, and it is no error where the generation was dropped."""
    return f"MATCH ({node}:N{number} {{id: {value}}}) USING INDEX SEEK {node}:N{number}(id)"


def found_by_key(kind: str, carrier: str, aspect: str) -> str:
    """Return how a statement finds the relationships of a key, those of this generation among those of others.

    The label is asked for in a form that the planner can't take for a reason to scan a generation's nodes.
    """
    return f"""
    MATCH (n)-[r:{kind}]->(m) USING INDEX SEEK r:{kind}(carrier)
    WHERE r.carrier = {carrier} AND r.aspect = {aspect} AND $label IN labels(n)
    """


def _format(tx: ManagedTransaction) -> int:
    found = run(tx, "MATCH (m:ClewMeta) RETURN max(coalesce(m.format, 0)) AS format")
    return (found["format"] if found else None) or 0


def _numbered(tx: ManagedTransaction, graph: str) -> int:
    found = run(
        tx,
        """
        MATCH (m:ClewMeta {id: 'clew'}) SET m.locked = true
        SET m.generations = m.generations + 1
        CREATE (g:ClewGeneration {number: m.generations, graph: $graph, state: 'building',
                                  epoch: '', seq: 0, seen: 0, turn: 0, unswept: 0})
        RETURN g.number AS number
        """,
        graph=graph,
    )
    assert found is not None
    return int(found["number"])


def _put_in_force(tx: ManagedTransaction, graph: str, number: int, *, replace: bool) -> tuple[int, int | None]:
    """Return the generation in force from now on, and the one before."""
    found = run(tx, "MERGE (c:ClewGraph {name: $name}) SET c.locked = true WITH c RETURN c.current AS old", name=graph)
    old: int | None = found["old"] if found else None
    if old == number:
        return number, None
    if old is not None and not replace:
        return old, old
    hold(tx, number)
    _set_state(tx, number, "current")
    if old is not None:
        hold(tx, old)
        _set_state(tx, old, "dropped")
    run(tx, "MATCH (c:ClewGraph {name: $name}) SET c.current = $number", name=graph, number=number)
    return number, old


def _set_state(tx: ManagedTransaction, number: int, state: str) -> None:
    parameters: dict[str, Any] = {"number": number, "state": state}
    run(tx, "MATCH (g:ClewGeneration {number: $number}) SET g.state = $state", **parameters)
