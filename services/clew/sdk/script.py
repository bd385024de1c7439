"""The functions of the module: they use the client that was connected last, and the run that is current."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from clew.sdk.client import Client, at_exit, connected
from clew.sdk.datasets import Dataset
from clew.sdk.runs import Run, current
from clew.sdk.spool import LIMIT
from clew.sdk.values import printed
from clew_schemas.event import Event

_default: Client | None = None


def connect(
    url: str | None = None,
    home: str | Path | None = None,
    token: str | None = None,
    *,
    project: str | None = None,
    source: str | None = None,
    namespace: str | None = None,
    strict: bool = False,
    spool_limit: int = LIMIT,
) -> Client:
    """Return a client of a house; it is the one that the functions of `clew` use from now on, until it is closed.

    `url` (else CLEW_URL) names a house that runs somewhere, `token` (else CLEW_TOKEN) opens it; on the same machine
    none is needed. Without a URL it is the house of `home` (else CLEW_HOME, else `.clew`): the one that `clew up` runs
    there, else one that is opened in this process. `project` (else CLEW_PROJECT, else the user's name) is in whose
    name things are said: the source `sdk:<project>`, the namespace `sdk://<project>`.

    Nothing is opened or asked yet: a house that is away is no reason to fail. What is said then waits on disk, at most
    `spool_limit` bytes. With `strict`, everything said waits for the house and raises what goes wrong. Raises BadInput
    for a URL that is none.
    """
    global _default
    _default = connected(
        url,
        home,
        token,
        project=project,
        source=source,
        namespace=namespace,
        strict=strict,
        spool_limit=spool_limit,
    )
    return _default


def default_client() -> Client:
    """Return the client that the functions of `clew` use: the last connected one, else a new one by the environment."""
    global _default
    if _default is None or _default.closed:
        _default = connected()
    return _default


def emit(*events: Event | Iterable[Event]) -> None:
    """Say something, in the background; never raises. See `Client.emit`.

    >>> shop = clew.urn("dataset", "postgres://db:5432", "shop.public.orders")
    >>> clew.emit(clew.event(shop, "documentation", {"text": "One row an order."}))
    """
    default_client().emit(*events)


def flush(timeout: float = 30.0) -> bool:
    """Wait until the house has answered everything said so far; return whether it has."""
    return default_client().flush(timeout)


def run(
    name: str,
    *,
    model: str | None = None,
    experiment: str | None = None,
    seeds: Mapping[str, int] | None = None,
    tags: Sequence[str] = (),
    describe_environment: bool = True,
) -> Run:
    """Begin a run; as a block, it ends with it, else with the process. See `Client.run`.

    >>> with clew.run("nightly-scores", experiment="scores") as run:
    ...     run.log_params({"depth": 8})
    ...     run.log_metric("rmse", 12.5)
    >>> run.status
    'success'
    """
    return default_client().run(
        name,
        model=model,
        experiment=experiment,
        seeds=seeds,
        tags=tags,
        describe_environment=describe_environment,
    )


def current_run() -> Run:
    """Return the run whose block this is, else the one that was begun last, else a new one named after the script."""
    found = current() or default_client().open_run
    return found if found is not None else default_client().run(_script())


def log_params(parameters: Mapping[str, Any]) -> None:
    """Note parameters of the current run. See `Run.log_params`."""
    current_run().log_params(parameters)


def log_metric(name: str, value: Any, step: int | None = None) -> None:
    """Note one measurement of the current run. See `Run.log_metric`."""
    current_run().log_metric(name, value, step)


def log_metrics(values: Mapping[str, Any], step: int | None = None) -> None:
    """Note measurements of the current run. See `Run.log_metrics`."""
    current_run().log_metrics(values, step)


def use(dataset: Any, **said: Any) -> Dataset | None:
    """Note that the current run uses data. See `Run.use`."""
    return current_run().use(dataset, **said)


def capture(pipeline: Any, X: Any = None) -> None:  # noqa: N803 - scikit-learn's own name for it
    """Note what a fitted scikit-learn pipeline of the current run has learned. See `Run.capture`."""
    current_run().capture(pipeline, X)


def log_model(name: str | None = None, version: str | None = None, **said: Any) -> str | None:
    """Note the model version that comes of the current run. See `Run.log_model`."""
    return current_run().log_model(name, version, **said)


def deploy(alias: str, endpoint: str | None = None, **said: Any) -> str | None:
    """Note that the model version of the current run is put to use. See `Run.deploy`."""
    return current_run().deploy(alias, endpoint, **said)


def log_dataset(table: Any, name: str, **said: Any) -> Dataset | None:
    """Say what a pandas DataFrame is, outside of any run. See `Client.log_dataset`."""
    return default_client().log_dataset(table, name, **said)


def _script() -> str:
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(path).stem if path else "session"


def _end() -> None:
    """Runs that were begun without a block end with the script: failed when an exception ended it."""
    if _default is None or _default.closed:
        return
    error = getattr(sys, "last_value", None)
    if error is None:
        _default.end_runs("success")
    else:
        _default.end_runs("failed", f"{type(error).__name__}: {printed(error)}")


at_exit(_end)
