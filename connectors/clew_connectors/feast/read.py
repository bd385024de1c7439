"""Reads a Feast registry: its document as another interpreter prints it, put together to records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import clew_connectors.feast.dump as dump
from clew_connectors.feast.config import FeastConfig
from clew_connectors.feast.dump import Dump, View
from clew_connectors.feast.records import (
    Dataset,
    Feature,
    FeatureService,
    FeatureView,
    Flow,
    Gap,
    Item,
    Project,
    QuerySource,
    RequestSource,
)
from clew_connectors.feast.translate import scope
from clew_connectors.nameable import on_one_line, unnameable
from clew_connectors.port import Discovery, ReadWarning, State
from clew_schemas.errors import ClewError

FILE = "file"
"""Type of sources that are files, and the namespace of local ones."""
WITHIN = {"bigquery": "bigquery"}
"""Namespaces that a type of source has anywhere."""


def check(config: FeastConfig) -> list[ClewError]:
    """Read the whole registry: it is small."""
    try:
        dump.registry(config)
    except ClewError as error:
        return [error]
    return []


def discover(config: FeastConfig) -> Discovery:
    """Count what the registry lists."""
    found = dump.registry(config)
    counts = {
        "feature views": len(found.views),
        "features": sum(len(view.features) for view in found.views),
        "feature services": len(found.services),
    }
    return Discovery(scope(home(config, found)), counts)


def read(config: FeastConfig, state: State | None = None) -> Iterator[Item | ReadWarning]:
    """Yield the project, its sources, views and services, each by name. Keeps no state."""
    yield from records(config, dump.registry(config))


def home(config: FeastConfig, found: Dump) -> str:
    """Return the namespace of the features."""
    return config.namespace or f"feast://{found.project}"


def records(config: FeastConfig, found: Dump) -> Iterator[Item | ReadWarning]:
    """Yield what a registry holds, and warnings for what can't be told. Pure."""
    reading = _Reading(config, found)
    yield Project(reading.home, found.project, found.description)
    yield from reading.sources()
    for view in found.views:
        odd = unnameable([view.name, *(each.name for each in view.features)])
        yield reading.left_out(odd) if odd else reading.view(view)
    for service in found.services:
        odd = unnameable([service.name])
        yield reading.left_out(odd) if odd else reading.service(service)


