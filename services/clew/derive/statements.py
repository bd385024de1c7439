"""Statements of a log, each distinct text read once: cached by text and by the schemas that it asked for."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import NamedTuple

import clew_sql
from clew.derive.datasets import Datasets
from clew.ledger import LedgerReader
from clew_sql import Lineage, SqlError

EXACT_CASE = frozenset({"bigquery", "clickhouse", "mysql"})
"""Dialects in which two tables may differ in case only."""
KEPT = 20_000
"""Texts whose reading is kept."""
BULK = 2_000
"""Texts from which on it pays to have other processes read them."""
_PORTION = 100

Columns = Mapping[str, str]


class Setting(NamedTuple):
    """What completes the names in a statement."""

    dialect: str
    namespace: str
    database: str | None
    schema: str | None


class Script(NamedTuple):
    """A statement behind those of its session that it builds on."""

    setting: Setting
    texts: tuple[str, ...]

    @property
    def sql(self) -> str:
        return ";\n".join(self.texts)


Reading = tuple[Lineage, ...]


class Statements:
    """Reads scripts against the ledger's schemas, each once until a schema changes that it asked for."""

    def __init__(self, ledger: LedgerReader, workers: int | None = None) -> None:
        self._ledger = ledger
        # one core stays for who waits: on two, the second process costs more memory than it saves time
        self._workers = (os.cpu_count() or 1) - 1 if workers is None else workers
        self._kept: OrderedDict[Script, tuple[Reading, frozenset[str]]] = OrderedDict()
        self._askers: dict[str, set[Script]] = {}
        self._schemas: dict[tuple[str, bool], _Schemas] = {}
        self.read = self.met = 0
        """Scripts that were read, and that were found read."""

    def forget(self, dataset: str) -> None:
        """Forget what was read against the schema of a dataset, by URN."""
        for script in self._askers.pop(dataset, ()):
            self._kept.pop(script, None)
        for schemas in self._schemas.values():
            schemas.forget()

    def of(self, script: Script) -> Reading:
        """Return the lineage of each statement of a script; of one that does not parse, with `parse_error`."""
        kept = self._kept.get(script)
        if kept is not None:
            self._kept.move_to_end(script)
            self.met += 1
            return kept[0]
        schemas = self.schemas(script.setting)
        schemas.asked.clear()
        found = _read(script, schemas)
        self._keep(script, found, frozenset(map(schemas.urn_of, schemas.asked)))
        return found

    def schemas(self, setting: Setting) -> _Schemas:
        """Return the schemas that statements of a setting are read against."""
        key = (setting.namespace, setting.dialect not in EXACT_CASE)
        if key not in self._schemas:
            self._schemas[key] = _Schemas(Datasets(self._ledger, *key))
        return self._schemas[key]

    def prepare(self, scripts: Iterable[Script]) -> None:
        """Read many scripts that stand alone ahead, in processes of their own where there are enough of them."""
        missing = [script for script in dict.fromkeys(scripts) if script not in self._kept]
        if len(missing) < BULK or self._workers < 2:
            return
        try:
            with ProcessPoolExecutor(self._workers, mp_context=get_context("spawn")) as pool:
                for answers in pool.map(_read_portion, self._portions(missing)):
                    self._take(answers)
        except (BrokenProcessPool, OSError):
            return  # each is then read here, when it is asked for

    def _portions(self, scripts: Sequence[Script]) -> Iterator[list[tuple[Script, dict[str, Columns]]]]:
        """Yield scripts with the schemas of what their words name."""
        for at in range(0, len(scripts), _PORTION):
            portion = []
            for script in scripts[at : at + _PORTION]:
                schemas = self.schemas(script.setting)
                names = {name for each in _mentioned(script) for name in _completed(each, script.setting)}
                found = {name: columns for name in names if (columns := schemas.get(name)) is not None}
                portion.append((script, found))
            yield portion

    def _take(self, answers: Sequence[tuple[Script, Reading, frozenset[str]]]) -> None:
        """Keep what another process has read, unless it lacked a schema that the ledger has."""
        for script, found, lacked in answers:
            schemas = self.schemas(script.setting)
            if not any(name in schemas for name in lacked):
                asked = {*lacked, *(table for each in found for table in (*each.inputs, *each.outputs))}
                self._keep(script, found, frozenset(map(schemas.urn_of, asked)))

    def _keep(self, script: Script, found: Reading, asked: frozenset[str]) -> None:
        self.read += 1
        self._kept[script] = (found, asked)
        for dataset in asked:
            self._askers.setdefault(dataset, set()).add(script)
        if len(self._kept) > KEPT:
            oldest, (_, datasets) = self._kept.popitem(last=False)
            for dataset in datasets:
                self._askers.get(dataset, set()).discard(oldest)


class _Schemas(Mapping[str, Columns]):
    """Columns by table name, each looked up once until it is told to forget; `asked` gathers the names asked for."""

    def __init__(self, datasets: Datasets) -> None:
        self._datasets = datasets
        self._found: dict[str, Columns | None] = {}
        self._urns: dict[str, str] = {}
        self.asked: set[str] = set()

    def urn_of(self, name: str) -> str:
        """Return the URN of the dataset that a name stands for."""
        if name not in self._urns:
            self._urns[name] = self._datasets.urn_of(name)
        return self._urns[name]

    def known(self, name: str, setting: Setting) -> str | None:
        """Return the URN of the dataset that somebody has named so."""
        return self._datasets.known(name, setting.database, setting.schema)

    def forget(self) -> None:
        self._found.clear()
        self._urns.clear()
        self._datasets.forget()

    def __getitem__(self, name: str) -> Columns:
        self.asked.add(name)
        if name not in self._found:
            self._found[name] = self._datasets.get(name)
        columns = self._found[name]
        if columns is None:
            raise KeyError(name)
        return columns

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Sent(dict[str, Columns]):
    """Schemas that were sent along; `lacked` gathers the names that were asked for and not there."""

    def __init__(self, columns: Mapping[str, Columns]) -> None:
        super().__init__(columns)
        self.lacked: set[str] = set()

    def get(self, name: str, default: Columns | None = None) -> Columns | None:  # type: ignore[override]
        if name not in self:
            self.lacked.add(name)
        return super().get(name, default)


def _read_portion(
    portion: Sequence[tuple[Script, dict[str, Columns]]],
) -> list[tuple[Script, Reading, frozenset[str]]]:
    answers = []
    for script, columns in portion:
        sent = _Sent(columns)
        answers.append((script, _read(script, sent), frozenset(sent.lacked)))
    return answers


def _read(script: Script, schemas: Mapping[str, Columns]) -> Reading:
    dialect, _, database, schema = script.setting
    try:
        return tuple(clew_sql.script_lineage(script.sql, dialect, schemas, database, schema))
    except SqlError:
        return ()


def _mentioned(script: Script) -> tuple[str, ...]:
    try:
        return clew_sql.tables_mentioned(script.sql, script.setting.dialect)
    except SqlError:
        return ()


def _completed(name: str, setting: Setting) -> Iterator[str]:
    """Yield the name with defaults before it, as far as they lack, in the spellings that a reader may ask for."""
    parts = name.split(".")
    defaults = [each for each in (setting.database, setting.schema) if each]
    for count in range(min(len(defaults), max(0, 3 - len(parts))) + 1):
        whole = ".".join([*defaults[len(defaults) - count :], *parts])
        yield from dict.fromkeys((whole, whole.lower(), whole.upper()))
