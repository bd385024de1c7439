"""Changes followed through a project: each model that differs, or reads what differs, is read in both states.

Nothing is taken from a graph here: what a model names that is not there any more, and which of its columns mean
something else, follows from its SQL before and after, against the columns before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from clew.check.changes import STRENGTH, Certainty, Change, ChangeKind, Gap, Place, Step
from clew.check.project import Model, Project
from clew.check.reading import Side, is_open
from clew.check.statements import ColumnChange, Comparison, compare
from clew_schemas.urn import column as column_urn
from clew_schemas.urn import segment
from clew_sql import Lineage, SqlError

GONE: Final = (ChangeKind.DROPPED, ChangeKind.RENAMED)
NAMES: Final = frozenset({"unknown_column", "ambiguous_column"})
"""Reasons of `clew_sql` that keep a statement from running."""
LONGEST: Final = 300


@dataclass(slots=True)
class State:
    """What happens to one dataset. `rows`: every column may have other values; `whole`: it is gone, or not built."""

    columns: dict[str, Change] = field(default_factory=dict)
    rows: Change | None = None
    whole: Change | None = None

    def changes(self) -> Iterator[Change]:
        if self.whole is not None:
            yield self.whole
        if self.rows is not None:
            yield self.rows
        yield from self.columns.values()

    def of(self, column: str) -> Change | None:
        return self.columns.get(column.casefold())

    def put(self, change: Change) -> None:
        """Take a change of a column in; the stronger stays."""
        key = (change.column or change.after or "").casefold()
        known = self.columns.get(key)
        if known is None or STRENGTH[change.kind] > STRENGTH[known.kind]:
            self.columns[key] = change


@dataclass(frozen=True, slots=True)
class Effects:
    """All that happens: changes as written and as they follow, what could not be read, states by table."""

    changes: tuple[Change, ...]
    gaps: tuple[Gap, ...]
    states: Mapping[str, State]


def effects(before: Project, after: Project, seeds: Sequence[Change] = ()) -> Effects:
    """Return what the step from one state of a project to the other does; `seeds` happen to datasets it only reads."""
    return _Following(before, after, seeds).followed()


class _Following:
    def __init__(self, before: Project, after: Project, seeds: Sequence[Change]) -> None:
        self._before, self._after = before, after
        self._states: dict[str, State] = {}
        self._gaps: list[Gap] = [*after.gaps]
        self._harmless: list[Change] = []
        self._pairs = _paired(before, after)
        tables = {urn: table for table, urn in [*before.tables.items(), *after.tables.items()]}
        seeded = [(seed, tables.get(seed.dataset, seed.dataset)) for seed in [*seeds, *_of_stored(before, after)]]
        written = _written(before, after, self._pairs)
        touched = _touched(before, after, written | {table for _, table in seeded})
        self._old, self._new = Side(before, touched, frozenset()), Side(after, touched, written)
        for seed, table in seeded:
            self._seed(seed, table)

    def followed(self) -> Effects:
        lost = [gap for gap in self._after.gaps if gap.code in ("parse_error", "not_understood")]
        unread = {gap.place.file for gap in lost if gap.place is not None}
        for key, model in self._before.models.items():
            if key in self._pairs:
                continue
            kind, why = ChangeKind.DROPPED, f"{_last(model.table)} is not built any more"
            if model.file in unread:
                kind, why = ChangeKind.UNREAD, f"the file that built {_last(model.table)} is not understood"
            self._state(model.table).whole = Change(model.dataset, None, kind, why, Place(model.file))
        for model in _in_order(self._after):
            old = self._before.models.get(self._pairs_back().get(model.key, ""))
            if old is None:
                self._add(model)
            else:
                self._visit(old, model)
        changes = [change for state in self._states.values() for change in state.changes()]
        gaps = tuple(dict.fromkeys(self._gaps))
        return Effects((*changes, *self._harmless), gaps, self._states)

    def _pairs_back(self) -> dict[str, str]:
        return {new: old for old, new in self._pairs.items()}

    def _state(self, table: str) -> State:
        return self._states.setdefault(table, State())

    def _seed(self, seed: Change, table: str) -> None:
        state = self._state(table)
        if seed.column is not None or seed.kind == ChangeKind.ADDED:
            state.put(seed)
        elif seed.kind == ChangeKind.REMEANT:
            state.rows = seed
        else:
            state.whole = seed
        self._new.change(table, seed)

    def _add(self, model: Model) -> None:
        self._state(model.table).put(
            Change(model.dataset, None, ChangeKind.ADDED, f"{_last(model.table)} is new", Place(model.file))
        )
        broken = self._broken(model, self._read(self._new, model), frozenset())
        if broken is not None:
            self._state(model.table).whole = broken

    def _visit(self, old: Model, new: Model) -> None:
        if new.table != old.table:
            why = f"{_last(old.table)} is now called {new.table}"
            moved = Change(old.dataset, None, ChangeKind.RENAMED, why, Place(new.file), old.table, new.table)
            self._state(old.table).whole = moved
        reads = [table for table in dict.fromkeys((*old.inputs, *new.inputs)) if table in self._states]
        written = old.text != new.text or old.settings != new.settings
        if not written and not reads:
            if old.columns is not None:
                self._new.known[new.table] = old.columns
            return
        self._compare(old, new, written, reads)

    def _compare(self, old: Model, new: Model, written: bool, reads: Sequence[str]) -> None:
        place = _place(old, new)
        state = State()
        self._settings(old, new, state, place)
        if old.text is None or new.text is None:
            self._opaque(old, new, state, reads)
        else:
            self._texts(old, new, state, written, reads)
        if any(True for _ in state.changes()):
            self._merge(new.table, state)

    def _merge(self, table: str, state: State) -> None:
        """Several statements may build one table."""
        known = self._states.setdefault(table, state)
        if known is state:
            return
        known.whole = _stronger(known.whole, state.whole)
        known.rows = _stronger(known.rows, state.rows)
        for change in state.columns.values():
            known.put(change)

    def _settings(self, old: Model, new: Model, state: State, place: Place) -> None:
        names = sorted(
            name for name in {*old.settings, *new.settings} if old.settings.get(name) != new.settings.get(name)
        )
        if names:
            why = f"{', '.join(names)} of {_last(new.table)} changed: not proved to build the same"
            state.rows = Change(new.dataset, None, ChangeKind.REMEANT, why, place)

    def _opaque(self, old: Model, new: Model, state: State, reads: Sequence[str]) -> None:
        """What is no SQL is followed as a whole."""
        if (old.text is None) != (new.text is None):
            state.rows = Change(
                new.dataset, None, ChangeKind.REMEANT, f"{_last(new.table)} is built otherwise", Place(new.file)
            )
        strongest = max((c for table in reads for c in self._states[table].changes()),
                        key=lambda c: STRENGTH[c.kind], default=None)  # fmt: skip
        if strongest is not None and strongest.kind not in (ChangeKind.ADDED, ChangeKind.HARMLESS):
            why = f"{_last(new.table)} is no SQL that is read here, and reads what changes"
            kind = ChangeKind.REMEANT if strongest.kind == ChangeKind.REMEANT else ChangeKind.UNREAD
            state.whole = self._follows(new, None, kind, why, strongest, "ANY")

    def _texts(self, old: Model, new: Model, state: State, written: bool, reads: Sequence[str]) -> None:
        assert old.text is not None and new.text is not None
        renamed, moved = self._renames(reads)
        same = old.text == new.text and not renamed and not moved and self._reads_the_same(new)
        lineage = self._read(self._new, new)
        if same:
            self._old.take(old, lineage)
        if lineage is None:
            why = f"the SQL of {_last(new.table)} is not understood"
            state.whole = Change(new.dataset, None, ChangeKind.UNREAD, why, self._gaps[-1].place or Place(new.file))
            return
        problems = self._problems(self._read(self._old, old))
        state.whole = self._broken(new, lineage, problems) or self._upstream(new, lineage)
        found = Comparison(proved=True)
        if not same:
            found = compare(old.text, new.text, self._old.columns, self._new.columns, renamed, moved)
        if found.problem is not None:
            where = Place(new.file, found.problem.line, found.problem.column)
            self._gaps.append(Gap("not_compared", found.problem.what[:LONGEST], where, new.dataset))
        if not found.proved and (old.text.templated or new.text.templated):
            found = replace(found, columns=tuple(self._dropped_names(old, lineage)))
        self._differ(found, old, new, state, lineage, written)
        self._inherit(new, state, lineage)

    def _reads_the_same(self, model: Model) -> bool:
        """Whether the columns of all that a model reads have the names and types that they had."""
        return all(self._old.columns.get(table) == self._new.columns.get(table) for table in model.inputs)

    def _dropped_names(self, old: Model, lineage: Lineage) -> Iterator[ColumnChange]:
        """What a template gives is known by the names of its columns, where both states tell all of them."""
        before = self._read(self._old, old)
        if before is None or is_open(before) or is_open(lineage):
            return
        names = {each.name.casefold() for each in lineage.columns}
        yield from (ColumnChange(each.name, None) for each in before.columns if each.name.casefold() not in names)

    def _differ(self, found: Comparison, old: Model, new: Model, state: State, lineage: Lineage, written: bool) -> None:
        place = _place(old, new)
        if found.proved:
            if old.source != new.source and old.settings == new.settings:
                why = f"{_last(new.table)} is written differently and means the same"
                self._harmless.append(Change(new.dataset, None, ChangeKind.HARMLESS, why, place))
            return
        if old.text == new.text and state.whole is not None:
            return
        for each in found.columns:
            change = _column_change(new, each.before, each.after, each.types, place)
            state.put(change if written else self._cause(new, change, lineage))
        plain = not found.columns and not found.rows
        if (found.rows or plain) and state.rows is None and written:
            why = f"{_last(new.table)} is not proved to give the same rows"
            why = f"the columns of {_last(new.table)} stand in another order" if plain else why
            why += "" if old.source != new.source else ": what its macros, variables or ephemeral models become changed"
            state.rows = Change(new.dataset, None, ChangeKind.REMEANT, why, place)

    def _cause(self, new: Model, change: Change, lineage: Lineage) -> Change:
        """A change that nobody wrote here: through `*`, say. It follows from one upstream of the same kind."""
        for table in lineage.inputs:
            state = self._states.get(table)
            cause = state.of(change.column or change.after or "") if state is not None else None
            if cause is not None:
                made = self._follows(new, change.column or change.after, change.kind, change.why, cause, "IDENTITY")
                return replace(made, before=change.before, after=change.after, place=None)
        return replace(change, certainty=Certainty.FOLLOWS)

    def _inherit(self, new: Model, state: State, lineage: Lineage) -> None:
        """Columns whose own expression is what it was, over values that are not."""
        if state.rows is None:
            state.rows = self._rows_above(new, lineage)
        for column in lineage.columns:
            if state.of(column.name) is not None:
                continue
            for source in column.sources:
                cause = self._cause_of(source.table, source.column)
                if cause is None or cause.kind not in (ChangeKind.REMEANT, ChangeKind.RETYPED, ChangeKind.UNREAD):
                    continue
                if source.presence:
                    continue
                kind = cause.kind
                if kind == ChangeKind.RETYPED and source.transformation != "IDENTITY":
                    kind = ChangeKind.REMEANT
                why = f"{column.name} is made of {_last(source.table)}.{source.column}"
                state.put(self._follows(new, column.name, kind, why, cause, str(source.transformation)))
            for influence in column.influences:
                cause = self._cause_of(influence.table, influence.column or "")
                if cause is not None and cause.kind == ChangeKind.REMEANT and not influence.presence:
                    why = f"{_last(influence.table)}.{influence.column} decides about {column.name}"
                    state.put(self._follows(new, column.name, cause.kind, why, cause, str(influence.subtype)))

    def _rows_above(self, new: Model, lineage: Lineage) -> Change | None:
        for table in lineage.inputs:
            state = self._states.get(table)
            if state is not None and state.rows is not None:
                return self._follows(
                    new, None, ChangeKind.REMEANT, f"its rows come from {_last(table)}", state.rows, "ROWS"
                )
        for influence in lineage.rows:
            cause = self._cause_of(influence.table, influence.column or "")
            if cause is not None and cause.kind == ChangeKind.REMEANT and not influence.presence:
                why = f"{_last(influence.table)}.{influence.column} decides which rows there are"
                return self._follows(new, None, ChangeKind.REMEANT, why, cause, str(influence.subtype))
        return None

    def _cause_of(self, table: str, column: str) -> Change | None:
        state = self._states.get(table)
        return state.of(column) if state is not None else None

    def _broken(self, model: Model, lineage: Lineage | None, before: frozenset[str]) -> Change | None:
        """Return why a model's SQL can't run: it names what is not there."""
        if lineage is None:
            return None
        for table, column in _named(lineage):
            state = self._states.get(table)
            if state is None:
                continue
            whole = state.whole
            if whole is not None and whole.kind in GONE and table not in self._tables_after():
                why = f"it reads {_last(table)}, which is {whole.kind}"
                return self._follows(model, None, ChangeKind.BROKEN, why, whole, "USE")
            cause = state.of(column) if column else None
            if cause is not None and cause.kind in GONE:
                why = f"it names {_last(table)}.{column}, which is {cause.kind}"
                why += f" to {cause.after}" if cause.after else ""
                return self._follows(model, None, ChangeKind.BROKEN, why, cause, "USE")
        new = sorted(self._problems(lineage) - before)
        if not new:
            return None
        detail = new[0]
        for table in lineage.inputs:
            state = self._states.get(table)
            for cause in state.columns.values() if state is not None else ():
                if cause.kind in GONE and cause.column and cause.column.casefold() in detail.casefold():
                    why = f"it names {_last(table)}.{cause.column}, which is {cause.kind}"
                    why += f" to {cause.after}" if cause.after else ""
                    return self._follows(model, None, ChangeKind.BROKEN, why, cause, "USE")
        return Change(model.dataset, None, ChangeKind.BROKEN, detail[:LONGEST], Place(model.file))

    def _tables_after(self) -> set[str]:
        return {model.table for model in self._after.models.values()}

    def _upstream(self, model: Model, lineage: Lineage) -> Change | None:
        for table in lineage.inputs:
            state = self._states.get(table)
            whole = state.whole if state is not None else None
            if whole is not None and whole.kind in (ChangeKind.BROKEN, ChangeKind.UNREAD):
                said = "is not built" if whole.kind == ChangeKind.BROKEN else "is not understood"
                why = f"it reads {_last(table)}, which {said}"
                return self._follows(model, None, whole.kind, why, whole, "USE")
        return None

    def _problems(self, lineage: Lineage | None) -> frozenset[str]:
        return frozenset(each.detail for each in lineage.unresolved if each.code in NAMES) if lineage else frozenset()

    def _renames(self, reads: Iterable[str]) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
        renamed: dict[str, dict[str, str]] = {}
        moved = {}
        for table in reads:
            state = self._states[table]
            for each in state.columns.values():
                if each.kind == ChangeKind.RENAMED and each.column and each.after:
                    renamed.setdefault(table, {})[each.column] = each.after
            if state.whole is not None and state.whole.kind == ChangeKind.RENAMED and state.whole.after:
                moved[table] = state.whole.after
        return renamed, moved

    def _read(self, side: Side, model: Model) -> Lineage | None:
        try:
            lineage = side.lineage(model)
        except SqlError as error:
            if side is self._new:
                where = Place(model.file, error.line, error.column)
                self._gaps.append(Gap("parse_error", error.what[:LONGEST], where, model.dataset))
            return None
        if side is self._new and lineage is not None:
            told = [each for each in lineage.unresolved if each.code not in NAMES]
            for each in told[:3]:
                self._gaps.append(Gap(each.code, each.detail[:LONGEST], Place(model.file), model.dataset))
        return lineage

    def _follows(self, model: Model, column: str | None, kind: ChangeKind, why: str, cause: Change, how: str) -> Change:
        start = _urn(
            cause.dataset, cause.after if cause.kind == ChangeKind.RENAMED and cause.column is None else cause.column
        )
        step = Step(start if cause.column else cause.dataset, _urn(model.dataset, column), model.job, how)
        place = Place(model.file) if kind == ChangeKind.BROKEN else None
        return Change(
            model.dataset, column, kind, why, place, certainty=Certainty.FOLLOWS, path=(*cause.path, step)
        )  # fmt: skip


def _place(old: Model, new: Model) -> Place:
    """Return the first line that is not what it was; no line where the file is the same."""
    if old.source == new.source:
        return Place(new.file)
    before, after = old.source.splitlines(), new.source.splitlines()
    same = next(
        (at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    return Place(new.file, max(1, min(same + 1, len(after))))


def _stronger(first: Change | None, second: Change | None) -> Change | None:
    if first is None or second is None:
        return first or second
    return second if STRENGTH[second.kind] > STRENGTH[first.kind] else first


def _written(before: Project, after: Project, pairs: Mapping[str, str]) -> frozenset[str]:
    """Return the tables of models that are not written as they were."""
    found = {model.table for key, model in before.models.items() if key not in pairs}
    found |= {model.table for key, model in after.models.items() if key not in pairs.values()}
    for old, new in pairs.items():
        one, other = before.models[old], after.models[new]
        if one.text != other.text or one.settings != other.settings or one.table != other.table:
            found |= {one.table, other.table}
    return frozenset(found)


def _touched(before: Project, after: Project, written: frozenset[str]) -> frozenset[str]:
    """Return the tables whose columns may not be what they were: of what is written, and of all that reads such."""
    found = set(written)
    for model in _in_order(after):
        if found.intersection(model.inputs):
            found.add(model.table)
    for model in _in_order(before):
        if found.intersection(model.inputs):
            found.add(model.table)
    return frozenset(found)


def _paired(before: Project, after: Project) -> dict[str, str]:
    """Return the key after by the key before; a model of another name that builds the same table is the same."""
    pairs = {key: key for key in before.models if key in after.models}
    by_table = {model.table: key for key, model in after.models.items() if key not in pairs}
    for key, model in before.models.items():
        if key not in pairs and model.table in by_table:
            pairs[key] = by_table[model.table]
    return pairs


def _in_order(project: Project) -> list[Model]:
    """Return the models, each after what it reads; of a circle some come in the order of their names."""
    by_table = {model.table: model for model in project.models.values()}
    done: dict[str, Model] = {}
    for first in sorted(project.models):
        waiting = [(project.models[first], False)]
        open_: set[str] = set()
        while waiting:
            model, ready = waiting.pop()
            if model.key in done:
                continue
            if ready:
                done[model.key] = model
                continue
            if model.key in open_:
                continue
            open_.add(model.key)
            waiting.append((model, True))
            waiting += [(by_table[table], False) for table in reversed(model.inputs) if table in by_table]
    return list(done.values())


def _of_stored(before: Project, after: Project) -> Iterator[Change]:
    """Yield what happens to tables that the project only reads, where both states know their columns."""
    for table, old in before.stored.items():
        new = after.stored.get(table)
        dataset = after.tables.get(table) or before.tables.get(table)
        if not old or not new or dataset is None:
            continue
        for name, kind in old.items():
            if name not in new:
                yield Change(dataset, name, ChangeKind.DROPPED, f"{_last(table)}.{name} is not in the catalog any more")
            elif new[name] != kind and new[name] and kind:
                why = f"{_last(table)}.{name} was {kind}, is {new[name]}"
                yield Change(dataset, name, ChangeKind.RETYPED, why, None, kind, new[name])


def _column_change(
    model: Model, before: str | None, after: str | None, types: tuple[str, str] | None, place: Place
) -> Change:
    name = _last(model.table)
    if before is None:
        return Change(model.dataset, None, ChangeKind.ADDED, f"{name}.{after} is new", place, None, after)
    if after is None:
        return Change(model.dataset, before, ChangeKind.DROPPED, f"{name}.{before} is dropped", place)
    if before != after:
        return Change(
            model.dataset, before, ChangeKind.RENAMED, f"{name}.{before} is renamed to {after}", place, before, after
        )
    if types is not None:
        why = f"{name}.{before} was {types[0]}, is {types[1]}"
        return Change(model.dataset, before, ChangeKind.RETYPED, why, place, *types)
    return Change(model.dataset, before, ChangeKind.REMEANT, f"{name}.{before} is made otherwise", place)


def _named(lineage: Lineage) -> Iterator[tuple[str, str | None]]:
    """Yield every table and column that a statement names, tables first, each once."""
    yield from ((table, None) for table in lineage.inputs)
    found = {(source.table, source.column) for column in lineage.columns for source in column.sources}
    found |= {(each.table, each.column or "") for column in lineage.columns for each in column.influences}
    found |= {(each.table, each.column or "") for each in lineage.rows}
    yield from sorted(found)


def _last(table: str) -> str:
    return table.rstrip(")").rsplit(".", 1)[-1]


def _urn(dataset: str, column: str | None) -> str:
    return dataset if column is None else column_urn(dataset, segment(column))
