"""A relation while a statement is read: its columns with what they are made of, and what decides its rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlglot import exp

from clew_sql.flow import Flow, Indirect
from clew_sql.names import Name

PATHS: Final = (exp.Column, exp.Dot, exp.Bracket, exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract)
"""Syntax that reaches into a value and changes nothing."""


class Field(NamedTuple):
    """A column of a relation.

    `expression` is the syntax that made the value, None for a column of a stored table. `kind` is the type in the
    schema's words.
    """

    name: str
    key: str
    flow: Flow
    expression: exp.Expr | None = None
    kind: str = ""

    @property
    def plain(self) -> bool:
        """Nothing but a column or a field in one, so that a path into it is a path into its source."""
        return self.expression is None or isinstance(self.expression, PATHS)


class Rest(NamedTuple):
    """Columns of a relation that nobody has listed, because some schema is not known.

    `supply` answers what a column of a given name would be made of, None where it cannot be there.
    """

    supply: Callable[[Name], Field | None]
    code: str
    detail: str


def sourceless(name: Name) -> Field:
    """A column that must be there, made of we do not know what."""
    return Field(name.shown, name.key, Flow())


@dataclass(slots=True)
class Relation:
    """Columns in order, what is not listed, what decides the rows, and the stored tables it reads.

    `catch` answers a qualified reference that no column answers: the fields of an unnested struct.
    """

    fields: list[Field]
    rests: tuple[Rest, ...] = ()
    rows: Indirect = field(default_factory=dict)
    inputs: set[str] = field(default_factory=set)
    catch: Field | None = None
    _index: dict[str, Field] | None = None
    _coarse: dict[str, Field] | None = None

    def find(self, name: Name) -> Field | None:
        """The listed column of that name; the first if several have it."""
        if self._index is None:
            self._index = {f.key: f for f in reversed(self.fields)}
        found = self._index.get(name.key)
        if found is None and name.loose:
            if self._coarse is None:
                self._coarse = {f.key.lower(): f for f in reversed(self.fields)}
            return self._coarse.get(name.key.lower())
        return found

    def widened(self) -> None:
        """Columns were added: look them up anew."""
        self._index = self._coarse = None

    def guess(self, name: Name) -> Field | None:
        """A column nobody listed, if exactly one unlisted part of the relation can have it."""
        offers = [offer for rest in self.rests if (offer := rest.supply(name)) is not None]
        return offers[0] if len(offers) == 1 else None

    def supply(self, name: Name) -> Field | None:
        """Listed or guessed."""
        return self.find(name) or self.guess(name)

    def with_fields(self, fields: Iterable[Field]) -> "Relation":
        """The same rows under other columns."""
        return Relation(list(fields), self.rests, self.rows, self.inputs, self.catch)

    def renamed(self, names: list[Name]) -> "Relation":
        """The first columns renamed, as `AS t(a, b)` does."""
        if not names:
            return self
        head = [f._replace(name=n.shown, key=n.key) for f, n in zip(self.fields, names, strict=False)]
        return self.with_fields(head + self.fields[len(head) :])
