"""dbt's artifacts as a project: target/manifest.json, and target/catalog.json where it is there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import msgspec

from clew.check.changes import Gap, Place
from clew.check.files import without_references
from clew.check.project import About, Model, Project, Use
from clew.check.statements import Text
from clew_connectors.dbt import artifacts
from clew_connectors.dbt.config import DbtConfig
from clew_connectors.dbt.joined import Joined
from clew_connectors.dbt.records import Described, Job, Relation
from clew_connectors.dbt.translate import translate
from clew_connectors.port import ReadWarning
from clew_schemas.edges import stated
from clew_schemas.errors import BadInput, NotFound
from clew_schemas.registry import Registry
from clew_schemas.urn import make, of_segments

SAID: Final = frozenset(
    "meta tags docs group persist_docs access description quoting column_types event_time freshness packages"
    " full_refresh on_configuration_change contract static_analysis".split()
)
"""Members of a node's config that say nothing about the rows that it builds."""


class _Settings(msgspec.Struct, frozen=True):
    config: dict[str, Any] = msgspec.field(default_factory=dict)
    checksum: dict[str, str] | None = None
    raw_code: str | None = None


class _Nodes(msgspec.Struct, frozen=True):
    nodes: dict[str, _Settings]


def project_of(place: Path, namespace: str, namespace_of_models: str | None = None, folder: str = ".") -> Project:
    """Return the project that a target folder, or a manifest, tells of; `folder` is where it lies in its repository.

    Raises NotFound, Unreachable, or BadInput with file and JSON path, also for a manifest of another version than 12.
    """
    manifest = place / "manifest.json" if place.is_dir() else place
    if not manifest.exists():
        raise NotFound(
            "there is no manifest of dbt", where=str(manifest), hint="dbt compile writes it; name the target folder"
        )
    read = artifacts.manifest(manifest)
    if not read.metadata.adapter_type or not read.metadata.project_name:
        raise BadInput(
            "the manifest does not say its project and adapter",
            where=f"{manifest}: $.metadata",
            hint="Let dbt-core write it: dbt compile",
        )
    catalog = manifest.with_name("catalog.json")
    config = DbtConfig(
        manifest=str(manifest),
        catalog=str(catalog) if catalog.exists() else None,
        namespace=namespace,
        models=namespace_of_models,
    )
    settings = msgspec.json.decode(manifest.read_bytes(), type=_Nodes).nodes
    joined = Joined(config, read, artifacts.catalog(catalog) if catalog.exists() else None)
    return _Reading(joined, settings, "" if folder in ("", ".") else folder.strip("/") + "/").project()


@dataclass
class _Reading:
    joined: Joined
    settings: Mapping[str, _Settings]
    prefix: str

    def project(self) -> Project:
        jobs = [job for job in self.joined.jobs() if isinstance(job, Job)]
        models = {job.node.unique_id: self._model(job) for job in jobs}
        uses = tuple(self._uses())
        tables = {self._table(each): self._urn(each) for each in self.joined.relations.values()}
        stored = {
            self._table(self.joined.relations[uid]): dict(self._columns(uid) or {})
            for uid in self.joined.manifest.sources
        }
        carriers = frozenset([*(model.job for model in models.values()), *(use.carrier for use in uses)])
        gaps = tuple(
            Gap("no_compiled_sql", f"{model.about.name} is compared by its template", Place(model.file), model.dataset)
            for model in models.values()
            if model.text is not None and model.text.templated
        )
        return Project(models, tables, {t: c for t, c in stored.items() if c}, uses, self._about, carriers, gaps)

    def _model(self, job: Job) -> Model:
        uid = job.node.unique_id
        node = self.joined.builders[uid]
        table = self._table(job.output)
        return Model(
            key=uid,
            file=self.prefix + node.original_file_path,
            table=table,
            dataset=self._urn(job.output),
            job=make("job", job.node.namespace, uid),
            text=self._text(uid, job),
            source=self.settings[uid].raw_code or "",
            settings=self._settings(uid, node.language),
            inputs=tuple(self._table(each) for each in job.inputs),
            columns=self._columns(uid),
            about=self._about[self._urn(job.output)],
        )

    def _text(self, uid: str, job: Job) -> Text | None:
        if job.sql is not None:
            bindings = {name: self._table(relation) for name, relation in job.sql.bindings}
            return Text(job.sql.text, job.sql.dialect, job.sql.database, job.sql.schema, bindings)
        node, raw = self.joined.builders[uid], self.settings[uid].raw_code
        if node.resource_type == "seed" or node.language == "python" or not raw:
            return None
        names = {
            ".".join(uid.split(".")[2 if uid.startswith("source.") else -1 :]): self._table(each)
            for uid, each in self.joined.relations.items()
        }
        return Text(without_references(raw), self.joined.platform, node.database, node.schema, names)

    def _settings(self, uid: str, language: str | None) -> dict[str, str]:
        """All of the config but what only describes; of a seed and of Python, the content too."""
        said = self.settings[uid]
        found = {
            name: json.dumps(value, sort_keys=True, default=str)
            for name, value in said.config.items()
            if name not in SAID and value not in (None, [], {})
        }
        if self.joined.builders[uid].resource_type == "seed" and said.checksum:
            found["content"] = said.checksum.get("checksum", "")
        if language == "python":
            found["code"] = said.raw_code or ""
        return found

    def _columns(self, uid: str) -> dict[str, str] | None:
        table = self.joined.tables.get(uid)
        if table is None:
            return None
        return {each.name: each.type for each in sorted(table.columns.values(), key=lambda each: each.index)}

    @cached_property
    def _about(self) -> dict[str, About]:
        found: dict[str, About] = {}
        for dataset in self.joined.datasets():
            if not isinstance(dataset, ReadWarning):
                found.setdefault(self._urn(dataset.relation), _about(self._name(dataset.relation), dataset.about))
        for exposure in self.joined.exposures():
            if not isinstance(exposure, ReadWarning):
                for event in translate(exposure):
                    found.setdefault(event.urn, _about(exposure.label or exposure.name, exposure.about))
        for test in self.joined.tests():
            if not isinstance(test, ReadWarning):
                found.setdefault(make("assertion", test.node.namespace, test.node.unique_id), About(test.name))
        for relation in self.joined.relations.values():
            found.setdefault(self._urn(relation), About(self._name(relation)))
        return found

    def _uses(self) -> Iterator[Use]:
        registry = Registry.built_in()
        for record in (*self.joined.tests(), *self.joined.exposures()):
            if isinstance(record, ReadWarning):
                continue
            for event in translate(record):
                if event.aspect not in ("assertion", "exposure"):
                    continue
                document = msgspec.json.decode(event.payload)
                for edge in stated(registry.get(event.aspect), event.urn, document, "dbt"):
                    yield Use(edge.src, edge.dst, edge.type, edge.subtype, event.urn)

    def _table(self, relation: Relation) -> str:
        """The name under which SQL finds a relation; what is no relation, its URN."""
        return self._urn(relation) if relation.namespace == self.joined.home else ".".join(relation.parts)

    def _name(self, relation: Relation) -> str:
        return relation.parts[-1] if relation.namespace == self.joined.home else ".".join(relation.parts)

    def _urn(self, relation: Relation) -> str:
        return of_segments("dataset", relation.namespace, *relation.parts)


def _about(name: str, about: Described) -> About:
    return About(name, about.owners, about.tier)