class _Reading:
    """Resolves the names of one registry."""

    def __init__(self, config: FeastConfig, found: Dump) -> None:
        self.home = home(config, found)
        self._config = config
        self._found = found
        self._keys = {each.name: each.key for each in found.entities}
        self._about = {each.name: each.description for each in found.entities}

    def left_out(self, odd: str) -> ReadWarning:
        return ReadWarning(f"left out: the name {odd!r} holds a control character", str(self._config.path))

    def sources(self) -> Iterator[Item | ReadWarning]:
        """Yield sources that are datasets of their own, and warn of those that are nowhere."""
        known = {each.name: each for each in self._found.sources if each.via is None}
        used = {view.source.name: view.source for view in self._found.views if view.source is not None}
        for name, source in sorted({**used, **{each: known[each] for each in known if each in used}}.items()):
            if source.query:
                yield self._query(source)
            elif self._dataset(source) is None:
                yield ReadWarning(
                    f"nothing says where the data source {name!r} ({source.type}) is: its features have no lineage",
                    str(self._config.path),
                    f"Name its namespace in the recipe: namespaces: {{{source.type}: …}}",
                )
        requests = {each.name: each for view in self._found.views for each in view.requests}
        for name, request in sorted(requests.items()):
            fields = tuple((each.name, each.type) for each in request.fields)
            yield RequestSource(self._own(name), self._found.project, fields)

    def view(self, view: View) -> FeatureView:
        keys = {self._keys.get(name, name) for name in view.entities}
        # Feast may list keys among the features that it infers, and those in another order each time it applies.
        features = sorted((each for each in view.features if each.name not in keys), key=lambda each: each.name)
        flows, gaps = self._flows(view, features)
        return FeatureView(
            self.home,
            self._found.project,
            view.name,
            view.type,
            view.version,
            view.description,
            _owner(view.owner),
            _tags(view.tags),
            tuple((name, self._keys.get(name, name)) for name in view.entities),
            view.source.timestamp if view.source else None,
            view.ttl,
            view.online,
            tuple(Feature(each.name, each.type, each.description, _tags(each.tags)) for each in features),
            tuple(self._facts(view)),
            view.code,
            tuple(flows),
            not _computes(view),
            tuple(gaps),
        )

    def service(self, service: dump.Service) -> FeatureService:
        return FeatureService(
            self.home,
            self._found.project,
            service.name,
            service.description,
            _owner(service.owner),
            _tags(service.tags),
            tuple((each.view, name) for each in service.reads for name in each.features),
        )

    def _facts(self, view: View) -> Iterator[tuple[str, str | int | bool]]:
        for name in view.entities:
            if self._about.get(name):
                yield f"entity.{name}", str(self._about[name])
        if view.source:
            yield "source", view.source.name
            yield "sourceType", view.source.type
            if view.source.description:
                yield "sourceDescription", view.source.description
        if view.stream:
            yield "streamSource", view.stream.via or view.stream.name
        if view.mode and view.code:
            yield "mode", view.mode
        if view.aggregations:
            yield "aggregations", view.aggregations

    def _flows(self, view: View, features: list[dump.Field]) -> tuple[list[Flow], list[Gap]]:
        """Return where the features of a view come from, and what is not known of it."""
        flows: list[Flow] = []
        gaps: list[Gap] = []
        for each in view.reads:
            flows += [Flow(None, None, None, each.view, name) for name in each.features]
        for request in view.requests:
            flows += [Flow(None, self._own(request.name), field.name, None, None) for field in request.fields]
        dataset = self._dataset(view.source) if view.source else None
        if view.source and dataset is None:
            gaps.append(Gap("unknown_source", f"nothing says where {view.source.name} ({view.source.type}) is"))
        if view.source and dataset and _computes(view):
            flows.append(Flow(None, dataset, None, None, None))
        elif view.source and dataset:
            columns = {feature: column for column, feature in view.source.mapping.items()}
            flows += [Flow(each.name, dataset, columns.get(each.name, each.name), None, None) for each in features]
        if _computes(view):
            gaps.append(Gap("code", f"computed in {view.mode or 'code'}, which is kept as text and not read"))
        if not flows and not gaps:
            gaps.append(Gap("no_source", "the view names no source"))
        return flows, gaps

    def _dataset(self, source: dump.Source) -> Dataset | None:
        """Return what a source reads; None when nothing says where that is."""
        told = self._config.home_of(source.name, source.type)
        if source.query:
            return self._own(source.name)
        if told and told.name:
            return Dataset(told.namespace, tuple(told.name.split(".")))
        if source.path and not source.table:
            return _file(source.path, self._config.path, told.namespace if told else None)
        namespace = told.namespace if told else WITHIN.get(source.type)
        if namespace is None or not source.table:
            return None
        parts = [each.strip('"`[]') for each in source.table.split(".")]
        before = (
            source.database or (told.database if told else None),
            source.schema_ or (told.schema_ if told else None),
        )
        missing = before[len(parts) - 1 :] if len(parts) <= len(before) else ()
        return Dataset(namespace, (*(each for each in missing if each), *parts))

    def _query(self, source: dump.Source) -> QuerySource:
        told = self._config.home_of(source.name, source.type)
        return QuerySource(
            self._own(source.name),
            self._found.project,
            source.type,
            source.description,
            _owner(source.owner),
            _tags(source.tags),
            source.query or "",
            told.namespace if told else WITHIN.get(source.type),
            source.database or (told.database if told else None),
            source.schema_ or (told.schema_ if told else None),
        )

    def _own(self, name: str) -> Dataset:
        return Dataset(self.home, (name,))


def _computes(view: View) -> bool:
    """Say whether something lies between a view's sources and its features that nobody here reads."""
    return view.code is not None or view.aggregations > 0 or bool(view.reads or view.requests)


def _file(path: str, folder: Path, namespace: str | None) -> Dataset:
    """Return a file as a dataset, named as OpenLineage does: bucket and path, or `file` and the absolute path."""
    parts = urlsplit(path)
    if parts.scheme in ("", FILE):
        local = PurePosixPath(parts.path if parts.scheme else path)
        name = path if namespace else str(folder / local)
        return Dataset(namespace or FILE, (name,))
    return Dataset(namespace or f"{parts.scheme}://{parts.netloc}", (parts.path.lstrip("/"),))


def _owner(said: str | None) -> str | None:
    return on_one_line(said) or None if said else None


def _tags(said: dict[str, str]) -> tuple[str, ...]:
    """Return tags as `name:value`, or the name alone where there is no value."""
    return tuple(on_one_line(f"{name}:{value}" if value else name) for name, value in sorted(said.items()))
