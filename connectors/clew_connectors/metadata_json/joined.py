"""The records of many documents: what several files tell of is put together, and what is told twice is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from clew_connectors.metadata_json.config import MetadataConfig
from clew_connectors.metadata_json.document import Document
from clew_connectors.metadata_json.reading import TELLS_OF_A_MODEL, Reading, Said, first_told
from clew_connectors.metadata_json.records import (
    Dataset,
    Deployment,
    Endpoint,
    Item,
    Model,
    Project,
)
from clew_connectors.people import Person, merged
from clew_schemas import urn
from clew_schemas.errors import BadInput, Conflict


@dataclass
class Joined:
    """The records of many documents; what several tell of is kept by URN."""

    config: MetadataConfig
    datasets: dict[str, Dataset] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    projects: list[Project] = field(default_factory=list)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    persons: list[Person] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    """Where each pipeline, version, run and experiment was told of first."""

    def add(self, document: Document, folder: str) -> None:
        """Take one document in; raise BadInput or Conflict, and keep nothing of it.

        `folder` names the project when the file does not.
        """
        reading = Reading(self.config, document, folder)
        project = reading.project(claimed=set(self.files))
        owned = [project.pipeline] if project.has_pipeline else []
        owned += [project.version.urn, project.version.run.urn] if project.version else []
        for each in owned:
            if each in self.files:
                raise Conflict(
                    f"{urn.Urn.parse(each).name} is told of by another file too",
                    where=document.where(),
                    hint=f"The first is {self.files[each]}; give one of them another name or version",
                )
        self.files.update(dict.fromkeys([*owned, project.experiment], document.file))
        self.projects.append(project)
        self.persons += reading.persons
        for dataset in reading.datasets.values():
            self._take_dataset(dataset)
        if reading.model is not None:
            self.models[reading.model.urn] = first_told(self.models.get(reading.model.urn), reading.model)
        for deployment in reading.deployments.values():
            before = self.deployments.get(deployment.urn)
            versions = tuple(dict.fromkeys((*(before.versions if before else ()), *deployment.versions)))
            self.deployments[deployment.urn] = replace(first_told(before, deployment), versions=versions)
        for endpoint in reading.endpoints.values():
            earlier = self.endpoints.get(endpoint.urn)
            behind = tuple(dict.fromkeys((*(earlier.behind if earlier else ()), *endpoint.behind)))
            self.endpoints[endpoint.urn] = replace(first_told(earlier, endpoint), behind=behind)

    def records(self) -> Iterator[Item]:
        """Yield every record, each sort by its own order, projects as their files were taken in."""
        yield from merged(self.persons)
        for table in (self.datasets, self.models):
            yield from (table[each] for each in sorted(table))
        yield from self.projects
        for served in (self.deployments, self.endpoints):
            yield from (served[each] for each in sorted(served))

    def _take_dataset(self, dataset: Dataset) -> None:
        before = self.datasets.get(dataset.urn)
        used = tuple(dict.fromkeys((*(before.used if before else ()), *dataset.used)))
        self.datasets[dataset.urn] = replace(first_told(before, dataset), used=used)


def version_named(value: Said, config: MetadataConfig) -> str | None:
    """Return the URN of the version that a document names, even of one that is not as it should be; else None."""
    if not any(name in value for name in TELLS_OF_A_MODEL):
        return None
    try:
        reading = Reading(config, Document("", value), folder="")
        return reading.version_urn if reading.version_name else None
    except (AttributeError, TypeError, BadInput):
        return None
