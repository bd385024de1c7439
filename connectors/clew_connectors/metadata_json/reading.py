"""One checked document on its way to records: defaults filled in, names resolved. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from clew_connectors.metadata_json.config import MetadataConfig
from clew_connectors.metadata_json.document import HINT, Document, known, moment
from clew_connectors.metadata_json.features import Training, features_of, pairs_of_numbers, sources_of
from clew_connectors.metadata_json.records import (
    Code,
    Column,
    Dataset,
    DatasetUse,
    Deployment,
    Endpoint,
    Environment,
    Evaluation,
    Feature,
    Model,
    Notes,
    Number,
    Origin,
    Project,
    Run,
    Scalar,
    Stage,
    Version,
)
from clew_connectors.metadata_json.stages import role
from clew_connectors.nameable import on_one_line, unnameable
from clew_connectors.people import Person, owners
from clew_schemas import urn
from clew_schemas.errors import BadInput

BY_NAME = 0.5
"""Confidence that a dataset is the table of the same name, when nothing else says so."""
UNVERSIONED = "unversioned"
TELLS_OF_A_MODEL = (
    "model model_name model_version model_id algorithm hyperparameters metrics evaluation importances features target "
    "imputation scaling encoding deployment endpoint"
).split()
"""A file with one of these tells of a model."""

Said = Mapping[str, Any]


class Reading:
    """One document: `project` gives its own record, and keeps what it may share with others beside it."""

    def __init__(self, config: MetadataConfig, document: Document, folder: str) -> None:
        self.config = config
        self.document = document
        self.said = document.value
        self.persons: list[Person] = []
        self.datasets: dict[str, Dataset] = {}
        self.deployments: dict[str, Deployment] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.name = self._name(self.said.get("project") or self.said.get("name") or folder, "project")
        about = self.said.get("model")
        self.about: Said = about if isinstance(about, dict) else {"name": about} if about else {}
        self.model_name = self._name(self.about.get("name") or self.said.get("model_name") or self.name, "model")
        version = self.about.get("version", self.said.get("model_version", self.said.get("version")))
        self.version_name = None if version is None else self._name(_text(version), "version")
        self.version_urn = self._urn("model_version", self.model_name, self.version_name or UNVERSIONED)
        self.model: Model | None = None

    def project(self, claimed: set[str]) -> Project:
        """Return the document's own record, and keep what it shares with others beside."""
        said = self.said
        self.persons = list(owners(said.get("owner")))
        keys = tuple(dict.fromkeys(each.key for each in self.persons))
        training = self._training()
        tells = any(name in said for name in TELLS_OF_A_MODEL)
        version = self._version(training, keys) if tells else None
        experiment = self._urn("experiment", self._name(said.get("experiment") or self.name, "experiment"))
        self._keep_used(training, version)
        notes = {key: value for key, value in said.items() if key not in known()}
        if isinstance(said.get("environment"), str):
            notes["environment"] = said["environment"]
        return Project(
            name=self.name,
            title=said.get("name") if said.get("project") else None,
            experiment=experiment,
            claims_experiment=experiment not in claimed,
            pipeline=self._urn("pipeline", self.name),
            description=said.get("description") or None,
            owners=keys,
            code=self._code(),
            datasets=tuple(training.uses),
            version=version,
            stages=tuple(self._stages()),
            notes=_notes(notes),
        )

    def _training(self) -> Training:
        training = Training()
        for at, each in enumerate(_listed(self.said.get("dataset"))):
            about: Said = each if isinstance(each, dict) else {"name": each}
            dataset = self._dataset(about)
            if dataset.urn in self.datasets:
                raise BadInput(
                    "a dataset that is listed twice",
                    where=self.document.where("dataset", at),
                    hint="Give each a name or version of its own",
                )
            self.datasets[dataset.urn] = dataset
            table = dataset.origin.table if dataset.origin else None
            name_role = str(about.get("role") or "training").strip().casefold()
            training.add(DatasetUse(dataset.urn, name_role, about.get("rows"), table), dataset)
        return training

    def _dataset(self, about: Said) -> Dataset:
        name = self._name(about["name"], "dataset")
        version = None if about.get("version") is None else self._name(_text(about["version"]), "dataset")
        state = version or about.get("digest")
        columns = _columns(about.get("columns"))
        self._check_names([each.name for each in columns or ()], "dataset")
        return Dataset(
            urn=self._urn("dataset", name, *([self._name(state, "dataset")] if state else [])),
            name=name,
            version=version,
            columns=columns,
            used=(),
            origin=self._origin(name, about),
            location=about.get("location") or None,
            digest=about.get("digest") or None,
            description=about.get("description") or None,
            notes=_rest(about, "dataset_members"),
        )

    def _origin(self, name: str, about: Said) -> Origin | None:
        """Return the table that a dataset is: as the recipe or the file says, or by name if the recipe wants that."""
        mapped = self.config.table_of(name)
        if mapped is not None:
            return Origin(mapped, "stated", 1.0, f"the recipe says which table {name!r} is")
        table, namespace = about.get("table"), about.get("namespace")
        if table or namespace:
            found = self.config.table(table or name, namespace)
            if found is not None:
                return Origin(found, "stated", 1.0, "the file names the table")
        if self.config.unmapped == "name":
            found = self.config.table(table or name)
            if found is not None:
                return Origin(found, "name", BY_NAME, "only the name agrees")
        return None

    def _version(self, training: Training, keys: tuple[str, ...]) -> Version:
        said, about = self.said, self.about
        features = self._features(training)
        target = about.get("target") or said.get("target") or None
        self.model = self._model(keys)
        deployments = self._deployments()
        endpoints = self._endpoints(deployments)
        metrics, judged = self._metrics()
        importances = {**dict(pairs_of_numbers(said.get("importances") or {}))}
        importances |= dict(pairs_of_numbers(about.get("importances") or {}))
        importances |= {each.name: each.importance for each in features if each.importance is not None}
        notes = _loads(_rest(about, "model"))
        identity = about.get("id", said.get("model_id"))
        if identity is not None:
            notes["id"] = identity
        return Version(
            urn=self.version_urn,
            model=self.model.urn,
            version=self.version_name,
            run=self._run(),
            features_urn=self._own("feature_set", "features"),
            features=features,
            target=target,
            target_sources=sources_of(target, None, None, training)[0] if target else (),
            algorithm=about.get("algorithm") or said.get("algorithm") or None,
            framework=about.get("framework") or said.get("framework") or None,
            stage=about.get("stage") or None,
            aliases=_names(about.get("aliases")),
            artifact=about.get("artifact") or None,
            digest=about.get("digest") or None,
            size=about.get("size"),
            created=_moment(about.get("created")),
            parameters=tuple(
                _flat({**(said.get("hyperparameters") or {}), **(about.get("hyperparameters") or {})}, scalar_of)
            ),
            metrics=metrics,
            importances=tuple(importances.items()),
            environment=self._environment(),
            evaluation=self._evaluation(training, judged) if metrics or judged is not None else None,
            deployments=tuple(deployments),
            endpoints=tuple(endpoints),
            owners=keys,
            notes=_notes(notes),
        )

    def _features(self, training: Training) -> tuple[Feature, ...]:
        said: Said = {**self.said, **{key: self.about[key] for key in ("features", "target") if key in self.about}}
        features = features_of(said, training, self._own, self.document)
        self._check_names([each.name for each in features], "features")
        return features

    def _keep_used(self, training: Training, version: Version | None) -> None:
        """Tell each training dataset which of its columns are used."""
        if version is None:
            return
        every = [*version.target_sources, *(source for each in version.features for source in each.sources)]
        for at, dataset in enumerate(training.datasets):
            used = dict.fromkeys(each.column for each in every if each.dataset == at and each.column is not None)
            self.datasets[dataset.urn] = replace(dataset, used=tuple(used))
        training.uses = [_with_columns(use, self.datasets[use.urn]) for use in training.uses]

    def _model(self, keys: tuple[str, ...]) -> Model:
        said, about = self.said, self.about
        return Model(
            self._urn("model", self.model_name),
            about.get("task") or said.get("task") or None,
            about.get("framework") or said.get("framework") or None,
            about.get("purpose") or None,
            about.get("description") or None,
            keys,
        )

    def _metrics(self) -> tuple[tuple[tuple[str, Number], ...], Said | None]:
        """Return every number that was measured, and the evaluation when there is one."""
        judged = self.said.get("evaluation")
        found: dict[str, Number] = {}
        for said in (_numbers_in(judged or {}), (judged or {}).get("metrics"), self.said.get("metrics")):
            found |= dict(pairs_of_numbers(said or {}))
        found |= dict(pairs_of_numbers(self.about.get("metrics") or {}))
        return tuple(found.items()), judged

    def _evaluation(self, training: Training, judged: Said | None) -> Evaluation:
        judged = judged or {}
        named = judged.get("dataset")
        tested = [use.urn for use, set_ in zip(training.uses, training.all, strict=True) if set_.name == named]
        tested = tested or [use.urn for use in training.uses if use.role in ("test", "evaluation", "holdout")]
        rest = {
            key: value for key, value in _loads(_rest(judged, "evaluation")).items() if key not in _numbers_in(judged)
        }
        if named and not any(set_.name == named for set_ in training.all):
            rest["dataset"] = named
        return Evaluation(
            self._own("evaluation", "evaluation"),
            tuple(tested),
            judged.get("evaluator") or None,
            judged.get("verdict"),
            _notes(rest),
        )

    def _run(self) -> Run:
        about = self.said.get("run")
        said: Said = about if isinstance(about, dict) else {} if about is None else {"id": about}
        identity = said.get("id")
        named = [self._name(_text(identity), "run")] if identity is not None else []
        seconds = said.get("duration_seconds")
        return Run(
            self._urn("run", *(named or [self.model_name, self.version_name or UNVERSIONED])),
            said.get("status") or "unknown",
            _moment(said.get("started")),
            _moment(said.get("ended")),
            None if seconds is None else float(seconds) * 1000,
        )

    def _deployments(self) -> list[str]:
        since = _moment(self.said.get("deployed_at"))
        for at, each in enumerate(_listed(self.said.get("deployment"))):
            about: Said = each if isinstance(each, dict) else {"environment": each}
            environment = about.get("environment") or None
            alias = self._name(about.get("alias") or environment or "deployed", "deployment")
            deployment = Deployment(
                self._urn("deployment", self.model_name, alias),
                (self.version_urn,),
                alias,
                environment,
                about.get("status") or None,
                _moment(about.get("since")) or since,
                _rest(about, "deployment_members"),
            )
            if deployment.urn in self.deployments:
                raise BadInput(
                    "a deployment that is listed twice",
                    where=self.document.where("deployment", at),
                    hint="Give each an alias of its own",
                )
            self.deployments[deployment.urn] = deployment
        return list(self.deployments)

    def _endpoints(self, deployments: Sequence[str]) -> list[str]:
        for each in _listed(self.said.get("endpoint")):
            self._endpoint(each, tuple(deployments) or (self.version_urn,))
        for deployment, about in zip(deployments, _listed(self.said.get("deployment")), strict=True):
            for each in _listed(about.get("endpoint") if isinstance(about, dict) else None):
                self._endpoint(each, (deployment,))
        return list(self.endpoints)

    def _endpoint(self, said: Any, behind: tuple[str, ...]) -> None:
        about: Said = said if isinstance(said, dict) else {"url": said}
        health: Any = about.get("health") or self.said.get("health")
        checked = about.get("checked")
        if isinstance(health, dict):
            health, checked = health.get("status"), health.get("checked") or checked
        url = on_one_line(about["url"])
        name = about.get("name") or (self.model_name if not self.endpoints else url)
        identity = self._urn("endpoint", self._name(name, "endpoint"))
        since = _moment(about.get("since"))
        rest = _rest(about, "endpoint_members")
        found = Endpoint(identity, url, behind, about.get("protocol"), health, since, _moment(checked), rest)
        self.endpoints[identity] = first_told(self.endpoints.get(identity), found)

    def _code(self) -> Code | None:
        about = self.said.get("code")
        if isinstance(about, str):
            is_repository = "://" in about or about.startswith("git@")
            about = {"repository" if is_repository else "path": about}
        said: dict[str, Any] = {key: about[key] for key in known("code") if key in about} if about else {}
        for key in ("repository", "commit"):
            said.setdefault(key, self.said.get(key))
        found = Code(**said)
        return None if found == Code() else found

    def _environment(self) -> Environment | None:
        about = self.said.get("environment")
        said: Said = about if isinstance(about, dict) else {}
        packages, seeds = said.get("packages") or {}, said.get("seeds")
        if isinstance(packages, list):
            packages = {name: version for name, _, version in (each.partition("==") for each in packages)}
        if seeds is None:
            seeds = self.said.get("seed")
        seeds = {"seed": seeds} if isinstance(seeds, int) else seeds or {}
        plain = {key: said.get(key) for key in ("python", "platform", "image", "hardware")}
        found = Environment(**plain, packages=tuple(packages.items()), seeds=tuple(seeds.items()))
        return None if found == Environment() else found

    def _stages(self) -> Iterator[Stage]:
        said = self.said.get("stages") or []
        pairs: Iterable[tuple[Any, Any]] = said.items() if isinstance(said, dict) else ((None, each) for each in said)
        before: str | None = None
        seen: set[str] = set()
        for named, each in pairs:
            about: Said = each if isinstance(each, dict) else {"name": named or each, "description": named and each}
            name = self._name(named or about["name"], "stages")
            identity = self._urn("task", self.name, name)
            if identity in seen:
                raise BadInput("a stage that is listed twice", where=self.document.where("stages"), hint=HINT)
            seen.add(identity)
            notes = {key: value for key, value in about.items() if key not in ("name", "type", "description")}
            sort = about.get("type") or None
            yield Stage(
                identity, name, role(sort or name), sort, before, about.get("description") or None, _notes(notes)
            )
            before = identity

    def _own(self, kind: str, name: str) -> str:
        """Return the URN of something that belongs to the version."""
        return self._urn(kind, self.model_name, self.version_name or UNVERSIONED, name)

    def _urn(self, kind: str, *names: str) -> str:
        return urn.of_segments(kind, self.config.namespace, *names)

    def _name(self, text: Any, member: str) -> str:
        """Return a name on one line; raise BadInput for one without a sign that can be seen."""
        found = on_one_line(text)
        if not found:
            raise BadInput("an empty name", where=self.document.where(member), hint=HINT)
        return found

    def _check_names(self, names: Sequence[str], member: str) -> None:
        if unnameable(names) is not None:
            raise BadInput("a name with a control character", where=self.document.where(member), hint=HINT)
        if len({urn.segment(name) for name in names}) < len(names):
            raise BadInput("a name that is listed twice", where=self.document.where(member), hint="Keep one of them")


