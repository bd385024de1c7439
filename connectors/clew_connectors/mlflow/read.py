"""Reads a tracking store: the registry and its model files first, then runs as they come, then what they share."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

import clew_connectors.mlflow.records as records
from clew_connectors.mlflow.config import MlflowConfig, without_user
from clew_connectors.mlflow.files import model_files
from clew_connectors.mlflow.records import (
    About,
    Files,
    History,
    Item,
    LoggedDataset,
    Model,
    Use,
    Value,
    Version,
)
from clew_connectors.mlflow.sources import columns, rows, source
from clew_connectors.mlflow.store import Store, opened, said
from clew_connectors.mlflow.training import training, untrained
from clew_connectors.mlflow.translate import scope
from clew_connectors.mlflow.verify import drivers, verified
from clew_connectors.nameable import on_one_line
from clew_connectors.people import Person, owners
from clew_connectors.port import Discovery, ReadWarning, State
from clew_schemas.errors import ClewError, NotFound
from clew_schemas.scrub import scrub

PAGE = 1_000
SYSTEM = "mlflow."
"""Beginning of the tags that MLflow sets itself."""
STATUS: dict[str, records.Status] = {
    "FINISHED": "success",
    "FAILED": "failed",
    "KILLED": "aborted",
    "RUNNING": "running",
    "SCHEDULED": "unknown",
}
LARGEST = 1.7976931348623157e308
"""MLflow's SQL stores keep an infinity as the largest float; no metric is that by itself."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_NUMERAL = re.compile(r"-?(?:0|[1-9]\d{0,14})(\.\d+)?(?:[eE][+-]?\d{1,3})?")

T = TypeVar("T")


def check(config: MlflowConfig) -> list[ClewError]:
    """Open the store, ask for its experiments, and for the drivers of `verify`."""
    problems: list[ClewError] = []
    try:
        with opened(config) as store:
            known = {each.name for each in _experiments(store)}
            missing = [name for name in config.experiments or () if name not in known]
        problems += [NotFound(f"there is no experiment {each!r}", where=config.where, hint=_NAMES) for each in missing]
    except ClewError as error:
        problems.append(error)
    try:
        if config.verify:
            drivers()
    except ClewError as error:
        problems.append(error)
    return problems


_NAMES = "Names in `experiments` are spelt as MLflow lists them; a deleted experiment is not read"


def discover(config: MlflowConfig) -> Discovery:
    """Count experiments and registered models."""
    with opened(config) as store:
        chosen = [each for each in _experiments(store) if _is_chosen(config, each.name)]
        models = sum(1 for _ in _pages(lambda token: store.client.search_registered_models(page_token=token)))
    return Discovery(scope(config.namespace), {"experiments": len(chosen), "models": models})


def read(config: MlflowConfig, state: State | None = None) -> Iterator[Item | ReadWarning | State]:
    """Yield experiments, runs with their histories, datasets, models, versions, aliases, people.

    The state holds which histories of which runs were read, so that only what has grown is read again; points of a
    series are in no scope, and what a state leaves out is not retracted.
    """
    if config.verify:
        drivers()
    with opened(config) as store:
        yield from _Reading(config, store).items(state)


def _experiments(store: Store) -> list[Any]:
    found = _pages(
        lambda token: store.client.search_experiments(ViewType.ACTIVE_ONLY, max_results=PAGE, page_token=token)
    )
    return sorted(found, key=lambda each: str(each.name))


def _is_chosen(config: MlflowConfig, name: str) -> bool:
    return config.experiments is None or name in config.experiments


def _pages(ask: Callable[[str | None], Any]) -> Iterator[Any]:
    token = None
    while True:
        page = ask(token)
        yield from page
        token = page.token
        if not token:
            return


