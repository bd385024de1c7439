"""A manifest and a catalog joined: nodes to relations, relations to columns, owners to what they own."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import clew_connectors.dbt.artifacts as artifacts
from clew_connectors.dbt.config import DbtConfig
from clew_connectors.dbt.records import (
    ColumnProse,
    Dataset,
    Described,
    Exposure,
    Job,
    ModelOwners,
    Node,
    OwnerGroup,
    Relation,
    Sql,
    Test,
)
from clew_connectors.nameable import on_one_line, unnameable
from clew_connectors.people import Person, owners
from clew_connectors.port import ReadWarning
from clew_schemas.errors import BadInput

BUILDS = frozenset({"model", "seed", "snapshot"})
"""Types of resource that build a relation."""
CTE_PREFIX = "__dbt__cte__"
"""What dbt puts before an ephemeral model's name where it writes the model's SQL into another."""

MODEL_KEY = "mlflow_model"
"""Key of an exposure's meta that names a registered model."""

_NAMED = re.compile(r"""(?:ref|source)\(\s*['"]([^'"]+)['"](?:\s*,\s*['"]([^'"]+)['"])?""")


def home(manifest: artifacts.Manifest) -> str:
    """Return the namespace of a project's own things."""
    return f"dbt://{manifest.metadata.project_name}"