def _with_columns(use: DatasetUse, dataset: Dataset) -> DatasetUse:
    columns = dataset.used if dataset.columns is None else tuple(each.name for each in dataset.columns)
    return replace(use, columns=columns, confidence=dataset.origin.confidence if dataset.origin else 1.0)


def first_told(before: Any, now: Any) -> Any:
    """Return what was told first, with what only the later file tells."""
    if before is None:
        return now
    gaps = {name: getattr(now, name) for name in now.__slots__ if getattr(before, name) in (None, (), "")}
    return replace(before, **gaps)


def scalar_of(value: Any) -> Scalar:
    """Return a value as an aspect can hold it: a list as its JSON text."""
    return value if value is None or isinstance(value, str | int | float | bool) else json.dumps(value)


def _flat(said: Said, leaf: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in said.items():
        if isinstance(value, dict):
            yield from _flat(value, leaf, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", leaf(value)


def _columns(said: Any) -> tuple[Column, ...] | None:
    if said is None:
        return None
    if isinstance(said, dict):
        return tuple(Column(name, kind) for name, kind in said.items())
    return tuple(
        Column(each["name"], each.get("type"), each.get("nullable")) if isinstance(each, dict) else Column(each)
        for each in said
    )


def _listed(said: Any) -> list[Any]:
    return [] if said is None else said if isinstance(said, list) else [said]


def _names(said: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(on_one_line(each) for each in _listed(said)))


def _numbers_in(said: Said) -> dict[str, Any]:
    return {
        key: value
        for key, value in said.items()
        if key not in known("evaluation") and isinstance(value, int | float) and not isinstance(value, bool)
    }


def _text(value: Any) -> str:
    """Return a version or id as text: 2.0 is "2.0", and 2 is "2"."""
    return value if isinstance(value, str) else json.dumps(value)


def _moment(text: Any) -> Any:
    return moment(text) if isinstance(text, str) else None


def _rest(said: Said, definition: str) -> Notes | None:
    """Return what an object says beyond the members that the schema describes."""
    members = known(definition)
    return _notes({key: value for key, value in said.items() if key not in members})


def _notes(values: Said) -> Notes | None:
    return json.dumps(values, sort_keys=True, ensure_ascii=False) if values else None


def _loads(notes: Notes | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(notes) if notes else {}
    return found
