"""A session of a log: what a statement builds on of those that ran before it."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from clew.derive.scripts import MOVES
from clew.derive.statements import Reading, Script, Setting, Statements

MOST_REMEMBERED = 100
"""Statements that write, of which a session keeps the last."""


class Ran(NamedTuple):
    """A statement in its session: its lineage, and the script by which it can be read again without the session.

    `alone` is its lineage where `temporary` tables are tables like any others. `replaced` are the scripts of statements
    that this one, a move, makes part of its own.
    """

    reading: Reading
    script: Script
    alone: Reading
    temporary: frozenset[str] = frozenset()
    replaced: tuple[Script, ...] = ()


class _Remembered(NamedTuple):
    text: str
    script: Script
    inputs: frozenset[str]
    outputs: frozenset[str]
    temporary: bool
    chosen: bool
    """It says which database or schema names mean from here on."""


class Session:
    """Statements of one connection, in the order they ran in."""

    def __init__(self) -> None:
        self._before: deque[_Remembered] = deque(maxlen=MOST_REMEMBERED)

    def copy(self) -> Session:
        """Return a session that goes on from here by itself."""
        other = Session()
        other._before.extend(self._before)
        return other

    def run(self, text: str, setting: Setting, statements: Statements) -> Ran:
        """Return what a statement does here, and remember it."""
        chosen = tuple(each.text for each in self._before if each.chosen)
        alone = _behind(chosen, text, setting, statements)
        names = {name for each in alone for name in (*each.inputs, *each.outputs)}
        moves = any(each.kind in MOVES for each in alone)
        built_on = self._built_on(names, moves=moves)
        if all(each.chosen for each in built_on):
            reading, texts = alone, (*chosen, text)
        else:
            before = tuple(each.text for each in built_on)
            reading, texts = _behind(before, text, setting, statements), (*before, text)
        script = Script(setting, texts)
        self._remember(text, script, reading)
        replaced = tuple(each.script for each in built_on if moves and not each.temporary and not each.chosen)
        temporary = frozenset(name for each in built_on if each.temporary for name in each.outputs)
        return Ran(reading, script, alone, temporary, replaced)

    def _built_on(self, names: set[str], *, moves: bool) -> list[_Remembered]:
        """Return the statements that made the temporary tables named, and of moved tables all that wrote them."""
        found: list[_Remembered] = []
        wanted = set(names)
        for each in reversed(self._before):
            if each.chosen:
                found.append(each)
            elif wanted & each.outputs and (each.temporary or moves):
                found.append(each)
                wanted |= each.inputs
        return found[::-1]

    def _remember(self, text: str, script: Script, reading: Reading) -> None:
        chosen = any(each.kind == "USE" for each in reading)
        outputs = frozenset(name for each in reading for name in each.outputs)
        if outputs or chosen:
            inputs = frozenset(name for each in reading for name in each.inputs)
            temporary = any(each.temporary for each in reading)
            self._before.append(_Remembered(text, script, inputs, outputs, temporary, chosen))


def _behind(before: tuple[str, ...], text: str, setting: Setting, statements: Statements) -> Reading:
    """Return the lineage of a statement that runs behind others."""
    if not before:
        return statements.of(Script(setting, (text,)))
    skipped = len(statements.of(Script(setting, before)))
    return statements.of(Script(setting, (*before, text)))[skipped:]