@dataclass
class Joined:
    """A project as its manifest and catalog tell it together; each method yields records of one type, by name."""

    config: DbtConfig
    manifest: artifacts.Manifest
    catalog: artifacts.Catalog | None

    @cached_property
    def home(self) -> str:
        """The namespace of everything in the project that is no relation."""
        return home(self.manifest)

    @cached_property
    def name(self) -> str:
        return self.manifest.metadata.project_name or ""

    @cached_property
    def platform(self) -> str:
        return self.manifest.metadata.adapter_type or ""

    @cached_property
    def builders(self) -> dict[str, artifacts.Node]:
        """The models, seeds and snapshots, by unique_id."""
        return {uid: node for uid, node in self._nodes() if node.resource_type in BUILDS}

    @cached_property
    def relations(self) -> dict[str, Relation]:
        """Where to find what each model, seed, snapshot and source stands for, by unique_id."""
        built = {uid: self._built(node) for uid, node in self.builders.items()}
        return built | {
            uid: self._relation(each.database, each.schema, each.identifier)
            for uid, each in sorted(self.manifest.sources.items())
        }

    @cached_property
    def tables(self) -> dict[str, artifacts.CatalogTable]:
        return {**self.catalog.nodes, **self.catalog.sources} if self.catalog else {}

    def node(self, unique_id: str) -> Node:
        return Node(self.home, unique_id)

    def people(self) -> Iterator[Person]:
        """Yield whom anything names as owner, as often as it is named."""
        for uid in sorted(self.builders):
            yield from self._node_owners(self.builders[uid])
        for _, source in sorted(self.manifest.sources.items()):
            yield from owners(source.meta.get("owner"))
        for _, exposure in sorted(self.manifest.exposures.items()):
            yield from owners(exposure.owner)
        for _, group in sorted(self.manifest.groups.items()):
            yield from owners(group.owner)

    def groups(self) -> Iterator[OwnerGroup]:
        for _, group in sorted(self.manifest.groups.items()):
            yield OwnerGroup(self.home, group.name, group.description or None, _keys(owners(group.owner)))

    def datasets(self) -> Iterator[Dataset | ReadWarning]:
        """Yield each relation once: what the project builds goes before what it reads."""
        taken: dict[Relation, str] = {}
        for uid, dataset in self._every_dataset():
            if dataset.relation in taken:
                yield ReadWarning(
                    f"{uid} is the same relation as {taken[dataset.relation]}, whose description stands",
                    where=".".join(dataset.relation.parts),
                    hint="Name a relation once; refer to a model by ref()",
                )
                continue
            taken[dataset.relation] = uid
            odd = unnameable([*(name for name, _ in dataset.columns or ()), *(each.name for each in dataset.prose)])
            if odd is not None:
                what = f"{uid} is left out: its column {odd!r} holds a control character"
                yield ReadWarning(what, where=self.config.manifest, hint="Rename the column")
                continue
            yield dataset
        yield from self._uncatalogued(taken)

    def jobs(self) -> Iterator[Job | ReadWarning]:
        uncompiled = []
        for uid, node in self.builders.items():
            job = self._job(node)
            if job.sql is None and node.resource_type != "seed" and node.language != "python":
                uncompiled.append(uid)
            yield job
        if uncompiled:
            yield ReadWarning(
                f"{len(uncompiled)} models have no compiled SQL and so no column lineage, {uncompiled[0]} for one",
                where=self.config.manifest,
                hint="dbt compile, build and docs generate compile the models; dbt parse does not",
            )

    def tests(self) -> Iterator[Test | ReadWarning]:
        for uid, node in self._nodes():
            if node.resource_type != "test":
                continue
            tested = self.tested(node)
            if tested is None:
                yield ReadWarning(f"{uid} tests no dataset and is left out", where=self.config.manifest)
            else:
                yield self._test(node, tested)

    def exposures(self) -> Iterator[Exposure | ReadWarning]:
        for uid, each in sorted(self.manifest.exposures.items()):
            for other in each.depends_on.nodes:
                if other not in self.relations:
                    yield ReadWarning(f"{uid} depends on {other}, which is no dataset", where=self.config.manifest)
            yield Exposure(
                self.node(uid),
                each.type,
                each.name,
                each.label or None,
                each.url or None,
                each.maturity,
                _described(each.description, owners(each.owner), each.tags, each.meta),
                self._inputs(each.depends_on),
                self._model(each.meta),
            )

    def model_owners(self) -> Iterator[ModelOwners]:
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for each in self.manifest.exposures.values():
            model = self._model(each.meta)
            if model is not None:
                found[model].update(person.key for person in owners(each.owner))
        for (namespace, name), keys in sorted(found.items()):
            yield ModelOwners(namespace, name, tuple(sorted(keys)))

    def _model(self, meta: Mapping[str, Any]) -> tuple[str, str] | None:
        """Return namespace and name of the model that an exposure's meta names, if the recipe says where models are."""
        name = meta.get(MODEL_KEY)
        return (self.config.models, name) if self.config.models and isinstance(name, str) and name.strip() else None

    def _nodes(self) -> list[tuple[str, artifacts.Node]]:
        return sorted(self.manifest.nodes.items())

    def _built(self, node: artifacts.Node) -> Relation:
        """Return the relation that a node builds; one that builds none (ephemeral) is a dataset of the project."""
        if node.relation_name is None:
            return Relation(self.home, tuple(node.unique_id.split(".")))
        return self._relation(node.database, node.schema, node.alias or node.name)

    def _relation(self, *parts: str | None) -> Relation:
        named = tuple(part for part in parts if part)
        if (odd := unnameable(named)) is not None:
            raise BadInput(
                f"the relation name {odd!r} holds a control character",
                where=self.config.manifest,
                hint="Give it another alias or identifier",
            )
        return Relation(self.config.namespace, named)

    def _node_owners(self, node: artifacts.Node) -> list[Person]:
        """Return the owners of a node: its group's, and those in its meta."""
        package = node.unique_id.split(".")[1]
        group = self.manifest.groups.get(f"group.{package}.{node.group}")
        return [*owners(group.owner if group else None), *owners(node.meta.get("owner"))]

    def _inputs(self, depends_on: artifacts.DependsOn) -> tuple[Relation, ...]:
        return tuple(dict.fromkeys(self.relations[uid] for uid in depends_on.nodes if uid in self.relations))

    def _every_dataset(self) -> Iterator[tuple[str, Dataset]]:
        for uid, node in self.builders.items():
            yield uid, self._built_dataset(node)
        for uid, source in sorted(self.manifest.sources.items()):
            yield uid, self._source_dataset(source)

    def _built_dataset(self, node: artifacts.Node) -> Dataset:
        ephemeral = node.relation_name is None
        return Dataset(
            self.relations[node.unique_id],
            "dbt" if ephemeral else self.platform,
            "ephemeral" if ephemeral else self._subtype(node.unique_id, node.config.materialized),
            self.name if ephemeral else None,
            _described(node.description, self._node_owners(node), node.tags, node.meta),
            self._prose(node.unique_id, node.columns),
            self._columns(node.unique_id),
        )

    def _source_dataset(self, source: artifacts.Source) -> Dataset:
        return Dataset(
            self.relations[source.unique_id],
            self.platform,
            self._subtype(source.unique_id, None),
            None,
            _described(source.description, owners(source.meta.get("owner")), source.tags, source.meta),
            self._prose(source.unique_id, source.columns),
            self._columns(source.unique_id),
        )

    def _subtype(self, unique_id: str, materialized: str | None) -> str:
        """Return what the relation is: as the catalog says, else as the materialisation lets expect."""
        table = self.tables.get(unique_id)
        said = table.metadata.type if table else materialized or "table"
        return "view" if said.lower() in ("view", "materialized_view", "materialized view") else "table"

    def _columns(self, unique_id: str) -> tuple[tuple[str, str], ...] | None:
        table = self.tables.get(unique_id)
        if table is None:
            return None
        return tuple((each.name, each.type) for each in sorted(table.columns.values(), key=lambda each: each.index))

    def _prose(self, unique_id: str, columns: Mapping[str, artifacts.ColumnSpec]) -> tuple[ColumnProse, ...]:
        spelt = self._speller(unique_id)
        said = {spelt(each.name): each for each in columns.values()}
        return tuple(ColumnProse(name, each.description or None, _tags(each.tags)) for name, each in said.items())

    def _speller(self, unique_id: str) -> Callable[[str], str]:
        """Return what spells a column as the catalog does, where the catalog knows the name in one other case."""
        names = {name for name, _ in self._columns(unique_id) or ()}
        alike: dict[str, list[str]] = {}
        for name in names:
            alike.setdefault(name.lower(), []).append(name)

        def spelt(column: str) -> str:
            plain = column[1:-1] if len(column) > 2 and column[0] == column[-1] == '"' else column
            others = alike.get(plain.lower(), [])
            return others[0] if plain not in names and len(others) == 1 else plain

        return spelt

    def _uncatalogued(self, taken: Mapping[Relation, str]) -> Iterator[ReadWarning]:
        missing = [uid for each, uid in taken.items() if uid not in self.tables and each.namespace != self.home]
        if self.catalog is not None and missing:
            yield ReadWarning(
                f"{len(missing)} relations are not in the catalog, {missing[0]} for one",
                where=self.config.catalog,
                hint="Run dbt docs generate after dbt build",
            )

    def _job(self, node: artifacts.Node) -> Job:
        people = _keys(self._node_owners(node))
        about = Described(None, people, _tags(node.tags), None, (("path", node.original_file_path),))
        return Job(
            self.node(node.unique_id),
            self.name,
            node.config.materialized or node.resource_type,
            about,
            self._inputs(node.depends_on),
            self.relations[node.unique_id],
            self._sql(node),
        )

    def _sql(self, node: artifacts.Node) -> Sql | None:
        if not node.compiled_code or node.language == "python":
            return None
        bindings = tuple(
            (CTE_PREFIX + (inner.alias or inner.name), self.relations[inner.unique_id])
            for inner in (self.builders[each.id] for each in node.extra_ctes if each.id in self.builders)
        )
        return Sql(node.compiled_code, self.platform, self.config.namespace, node.database, node.schema, bindings)

    def tested(self, node: artifacts.Node) -> str | None:
        """Return the unique_id of what a test tests, None when it reads no dataset.

        As dbt attached it, which it does for no test of a source and none that is a query of its own. The latter is
        taken as a test of the first relation that it reads; a test of a source as one of the source it names, since
        dbt lists a relation that it compares with first.
        """
        candidates = [uid for uid in node.depends_on.nodes if uid in self.relations]
        if node.attached_node in self.relations:
            return node.attached_node
        if node.test_metadata is None or len(candidates) < 2:
            return candidates[0] if candidates else None
        said = _NAMED.search(str(node.test_metadata.kwargs.get("model", "")))
        wanted = [each for each in said.groups() if each] if said else []
        named = [uid for uid in candidates if uid.split(".")[-len(wanted) :] == wanted] if wanted else []
        return (named or candidates)[-1]

    def _test(self, node: artifacts.Node, tested: str) -> Test:
        metadata = node.test_metadata
        dataset = self.relations[tested]
        name = "singular"
        if metadata is not None:
            name = f"{metadata.namespace}.{metadata.name}" if metadata.namespace else metadata.name
        return Test(
            self.node(node.unique_id),
            self.name,
            node.name,
            name,
            dataset,
            self._speller(tested)(node.column_name)
            if node.column_name and not unnameable([node.column_name])
            else None,
            (node.config.severity or "error").lower(),
            _parameters(metadata.kwargs if metadata else {}),
            tuple(each for each in self._inputs(node.depends_on) if each != dataset),
            node.description or None,
            _tags(node.tags),
        )


def _described(
    description: str | None, people: Iterable[Person], tags: Iterable[str], meta: Mapping[str, Any]
) -> Described:
    custom = tuple(
        (name, value)
        for name, value in sorted(meta.items())
        if name not in ("owner", "tier") and isinstance(value, str | int | float | bool)
    )
    tier = meta.get("tier")
    return Described(description or None, _keys(people), _tags(tags), None if tier is None else str(tier), custom)


def _keys(people: Iterable[Person]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.key for each in people))


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({on_one_line(tag) for tag in tags} - {""}))


def _parameters(kwargs: Mapping[str, Any]) -> tuple[tuple[str, object], ...]:
    """Return what a test was given: scalars and lists of scalars as they are, anything deeper as JSON text."""
    own = {key: value for key, value in kwargs.items() if key not in ("model", "column_name") and value is not None}
    return tuple((key, _flat(value)) for key, value in sorted(own.items()))


def _flat(value: Any) -> object:
    scalar = (str, int, float, bool)
    if isinstance(value, list) and all(isinstance(each, scalar) for each in value):
        return tuple(value)
    return value if isinstance(value, scalar) else json.dumps(value, sort_keys=True, ensure_ascii=False)