@dataclass
class _Reading:
    """One reading of a store, and what is met on the way to be told once."""

    config: MlflowConfig
    store: Store
    datasets: dict[tuple[str, str], LoggedDataset] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    versions: dict[tuple[str, str], Version] = field(default_factory=dict)
    warnings: list[ReadWarning] = field(default_factory=list)

    def items(self, state: State | None) -> Iterator[Item | ReadWarning | State]:
        """Yield everything, warnings where they arise."""
        models = list(_pages(lambda token: self.store.client.search_registered_models(page_token=token)))
        self._registry(models)
        yield from self._warned()
        known = _experiments(self.store)
        for name in self.config.experiments or ():
            if name not in [each.name for each in known]:
                yield ReadWarning(f"there is no experiment {name!r}", self.store.where, _NAMES)
        chosen = [each for each in known if _is_chosen(self.config, each.name)]
        for each in chosen:
            yield records.Experiment(self.config.namespace, _named(each.name), self._about(each.tags))
        before = dict(state.data.get("histories", {})) if state else {}
        after: dict[str, str] = {}
        for run, raw in self._runs(chosen):
            yield run
            after[run.run_id] = self._mark(raw)
            if not after[run.run_id] or before.get(run.run_id) != after[run.run_id]:
                yield from self._histories(raw)
            yield from self._warned()
        yield from self._verified()
        yield from self._models(models)
        yield from self.people.values()
        yield State({"histories": after})

    def _warned(self) -> Iterator[ReadWarning]:
        while self.warnings:
            yield self.warnings.pop(0)

    def _verified(self) -> Iterator[LoggedDataset | ReadWarning]:
        for each in self.datasets.values():
            found = verified(each, self.config) if self.config.verify else None
            if isinstance(found, ReadWarning):
                yield found
            yield replace(each, verified=found) if isinstance(found, str) else each

    def _registry(self, models: list[Any]) -> None:
        """Read all versions, by model and in order, with their files."""
        aliases: dict[tuple[str, str], list[str]] = defaultdict(list)
        for model in models:
            for alias, number in sorted(_aliases(model).items()):
                aliases[model.name, number].append(alias)
        for model in sorted(models, key=lambda each: str(each.name)):
            for each in sorted(self._versions_of(model.name), key=lambda each: int(each.version)):
                number = str(each.version)
                self.versions[model.name, number] = self._version(each, tuple(aliases[model.name, number]))

    def _versions_of(self, model: str) -> Iterator[Any]:
        quote = "'" if '"' in model else '"'
        wanted = f"name={quote}{model}{quote}"
        return _pages(lambda token: self.store.client.search_model_versions(wanted, page_token=token))

    def _version(self, raw: Any, aliases: tuple[str, ...]) -> Version:
        logged = self._logged_model(raw)
        run_id = raw.run_id or (logged.source_run_id if logged is not None else None) or None
        artifact = self._artifact(raw, logged)
        return Version(
            namespace=self.config.namespace,
            model=_named(raw.name),
            version=str(raw.version),
            run_id=run_id,
            about=self._about(raw.tags, raw.description),
            aliases=aliases,
            stage=raw.current_stage if raw.current_stage not in (None, "", "None") else None,
            artifact=None if artifact is None else scrub(without_user(artifact)),
            created=_moment(raw.creation_timestamp),
            files=self._files(artifact),
            parameters=_parameters(logged.params) if logged is not None else (),
            metrics=_logged_metrics(logged) if logged is not None else (),
            untrained=f"the run {run_id} is not in the store" if run_id else "the version names no run",
        )

    def _files(self, artifact: str | None) -> Files:
        if artifact is None or not self.config.files:
            return Files()
        files, warning = model_files(artifact, self.store.uri)
        if warning is not None:
            self.warnings.append(warning)
        return files

    def _logged_model(self, raw: Any) -> Any:
        match = re.fullmatch(r"models:/(m-[0-9a-f]+)", raw.source or "")
        return self._asked(lambda: self.store.client.get_logged_model(match[1])) if match else None

    def _artifact(self, raw: Any, logged: Any) -> str | None:
        """Return where the files of a version lie."""
        if logged is not None:
            return str(logged.artifact_location)
        source_ = str(raw.source or "")
        match = re.fullmatch(r"runs:/([^/]+)/(.+)", source_)
        run = self._asked(lambda: self.store.client.get_run(match[1])) if match else None
        if match and run is not None:
            return f"{str(run.info.artifact_uri).rstrip('/')}/{match[2]}"
        return source_ if source_ and not source_.startswith(("models:/", "runs:/")) else None

    def _asked(self, ask: Callable[[], T]) -> T | None:
        """Return what MLflow answers; what one thing refers to may be gone while all else is there."""
        try:
            return ask()
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            self.warnings.append(ReadWarning(f"something that is referred to is gone: {said(error)}", self.store.where))
            return None

    def _runs(self, experiments: list[Any]) -> Iterator[tuple[records.Run, Any]]:
        by_run: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for key, each in self.versions.items():
            by_run[each.run_id or ""].append(key)
        for experiment in experiments:
            logged = self._logged_models(experiment)
            for raw in self._runs_of(experiment.experiment_id):
                yield self._run(raw, experiment, logged[raw.info.run_id], by_run[raw.info.run_id]), raw

    def _runs_of(self, experiment: str) -> Iterator[Any]:
        client, order = self.store.client, ["attributes.start_time ASC"]
        return _pages(
            lambda token: client.search_runs([experiment], max_results=PAGE, page_token=token, order_by=order)
        )

    def _logged_models(self, experiment: Any) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = defaultdict(list)
        client, id_ = self.store.client, experiment.experiment_id
        for each in _pages(lambda token: client.search_logged_models([id_], page_token=token)):
            found[each.source_run_id or ""].append(each)
        return found

    def _run(self, raw: Any, experiment: Any, logged: list[Any], keys: list[tuple[str, str]]) -> records.Run:
        info, tags = raw.info, dict(raw.data.tags)
        uses = tuple(self._use(each, raw) for each in (raw.inputs.dataset_inputs if raw.inputs else ()))
        metrics = tuple(sorted((_named(name), _value(value)) for name, value in raw.data.metrics.items()))
        for key in keys:
            self._complete(key, raw, uses, metrics, len(logged))
        return records.Run(
            namespace=self.config.namespace,
            run_id=info.run_id,
            name=info.run_name or None,
            experiment=_named(experiment.name),
            parent=tags.get("mlflow.parentRunId"),
            status=STATUS.get(info.status, "unknown"),
            started=_moment(info.start_time),
            ended=_moment(info.end_time) if info.status != "RUNNING" else None,  # a resumed run keeps its old end
            user=info.user_id or tags.get("mlflow.user") or None,
            about=self._about(tags),
            code=_code(tags),
            parameters=_parameters(raw.data.params),
            metrics=metrics,
            uses=uses,
            logged=tuple(_logged_model(each) for each in sorted(logged, key=lambda each: str(each.model_id))),
            trained=tuple(self.versions[key] for key in keys),
        )

    def _complete(
        self,
        key: tuple[str, str],
        raw: Any,
        uses: tuple[Use, ...],
        metrics: tuple[tuple[str, float], ...],
        logged: int,
    ) -> None:
        """Add to a version what its run says; metrics of a run with several models are not any one model's."""
        version = self.versions[key]
        sets = training(uses)
        self.versions[key] = replace(
            version,
            parameters=version.parameters or _parameters(raw.data.params),
            metrics=metrics if logged < 2 else version.metrics,
            training=sets,
            untrained=None if sets else untrained(uses),
            run_is_read=True,
        )

    def _use(self, raw: Any, run: Any) -> Use:
        logged, tags = raw.dataset, {each.key: each.value for each in raw.tags}
        key = (_named(logged.name), _named(logged.digest))
        found = source(logged.source_type or "", logged.source, self.config.namespaces)
        if key not in self.datasets:
            self.datasets[key] = LoggedDataset(
                self.config.namespace,
                *key,
                found,
                columns(logged.schema),
                rows(logged.profile),
                _moment(run.info.start_time),
            )
            self._doubts(self.datasets[key])
        elif found != self.datasets[key].source:
            where = f"{' '.join(key)}, run {run.info.run_id}"
            self.warnings.append(ReadWarning("the dataset was logged with another source before, which is told", where))
        return Use(self.datasets[key], tags.get("mlflow.data.context"))

    def _doubts(self, dataset: LoggedDataset) -> None:
        """Say what a logged dataset leaves open."""
        where = f"{dataset.name} {dataset.digest}"
        if dataset.columns is None:
            self.warnings.append(ReadWarning("the dataset was logged without columns: they stay unknown", where))
        if (dataset.source.sql or dataset.source.table) and dataset.source.namespace is None:
            hint = f"Add its URI, or {dataset.source.type!r}, to `namespaces` in the recipe"
            self.warnings.append(ReadWarning("nothing tells the platform of the dataset's source", where, hint))

    def _histories(self, raw: Any) -> Iterator[History]:
        for metric, told in sorted(self.store.history(raw.info.run_id, sorted(raw.data.metrics))):
            points: dict[tuple[int, datetime], float] = {}
            for step, timestamp, value in sorted(told, key=lambda each: (each[0], each[1], _order(each[2]))):
                moment = _moment(timestamp)
                if moment is not None:
                    points[step, moment] = _value(value)
            listed = tuple((step, moment, value) for (step, moment), value in points.items())
            yield History(self.config.namespace, raw.info.run_id, _named(metric), listed)

    def _mark(self, raw: Any) -> str:
        """Return what changes when a metric of a run gets a new last point, or goes by another name; "" if unknown."""
        told = getattr(raw.data, "_metric_objs", None)
        if told is None:
            return ""
        last = sorted((each.key, each.step, each.timestamp, str(each.value)) for each in told)
        return hashlib.sha256(json.dumps([self.config.namespace, last]).encode()).hexdigest()[:16]

    def _models(self, models: list[Any]) -> Iterator[Item]:
        for each in sorted(models, key=lambda each: str(each.name)):
            own = [version for (name, _), version in self.versions.items() if name == each.name]
            told = next((found for found in reversed(own) if found.files.framework), None)
            pipeline = told.files.pipeline if told else None
            yield Model(
                self.config.namespace,
                _named(each.name),
                self._about(each.tags, each.description),
                pipeline.task if pipeline else None,
                told.files.framework if told else None,
            )
            yield from own
            for alias, version in sorted(_aliases(each).items()):
                yield records.Alias(self.config.namespace, _named(each.name), _named(alias), version)

    def _about(self, tags: Mapping[str, str], prose: str | None = None) -> About:
        """Return what people say of something, and keep the owners that it names."""
        named = [each for part in re.split(r"[,;\n]", tags.get(self.config.owner_tag) or "") for each in owners(part)]
        for each in named:
            known = self.people.get(each.key, each)
            self.people[each.key] = Person(each.key, each.name or known.name, each.email or known.email)
        own = tuple(sorted((key, str(value)) for key, value in tags.items() if not key.startswith(SYSTEM)))
        return About(
            prose or tags.get("mlflow.note.content") or None, own, tuple(dict.fromkeys(each.key for each in named))
        )


