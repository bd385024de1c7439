"""One run of a script, recorded while it goes on: parameters, metrics, data, the model that comes of it."""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar, Token
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

import msgspec

from clew.errors import BadInput, ClewError
from clew.sdk.datasets import Dataset, Origin, events_of_logged, logged
from clew.sdk.frames import frame_of, names_of
from clew.sdk.house_client import HouseClient
from clew.sdk.models import Version, deployment_of, described, events_of_version
from clew.sdk.naming import plain, tag_urn
from clew.sdk.surroundings import environment, source_code
from clew.sdk.values import Scalar, flat, number, printed
from clew_schemas.event import Event, event
from clew_schemas.numerals import Number
from clew_schemas.urn import Urn

Status = Literal["running", "success", "failed", "aborted"]

ANNOUNCED_AFTER = 0.5
"""Seconds after which a run that goes on is said to be running; a shorter one is said once, when it has ended."""
METRICS_EVERY = 5.0
"""Seconds between two statements of the current metrics of a run that goes on."""

P = ParamSpec("P")
R = TypeVar("R")

_current: ContextVar[Run | None] = ContextVar("clew_run", default=None)


def _careful(work: Callable[Concatenate[Run, P], R]) -> Callable[Concatenate[Run, P], R | None]:
    """Have a method of a run never raise into the script, unless its client is strict."""

    @functools.wraps(work)
    def careful(self: Run, /, *args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            with self._lock:
                return work(self, *args, **kwargs)
        except Exception as error:
            self.client.mishap(error)
            return None

    return careful


class Run:
    """A run, from when it is made until its block ends. Made by `clew.run`.

    Its methods return at once and never raise, unless the client is strict: what could not be taken stands in the
    client's `errors`.
    """

    def __init__(
        self,
        client: HouseClient,
        name: str,
        *,
        model: str | None = None,
        experiment: str | None = None,
        seeds: Mapping[str, int] | None = None,
        tags: Sequence[str] = (),
        describe_environment: bool = True,
    ) -> None:
        self.client = client
        self.name = plain(name)
        self.model = None if model is None else plain(model)
        self.id = f"{self.name}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.urandom(4).hex()}"
        self.urn = client.names.run(self.id)
        self.parent: Run | None = _current.get()
        self.status: Status = "running"
        self._experiment: str | None = experiment or (self.parent._experiment if self.parent is not None else None)
        self._lock = threading.RLock()
        self._started = datetime.now(UTC)
        self._clock = time.perf_counter()
        self._parameters: dict[str, Scalar] = {}
        self._metrics: dict[str, Number] = {}
        self._withheld: dict[str, Event] = {}
        self._points: dict[str, int] = {}
        self._told = time.monotonic()
        self._inputs: dict[str, Dataset] = {}
        self._unknown: list[str] = []
        self._version: Version | None = None
        self._description: Any = None
        self._entered: Token[Run | None] | None = None
        self._pid = os.getpid()
        self._opening = self._opened(seeds, tags, describe_environment)
        client.announce(self.urn, [self._state(), *self._opening], ANNOUNCED_AFTER)

    def __repr__(self) -> str:
        return f"<Run {self.id} {self.status}>"

    def _say(self, *events: Event | Sequence[Event]) -> None:
        self.client.emit(*events, loose=True)

    # What stands at its beginning and end

    def _opened(self, seeds: Mapping[str, int] | None, tags: Sequence[str], surroundings: bool) -> list[Event]:
        said: list[Event] = []
        try:
            if self._experiment is not None:
                said += self._in_experiment(self._experiment)
            elif self.parent is not None:
                said.append(event(self.urn, "containment", {"parent": self.parent.urn}))
            if tags:
                said.append(event(self.urn, "tags", {"tags": [{"tag": tag_urn(tag)} for tag in tags]}))
            if surroundings or seeds:
                said.append(event(self.urn, "environment", environment(seeds)))
            if surroundings and (code := source_code()) is not None:
                said.append(event(self.urn, "source_code", code))
        except Exception as error:
            self.client.mishap(error)
        return said

    def _in_experiment(self, name: str) -> list[Event]:
        urn = self.client.names.experiment(name)
        parent = urn if self.parent is None else self.parent.urn
        said = [event(self.urn, "containment", {"parent": parent})]
        if self.client.first_time(urn):
            said.append(event(urn, "properties", {"name": plain(name)}))
        return said

    def _state(self, message: str | None = None) -> Event:
        said: dict[str, Any] = {
            "job": self.client.names.job(self.name),
            "status": self.status,
            "started": self._started.isoformat(),
        }
        if self.status != "running":
            lasted = time.perf_counter() - self._clock
            said["ended"] = datetime.now(UTC).isoformat()
            said["durationMs"] = round(lasted * 1000, 3)
        if message:
            said["message"] = message
        return event(self.urn, "run", said)

    @_careful
    def end(self, status: Status = "success", message: str | None = None) -> None:
        """End the run; the first time counts. A block of `with` does it by itself."""
        if self.status != "running":
            return
        if self._version is None and self._description is not None and self.model is not None:
            self._log_model(self.model, None, None, None, None)
        self.status = status
        said = [self._state(None if message is None else plain(message)[:400])]
        if self.client.withdraw(self.urn):
            said += self._opening
            if self._parameters:
                said.append(self._said_parameters())
        if self._metrics:
            said.append(event(self.urn, "metrics", {"values": self._metrics}))
        self._say(said)
        self.client.ended(self)

    def __enter__(self) -> Run:
        self._entered = _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._entered is not None:
            try:
                _current.reset(self._entered)
            except ValueError:  # left in another context than it was entered in, such as a generator's
                _current.set(self.parent)
            self._entered = None
        if error is None or (isinstance(error, SystemExit) and not error.code):
            self.end()
        elif isinstance(error, KeyboardInterrupt | GeneratorExit):
            self.end("aborted", type(error).__name__)
        else:
            self.end("failed", f"{type(error).__name__}: {printed(error)}")

    # Parameters and metrics

    @_careful
    def log_params(self, parameters: Mapping[str, Any]) -> None:
        """Note what was chosen beforehand. Mappings within are named with dots; what is no scalar counts as it prints.

        >>> run.log_params({"depth": 8, "tree": {"leaves": 31}})
        """
        self._parameters.update(flat(parameters))
        if not self.client.waiting(self.urn):
            self._say(self._said_parameters())

    def log_param(self, name: str, value: Any) -> None:
        """Note one parameter."""
        self.log_params({name: value})

    def _said_parameters(self) -> Event:
        return event(self.urn, "parameters", {"values": self._parameters})

    @_careful
    def log_metric(self, name: str, value: Any, step: int | None = None) -> None:
        """Note one measurement. Its last value is the run's; with a step, or from the second time on, its history too.

        NaN and the infinities are kept as such.

        >>> for epoch in range(3):
        ...     run.log_metric("loss", 1 / (epoch + 1), step=epoch)
        """
        self._measured(plain(name), value, step)
        self._tell_metrics()

    @_careful
    def log_metrics(self, values: Mapping[str, Any], step: int | None = None) -> None:
        """Note several measurements of one step. One that is no number is left out, and said in `errors`."""
        for name, value in values.items():
            try:
                self._measured(plain(name), value, step)
            except BadInput as error:
                self.client.mishap(error)
        self._tell_metrics()

    def _measured(self, name: str, value: Any, step: int | None) -> None:
        measured = number(value, f"metric {name}")
        self._metrics[name] = measured
        count = self._points[name] = self._points.get(name, -1) + 1
        point = Event(
            self.urn,
            "metric",
            payload=_point(measured),
            name=name,
            time=self.client.clock.now(),
            step=count if step is None else int(step),
        )
        if step is None and count == 0:
            self._withheld[name] = point
            return
        first = self._withheld.pop(name, None)
        self._say(*(point,) if first is None else (first, point))

    def _tell_metrics(self) -> None:
        now = time.monotonic()
        if now - self._told > METRICS_EVERY:
            self._told = now
            self._say(event(self.urn, "metrics", {"values": self._metrics}))

    # Data

    @_careful
    def use(
        self,
        dataset: Any,
        *,
        role: str | None = "training",
        name: str | None = None,
        source: str | None = None,
        sql: str | None = None,
        dialect: str = "ansi",
        namespace: str | None = None,
        digest: str | None = None,
    ) -> Dataset | None:
        """Note that the run uses data: a URN, the name of a dataset that the house knows, or a pandas DataFrame.

        A DataFrame is logged under `name` (else the run's) with its schema and a digest of its content; `source` is
        the table that it comes from, `sql` with `dialect` and `namespace` the query that made it. A name that the
        house doesn't know becomes a gap, never an invented edge.

        >>> table = run.use(trips, name="trips", role="training")
        >>> sorted(table.columns)
        ['distance', 'minutes']
        """
        if isinstance(dataset, Dataset):
            used = dataset if dataset.role is not None else replace(dataset, role=role)
        elif isinstance(dataset, str):
            found = self._known(dataset, role)
            if found is None:
                return None
            used = found
        else:
            used = log_dataset(
                self.client,
                dataset,
                name or self.name,
                role=role,
                source=source,
                sql=sql,
                dialect=dialect,
                namespace=namespace,
                digest=digest,
            )
        self._inputs[used.urn] = used
        self._say(event(self.urn, "data_inputs", {"datasets": [each.as_input() for each in self._inputs.values()]}))
        if self._version is not None:
            self._say_version()
        return used

    def _known(self, name: str, role: str | None) -> Dataset | None:
        found = known_dataset(self.client, name, role)
        if isinstance(found, str):
            self._unknown.append(found)
            self.client.mishap(BadInput(found, where="dataset", hint="Its lineage is left open"))
            return None
        return found

    # Models

    @_careful
    def capture(self, pipeline: Any, X: Any = None) -> None:  # noqa: N803 - scikit-learn's own name for it
        """Note what a fitted scikit-learn pipeline has learned: steps, features, learned values, importances.

        `X` is what it was fitted on, or its column names, for a pipeline that was fitted without names. The model
        version that the run makes carries it; without `log_model`, one is made at the end for the run's `model`.
        """
        names = names_of(X)
        if names is None and isinstance(X, Sequence) and not isinstance(X, str):
            names = [plain(each) for each in X]
        self._description = described(pipeline, names)
        if self._version is not None:
            self._say_version()

    @_careful
    def log_model(
        self,
        name: str | None = None,
        version: str | None = None,
        *,
        pipeline: Any = None,
        X: Any = None,  # noqa: N803
        target: str | None = None,
        framework: str | None = None,
        artifact: str | None = None,
    ) -> str | None:
        """Note the model version that comes of the run, and return its URN.

        `name` is else the run's `model`, or the run's own name; `version` is else made from the time. `pipeline` is
        captured as by `capture`; `target` names the column of the data that it learns to predict.
        """
        if pipeline is not None:
            self.capture(pipeline, X)
        return self._log_model(name or self.model or self.name, version, target, framework, artifact)

    def _log_model(
        self, name: str, version: str | None, target: str | None, framework: str | None, artifact: str | None
    ) -> str:
        self._version = Version(
            names=self.client.names,
            model=plain(name),
            version=plain(version) if version is not None else self.id.removeprefix(self.name + "-"),
            run=self.urn,
            target=target,
            framework=framework,
            artifact=artifact,
            created=self.client.clock.now(),
        )
        self._say_version()
        return self._version.urn

    def _say_version(self) -> None:
        assert self._version is not None
        inputs = list(self._inputs.values())
        self._say(events_of_version(self._version, self._description, inputs, self._unknown))

    @_careful
    def deploy(
        self, alias: str, endpoint: str | None = None, *, name: str | None = None, environment: str | None = None
    ) -> str | None:
        """Note that the run's model version is put to use under an alias, and answers at an address; return the URN.

        `name` is what the endpoint is called, else its address without the scheme. Needs `log_model` before.

        >>> version = run.log_model("delays", pipeline=None, target="minutes")
        >>> run.deploy("champion", endpoint="http://localhost:8080/predict")
        'urn:clew:deployment:(sdk://docs,delays.champion)'
        """
        if self._version is None and self._description is not None and self.model is not None:
            self._log_model(self.model, None, None, None, None)
        if self._version is None:
            raise BadInput("there is no model version to deploy", where="deploy", hint="Call log_model before")
        since = self.client.clock.now().isoformat()
        urn, said = deployment_of(self._version, plain(alias), endpoint, name, environment, since)
        self._say(said)
        return urn


def current() -> Run | None:
    """Return the run whose block this is in, None outside of any."""
    return _current.get()


def known_dataset(client: HouseClient, name: str, role: str | None) -> Dataset | str:
    """Return a dataset by its URN or by a name that the house knows, or what keeps it from being known."""
    if name.startswith("urn:clew:"):
        urn = Urn.parse(name)
        if urn.kind != "dataset":
            return f"{name[:200]} is no dataset"
        seen = client.look(name)
        columns = None if isinstance(seen, ClewError) else _columns_of(seen.columns)
        return Dataset(name, columns, role=role)
    seen = client.look(name)
    if isinstance(seen, ClewError):
        return f"the dataset {name[:200]!r} could not be looked up: {seen.what}"
    if seen.kind != "dataset":
        return f"{name[:200]!r} is a {seen.kind}, no dataset"
    return Dataset(seen.urn, _columns_of(seen.columns), role=role)


def _columns_of(columns: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    return {Urn.parse(each["urn"]).label: each["name"] for each in columns} or None


def log_dataset(
    client: HouseClient,
    table: Any,
    name: str,
    *,
    role: str | None = None,
    source: str | None = None,
    sql: str | None = None,
    dialect: str = "ansi",
    namespace: str | None = None,
    digest: str | None = None,
) -> Dataset:
    """Say what a table in memory is, and return it as runs use it; raise BadInput for what is no table."""
    frame = frame_of(table, digest)
    origin = _origin(client, source, sql, dialect, namespace)
    dataset = logged(client.names, name, frame, origin, role)
    client.emit(events_of_logged(dataset, name, frame, origin, client.clock.now()), loose=True)
    return dataset


def _origin(client: HouseClient, source: str | None, sql: str | None, dialect: str, namespace: str | None) -> Origin:
    if sql is not None:
        if namespace is None:
            raise BadInput("SQL needs the namespace of its tables", where="namespace", hint="Such as duckdb://nyc")
        return Origin(sql=sql, dialect=dialect, namespace=namespace)
    if source is None:
        return Origin()
    found = known_dataset(client, source, None)
    if isinstance(found, str):
        return Origin(unknown=found)
    return Origin(table=found.urn, columns=None if found.columns is None else list(found.columns.values()))


def _point(value: Number) -> msgspec.Raw:
    return msgspec.Raw(b'{"value":%s}' % (msgspec.json.encode(value)))
