"""How much reading one text may take.

A short text can stand for an endless amount of work: queries of which each selects all columns of the one before
twice, or a pivot over every combination of a dozen lists. So the steps that time and memory grow with are counted: a
column made, a source merged into a value, a table looked through. The count is the same on every machine, and so is
what becomes of a text.
"""

from typing import Final

OF_STATEMENT: Final = 2_000_000
"""Steps that one statement may take."""
OF_TEXT: Final = 10_000_000
"""Steps that the statements of one text may take together."""


class TooMuch(Exception):
    """A statement stands for more than is read."""


class Effort:
    """Counts the steps of a text, statement by statement."""

    def __init__(self) -> None:
        self.taken = 0
        """Steps since the text began."""
        self._most = OF_STATEMENT

    def begin(self) -> None:
        """Begin the next statement."""
        self._most = min(self.taken + OF_STATEMENT, OF_TEXT)

    def spend(self, steps: int) -> None:
        """Take steps before they are made. Raises `TooMuch`, and takes none, when they are too many."""
        if self.taken + steps > self._most:
            raise TooMuch(f"it takes more than {OF_STATEMENT:,} steps, or its text more than {OF_TEXT:,}")
        self.taken += steps
