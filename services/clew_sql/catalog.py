"""Which dataset a name in the SQL stands for, and which columns that dataset has."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from clew_sql.effort import Effort
from clew_sql.flow import Flow, Trace
from clew_sql.gaps import AMBIGUOUS_TABLE, UNKNOWN_TABLE, Gaps
from clew_sql.lineage import CERTAIN, ONLY_CHOICE
from clew_sql.names import Name, Names
from clew_sql.relations import Field, Relation, Rest

Schema = Mapping[str, Mapping[str, str]]

SHARD: Final = re.compile(r"_(\d{8}|\d{0,8}\*)$")
DECORATOR: Final = re.compile(r"[$@][-\w]+$")
PARTS: Final = 16
"""A name of more parts is no table's that anybody could have told of: it is looked up nowhere."""


class Dataset(NamedTuple):
    """A stored table: its full name and, if its schema is known, its columns in order."""

    name: str
    columns: tuple[str, ...] | None
    kinds: tuple[str, ...] = ()


class Catalog:
    """Answers for the tables that a statement names; the schema is asked for those only.

    A name is looked up by `schema.get` under the spellings the dialect allows. If that finds nothing, a plain `dict` is
    searched once for a key that differs in case or is more qualified; any other mapping is never iterated.
    """

    def __init__(
        self,
        names: Names,
        gaps: Gaps,
        effort: Effort,
        schema: Schema,
        default_db: str | None,
        default_schema: str | None,
        bindings: Mapping[str, str] | None,
    ) -> None:
        self._names = names
        self._gaps = gaps
        self._effort = effort
        self._schema = schema
        self._defaults: tuple[str | None, str | None] = (default_db, default_schema)
        self._shards = names.dialect == "bigquery"
        self._bindings = {name.lower(): dataset for name, dataset in (bindings or {}).items()}
        self._by_tail: dict[str, list[str]] | None = None
        self._learnt: dict[str, Dataset] = {}
        self._held: dict[str, Relation] = {}
        self._relations: dict[str, Relation] = {}

    def bound(self, name: str) -> Dataset | None:
        """The dataset that a binding gives to a CTE or file of that name."""
        dataset = self._bindings.get(name.lower())
        return self._known(dataset) if dataset is not None else None

    def dataset(self, parts: Sequence[Name]) -> Dataset:
        """The dataset that a table name means, bindings first, then the schema, else the name with defaults."""
        stored = self._stored(self.filled(parts), parts)
        series = _series(stored.name) if self._shards else None
        return stored if series is None else stored._replace(name=series)

    def _stored(self, full: list[Name], parts: Sequence[Name]) -> Dataset:
        if len(full) > PARTS:
            return Dataset(".".join(p.shown for p in full), None)
        for drop in range(len(full)):
            joined = ".".join(p.key for p in full[drop:]).lower()
            if self._may_drop(full, drop) and joined in self._bindings:
                return self._known(self._bindings[joined])
        found = self._found(full) or self._in_database(parts) or self._of_series(full)
        return found or Dataset(".".join(p.shown for p in full), None)

    def _of_series(self, full: Sequence[Name]) -> Dataset | None:
        """A date shard or wildcard, whose columns the schema has under the name of the series or of any shard."""
        series = _series(full[-1].text) if self._shards else None
        if series is None or series == full[-1].text:
            return None
        return self._found([*full[:-1], self._names.plain(series)])

    def relation(self, dataset: Dataset) -> Relation:
        """The relation that reading a stored table gives; shared by all places that read it."""
        held = self._held.get(dataset.name)
        if held is not None:
            return held
        found = self._relations.get(dataset.name)
        if found is None:
            found = self._relations[dataset.name] = self._read(dataset)
        return found

    def learn(self, dataset: str, columns: Sequence[str]) -> None:
        """A statement made this table: later ones of the same script may read it."""
        self._effort.spend(len(columns))
        self._learnt[dataset.lower()] = Dataset(dataset, tuple(columns))
        self._relations.pop(dataset, None)

    def forget(self, dataset: str) -> None:
        """A statement dropped this table: what a schema says of it no longer holds."""
        self._learnt[dataset.lower()] = Dataset(dataset, None)
        self._held.pop(dataset, None)
        self._relations.pop(dataset, None)

    def hold(self, dataset: str, relation: Relation) -> None:
        """A statement made this temporary table: later ones read through it to what it was made of."""
        self.learn(dataset, [f.name for f in relation.fields])
        self._held[dataset] = relation

    def held(self, dataset: str) -> Relation | None:
        """What a temporary table of this script is made of so far."""
        return self._held.get(dataset)

    def use(self, db: str | None, schema: str | None) -> None:
        """From here on names are completed with these."""
        self._defaults = (db or self._defaults[0], schema)
        self._relations.clear()

    def filled(self, parts: Sequence[Name]) -> list[Name]:
        """The parts of a table name with the defaults put before them, as far as they are given."""
        full = list(parts)
        for default in reversed(self._defaults[: max(0, 3 - len(parts))]):
            if default is None:
                break
            full.insert(0, self._names.plain(default))
        return full

    def _in_database(self, parts: Sequence[Name]) -> Dataset | None:
        """`db.table`, which DuckDB allows where there is no schema of that name."""
        schema = self._defaults[1]
        if len(parts) != 2 or schema is None:
            return None
        return self._found([parts[0], self._names.plain(schema), parts[1]])

    def _known(self, name: str) -> Dataset:
        return self._found([self._names.plain(part) for part in name.split(".")]) or Dataset(name, None)

    def _found(self, full: Sequence[Name]) -> Dataset | None:
        """The schema's entry for a full name, which may be keyed without the parts that are defaults."""
        for drop in range(len(full)):
            if not self._may_drop(full, drop):
                break
            for key in dict.fromkeys(_spellings(full[drop:], self._names.insensitive)):
                found = self._listed(key, ".".join([*(p.shown for p in full[:drop]), key]))
                if found.columns is not None:
                    return found
        return self._searched(full)

    def _listed(self, key: str, name: str) -> Dataset:
        """What the script has learnt of a table, else what the schema says under `key`."""
        learnt = self._learnt.get(name.lower())
        if learnt is not None:
            return learnt
        columns = self._schema.get(key)
        # a table listed without columns is one whose columns nobody has listed
        return Dataset(name, tuple(columns), tuple(columns.values())) if columns else Dataset(name, None)

    def _may_drop(self, full: Sequence[Name], drop: int) -> bool:
        """A key may leave out what is the default anyway, or what no default contradicts."""
        defaults = self._defaults[len(self._defaults) - (len(full) - 1) :] if len(full) > 1 else ()
        given = zip(full[:drop], defaults, strict=False)
        return all(d is None or self._names.stored(d).lower() == n.key.lower() for n, d in given)

    def _searched(self, full: Sequence[Name]) -> Dataset | None:
        if type(self._schema) is not dict:
            return None
        joined = ".".join(p.key for p in full)
        exact = not self._names.insensitive and not any(p.loose for p in full)
        self._effort.spend(1 + len(self._tails().get(full[-1].key.lower(), ())))
        keys = [key for key in self._tails().get(full[-1].key.lower(), ()) if self._means(key, joined, exact)]
        if self._shards and len(keys) > 1:
            # shards of one series have one schema: the newest tells it
            keys = sorted(keys)[-1:]
        if len(keys) > 1:
            self._gaps.add(AMBIGUOUS_TABLE, f"{joined} may be any of {', '.join(sorted(keys))}")
        if len(keys) != 1:
            return None
        prefix = [p.shown for p in full[: max(0, len(full) - len(keys[0].split(".")))]]
        return self._listed(keys[0], ".".join([*prefix, keys[0]]))

    def _means(self, key: str, joined: str, exact: bool) -> bool:
        return _same(_series(key) or key if self._shards else key, joined, exact)

    def _tails(self) -> dict[str, list[str]]:
        if self._by_tail is None:
            self._by_tail = {}
            for key in self._schema:
                tail = key.rsplit(".", 1)[-1].lower()
                if self._shards:
                    tail = _series(tail) or tail
                self._by_tail.setdefault(tail, []).append(key)
        return self._by_tail

    def _read(self, dataset: Dataset) -> Relation:
        name, columns, kinds = dataset
        if columns is None:
            rest = Rest(lambda column: self._supposed(name, column), UNKNOWN_TABLE, f"columns of {name}")
            return Relation([], (rest,), inputs={name})
        self._effort.spend(len(columns))
        fields = [
            _field(name, c, self._names.stored(c), CERTAIN, kind)
            for c, kind in zip_longest(columns, kinds, fillvalue="")
        ]
        return Relation(fields, inputs={name})

    def _supposed(self, table: str, column: Name) -> Field:
        return _field(table, column.shown, column.key, ONLY_CHOICE)


def _field(table: str, column: str, key: str, confidence: float, kind: str = "") -> Field:
    return Field(column, key, Flow({(table, column): Trace(0, False, False, confidence)}), None, kind)


def _series(name: str) -> str | None:
    """`events_yyyymmdd` for `events_20200131`, `events_2020*` and `events_*`; decorators behind `$` or `@` left out."""
    plain = DECORATOR.sub("", name)
    shard = SHARD.sub("_yyyymmdd", plain)
    return shard if shard != name else None


def _spellings(parts: Sequence[Name], insensitive: bool) -> Iterator[str]:
    yield ".".join(p.shown for p in parts)
    if insensitive or any(p.loose for p in parts):
        yield ".".join(p.text for p in parts)
        yield ".".join(p.key.lower() if insensitive or p.loose else p.key for p in parts)
        yield ".".join(p.key.upper() if insensitive or p.loose else p.key for p in parts)


def _same(key: str, joined: str, exact: bool) -> bool:
    """Whether one of two dotted names is the other or ends in it."""
    if not exact:
        key, joined = key.lower(), joined.lower()
    return key == joined or key.endswith("." + joined) or joined.endswith("." + key)
