"""A project as its files lie in a repository: a dbt project's templates, or plain SQL scripts that build datasets.

Nothing is compiled: `ref` and `source` become names, all other templates are compared to the letter. dbt's artifacts
of both states (`manifests`) say more.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from clew.check.catalog import Catalog
from clew.check.changes import Gap, Place
from clew.check.project import About, Model, Project, Use
from clew.check.revisions import Tree, matching
from clew.check.rules import Rules
from clew.check.statements import Text
from clew_connectors.people import owners
from clew_schemas.edges import EdgeType, Subtype
from clew_schemas.errors import Ambiguous, BadInput
from clew_schemas.kinds import EXPOSURE_KINDS
from clew_schemas.urn import any_of, make
from clew_sql import SqlError, script_lineage
from clew_sql.parse import dialect_named, trees
from clew_sql.scripts import Part, statements
from clew_sql.templates import render

PROJECT_FILE: Final = "dbt_project.yml"
TAG: Final = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
REFERENCE: Final = re.compile(
    r"\{\{-?\s*(ref|source)\(\s*([^()]*)\)\s*-?\}\}|\{\{-?\s*config\(.*?\)\s*-?\}\}|\{#.*?#\}", re.DOTALL
)
CALL: Final = re.compile(r"\b(ref|source)\(\s*['\"]([^'\"]+)['\"]\s*(?:,\s*['\"]([^'\"]+)['\"])?")
MACRO: Final = re.compile(r"\{%-?\s*(?:macro|test|materialization)\s+(\w+)")
CONFIG: Final = re.compile(r"\{\{-?\s*config\((.*?)\)\s*-?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Setting:
    """What gives names in files a meaning: namespace, dialect, defaults, and the catalog that may know the names."""

    namespace: str
    dialect: str
    database: str | None
    schema: str | None
    catalog: Catalog

    @classmethod
    def of(cls, rules: Rules, catalog: Catalog) -> Setting:
        """Return what rules and catalog say; raise BadInput for a dialect that nobody knows."""
        try:
            dialect_named(rules.dialect or "duckdb")
        except SqlError as error:
            raise BadInput(error.what, where="dialect", hint="duckdb, postgres, snowflake, bigquery, …") from error
        return cls(
            rules.namespace or "repository", rules.dialect or "duckdb", rules.database, rules.default_schema, catalog
        )

    def urn(self, table: str) -> str:
        """Return the dataset of a name: as the catalog knows it, else one of that name in the namespace."""
        try:
            return self.catalog.dataset(table) or make("dataset", self.namespace, table)
        except Ambiguous:
            return make("dataset", self.namespace, table)


def dbt_project(tree: Tree, folder: str, setting: Setting) -> Project:
    """Return the dbt project in a folder of a tree, "" for its root; an empty one where there is no project file."""
    return _Dbt(tree, folder, setting).project()


def without_references(text: str) -> str:
    """Return a template with names for `ref` and `source`, as good as compiled; as it is where it holds any other."""
    return text if TAG.search(REFERENCE.sub("", text)) else render(text).sql


class _Dbt:
    def __init__(self, tree: Tree, folder: str, setting: Setting) -> None:
        self._setting = setting
        self._prefix = f"{folder}/" if folder not in ("", ".") else ""
        inside = [path for path in tree.paths() if path.startswith(self._prefix)]
        self._files = tree.read([path for path in inside if path.endswith((".sql", ".yml", ".yaml"))])
        self._gaps: list[Gap] = []

    def project(self) -> Project:
        said = self._yaml(self._prefix + PROJECT_FILE)
        if not said:
            return Project({}, {}, {})
        name = str(said.get("name") or "project")
        roots = _folders(said, "model-paths", "models") + _folders(said, "snapshot-paths", "snapshots")
        models = {}
        macros = dict(self._macros(_folders(said, "macro-paths", "macros")))
        for path, text in self._files.items():
            inside = path.removeprefix(self._prefix)
            if path.endswith(".sql") and inside.startswith(tuple(f"{root}/" for root in roots)):
                model = self._model(name, path, text, macros)
                models[model.key] = model
        tables = {model.table: model.dataset for model in models.values()}
        tables |= {t: self._setting.urn(t) for model in models.values() for t in model.inputs if t not in tables}
        stored = {t: self._setting.catalog.columns(urn) for t, urn in tables.items() if t not in _built(models)}
        uses, about = self._exposures(name, tables)
        about |= {model.dataset: model.about for model in models.values()}
        return Project(
            models,
            tables,
            {table: columns for table, columns in stored.items() if columns},
            tuple(uses),
            about,
            frozenset([*(model.job for model in models.values()), *(use.carrier for use in uses)]),
            tuple(self._gaps),
        )

    def _model(self, project: str, path: str, text: str, macros: Mapping[str, str]) -> Model:
        name = PurePosixPath(path).stem
        dataset = self._setting.urn(name)
        used = _used(text, macros)
        settings = {f"macro {each}": _hash(macros[each]) for each in used}
        configured = [" ".join(each.split()) for each in CONFIG.findall(text)]
        settings |= {"config": "; ".join(configured)} if configured else {}
        inputs = tuple(dict.fromkeys(_input(call) for call in CALL.findall(text)))
        return Model(
            key=name,
            file=path,
            table=name,
            dataset=dataset,
            job=make("job", f"dbt://{project}", f"model.{project}.{name}"),
            text=Text(without_references(text), self._setting.dialect, None, None, {each: each for each in inputs}),
            source=text,
            settings=settings,
            inputs=inputs,
            columns=self._setting.catalog.columns(dataset),
            about=About(name),
        )

    def _macros(self, roots: Sequence[str]) -> Iterator[tuple[str, str]]:
        for path, text in self._files.items():
            if path.endswith(".sql") and path.removeprefix(self._prefix).startswith(
                tuple(f"{each}/" for each in roots)
            ):
                for name in MACRO.findall(text):
                    yield name, "\n".join(line.strip() for line in text.splitlines() if line.strip())

    def _exposures(self, project: str, tables: Mapping[str, str]) -> tuple[list[Use], dict[str, About]]:
        uses, about = [], {}
        for path in self._files:
            if not path.endswith((".yml", ".yaml")) or "exposures:" not in self._files[path]:
                continue
            for each in self._yaml(path).get("exposures") or []:
                if not isinstance(each, dict) or not each.get("name"):
                    continue
                kind = EXPOSURE_KINDS.get(str(each.get("type")), "application")
                urn = make(kind, f"dbt://{project}", f"exposure.{project}.{each['name']}")
                keys = tuple(person.key for person in owners(each.get("owner")))
                about[urn] = About(str(each.get("label") or each["name"]), keys)
                for call in CALL.findall(str(each.get("depends_on") or "")):
                    table = _input(call)
                    if table in tables:
                        end = any_of(tables[table])
                        uses.append(Use(end, urn, int(EdgeType.FLOW), int(Subtype.USE), urn))
        return uses, about

    def _yaml(self, path: str) -> dict[str, Any]:
        try:
            said = yaml.safe_load(self._files.get(path, ""))
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            place = Place(path, mark.line + 1, mark.column + 1) if mark is not None else Place(path)
            self._gaps.append(Gap("unread_file", " ".join(str(error).split())[:200], place))
            return {}
        return said if isinstance(said, dict) else {}


def sql_project(tree: Tree, patterns: Sequence[str], setting: Setting) -> Project:
    """Return what plain SQL files build: each CREATE or INSERT of a query; a SELECT builds what the file is called."""
    texts = tree.read(matching(tree.paths(), patterns))
    models: dict[str, Model] = {}
    gaps: list[Gap] = []
    for path, text in sorted(texts.items()):
        for model in _of_script(path, text, setting, gaps):
            models.setdefault(model.key, model)
    tables = {model.table: model.dataset for model in models.values()}
    tables |= {t: setting.urn(t) for model in models.values() for t in model.inputs if t not in tables}
    stored = {
        t: columns for t, urn in tables.items() if t not in _built(models) and (columns := setting.catalog.columns(urn))
    }
    about = {model.dataset: model.about for model in models.values()}
    return Project(models, tables, stored, (), about, frozenset(model.job for model in models.values()), tuple(gaps))


def _of_script(path: str, text: str, setting: Setting, gaps: list[Gap]) -> Iterator[Model]:
    """Yield a model for each statement that builds something; a statement that does not parse is a gap at its place."""
    counts: dict[str, int] = {}
    for part in statements(text, setting.dialect):
        if isinstance(part, SqlError):
            gaps.append(Gap("parse_error", part.what, Place(path, part.line, part.column)))
            continue
        problem = _problem(part, setting.dialect)
        if problem is not None:
            gaps.append(Gap("parse_error", problem.what, Place(path, problem.line, problem.column)))
            continue
        found = list(script_lineage(part.text, setting.dialect, {}, setting.database, setting.schema))
        lost = [gap for each in found if not each.outputs and not each.columns for gap in each.unresolved]
        gaps += [Gap("not_understood", gap.detail, Place(path, part.line, part.column)) for gap in lost[:1]]
        for lineage in found:
            table = lineage.outputs[0] if len(lineage.outputs) == 1 else PurePosixPath(path).stem
            if lineage.kind != "SELECT" and len(lineage.outputs) != 1:
                continue
            if not lineage.columns and not lineage.inputs:
                continue
            urn = setting.urn(table)
            counts[table] = counts.get(table, -1) + 1
            yield Model(
                key=f"{table} {lineage.kind} {counts[table]}",
                file=path,
                table=table,
                dataset=urn,
                job=make("job", f"file://{setting.namespace}", f"{path}"),
                text=Text(part.text, setting.dialect, setting.database, setting.schema),
                source=part.text,
                settings={},
                inputs=lineage.inputs,
                columns=setting.catalog.columns(urn),
                about=About(table),
            )


def _problem(part: Part, dialect: str) -> SqlError | None:
    """Return why a statement does not parse, with its place in the script."""
    try:
        found = next((each for each in trees(part.text, dialect_named(dialect)) if isinstance(each, SqlError)), None)
    except SqlError as error:
        found = error
    return None if found is None else part.placed(found)


def _folders(said: Mapping[str, Any], key: str, default: str) -> list[str]:
    value = said.get(key)
    return [str(each).strip("/") for each in value] if isinstance(value, list) and value else [default]


def _built(models: Mapping[str, Model]) -> set[str]:
    return {model.table for model in models.values()}


def _input(call: tuple[str, str, str]) -> str:
    kind, first, second = call
    return f"{first}.{second}" if kind == "source" and second else second or first


def _used(text: str, macros: Mapping[str, str]) -> list[str]:
    """Return the macros that a text calls, those that these call included."""
    found: dict[str, None] = {}
    waiting = [text]
    while waiting:
        each = waiting.pop()
        for name in macros:
            if name not in found and re.search(rf"\b{re.escape(name)}\s*\(", each):
                found[name] = None
                waiting.append(macros[name])
    return sorted(found)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
