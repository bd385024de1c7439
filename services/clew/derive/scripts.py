"""What a script leaves behind: temporary tables are read through, what was built aside and moved has its last name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from clew_sql import Influence, Lineage, Source

RENAME, SWAP = "RENAME", "SWAP"
MOVES = frozenset({RENAME, SWAP})
"""Kinds of statements that give tables other names."""


def settled(statements: Iterable[Lineage]) -> list[Lineage]:
    """Return what of a script's statements lasts, in order.

    A table that the script itself writes and then renames or swaps is written under its last name; a move of one that
    it did not write stays a statement. Statements that write temporary tables are gone, those that write none stay.
    """
    found: list[Lineage] = []
    swapped: Lineage | None = None
    for each in statements:
        if each.kind == SWAP and swapped is None:
            swapped = each
        elif each.kind == SWAP and swapped is not None:
            found = _swapped(found, swapped, each)
            swapped = None
        elif each.kind == RENAME and _moves(each):
            found = _moved(found, each)
        else:
            found.append(each)
    lasting = [each for each in found if not each.temporary]
    return [*lasting, swapped] if swapped is not None else lasting


def _moves(each: Lineage) -> bool:
    return len(each.inputs) == 1 and len(each.outputs) == 1


def _moved(found: Sequence[Lineage], move: Lineage) -> list[Lineage]:
    (old,), (new,) = move.inputs, move.outputs
    if not any(old in each.outputs for each in found):
        return [*found, move]
    return [renamed(each, {old: new}) if each.kind not in MOVES else each for each in found]


def _swapped(found: Sequence[Lineage], one: Lineage, other: Lineage) -> list[Lineage]:
    """Each of the two is written as the other was; the one that the script did not write takes what the other had."""
    names = {one.inputs[0]: one.outputs[0], other.inputs[0]: other.outputs[0]} if _moves(one) and _moves(other) else {}
    written = {name for each in found for name in each.outputs}
    kept = [move for move in (one, other) if not set(move.inputs) & written]
    return [*(renamed(each, names) for each in found), *kept]


def renamed(statement: Lineage, names: Mapping[str, str]) -> Lineage:
    """Return the statement with tables under other names."""

    def source(each: Source) -> Source:
        return replace(each, table=names.get(each.table, each.table))

    def influence(each: Influence) -> Influence:
        return replace(each, table=names.get(each.table, each.table))

    return replace(
        statement,
        inputs=tuple(sorted({names.get(each, each) for each in statement.inputs})),
        outputs=tuple(sorted({names.get(each, each) for each in statement.outputs})),
        columns=tuple(
            replace(
                column,
                sources=tuple(map(source, column.sources)),
                influences=tuple(map(influence, column.influences)),
            )
            for column in statement.columns
        ),
        rows=tuple(map(influence, statement.rows)),
    )