def _named(text: Any) -> str:
    """Return a name that a URN can hold: on one line, without credentials."""
    return on_one_line(scrub(str(text))) or "unnamed"


def _aliases(model: Any) -> dict[str, str]:
    return {str(alias): str(version) for alias, version in dict(model.aliases or {}).items()}


def _moment(milliseconds: Any) -> datetime | None:
    """Return a time of MLflow's, which counts milliseconds since 1970 UTC; None for one that no calendar has."""
    if milliseconds is None:
        return None
    try:
        return EPOCH + timedelta(milliseconds=int(milliseconds))
    except (OverflowError, ValueError, TypeError):
        return None


def _value(value: float) -> float:
    """Return a metric's value, an infinity where MLflow's store put the largest float in its place."""
    return math.copysign(math.inf, value) if abs(value) >= LARGEST else float(value)


def _order(value: float) -> tuple[bool, float]:
    return (True, 0.0) if math.isnan(value) else (False, value)


def _parameters(said_: Mapping[str, str] | None) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted((_named(name), _scalar(str(value))) for name, value in (said_ or {}).items()))


def _scalar(text: str) -> Value:
    """Return a parameter, which MLflow keeps as text, as the number or truth value that it spells."""
    if text in ("True", "False"):
        return text == "True"
    match = _NUMERAL.fullmatch(text)
    if match is None:
        return text
    is_whole = match[1] is None and "e" not in text.lower()
    number = int(text) if is_whole else float(text)
    return number if math.isfinite(number) else text


def _logged_metrics(logged: Any) -> tuple[tuple[str, float], ...]:
    last: dict[str, Any] = {}
    for each in sorted(logged.metrics or (), key=lambda each: (each.step, each.timestamp)):
        last[_named(each.key)] = _value(each.value)
    return tuple(sorted(last.items()))


def _logged_model(raw: Any) -> records.LoggedModel:
    try:
        listed = json.loads(raw.tags.get("mlflow.modelVersions") or "[]")
        registered = ", ".join(f"{each['name']} {each['version']}" for each in listed)
    except (ValueError, KeyError, TypeError):
        registered = ""
    return records.LoggedModel(str(raw.model_id), _named(raw.name), registered or None)


def _code(tags: Mapping[str, str]) -> records.Code | None:
    found = records.Code(
        repository=tags.get("mlflow.source.git.repoURL"),
        commit=tags.get("mlflow.source.git.commit"),
        branch=tags.get("mlflow.source.git.branch"),
        path=tags.get("mlflow.source.name"),
        entry_point=tags.get("mlflow.project.entryPoint"),
    )
    return found if any((found.repository, found.commit, found.branch, found.path, found.entry_point)) else None
