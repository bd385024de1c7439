"""Reads dbt's artifacts: the project as `joined` puts it together, then how its jobs and tests came out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import clew_connectors.dbt.artifacts as artifacts
from clew_connectors.dbt.config import DbtConfig
from clew_connectors.dbt.joined import BUILDS, Joined, home
from clew_connectors.dbt.records import Item, JobRun, Project, TestResult
from clew_connectors.dbt.translate import TEST_STATUS, scope
from clew_connectors.people import merged
from clew_connectors.port import Discovery, ReadWarning, State
from clew_schemas.errors import BadInput, ClewError

TRUSTED = frozenset({"build", "test", "run", "seed", "snapshot"})
"""Commands whose results say how things went; `docs generate` and `compile` write `success` for a test never run."""


def check(config: DbtConfig) -> list[ClewError]:
    """Load every artifact; the problems come from all of them."""
    problems = []
    for attempt in (_manifest, _catalog, _results):
        try:
            attempt(config)
        except ClewError as error:
            problems.append(error)
    return problems


def discover(config: DbtConfig) -> Discovery:
    """Count what the manifest lists."""
    manifest = _manifest(config)
    types = [node.resource_type for node in manifest.nodes.values()]
    counts = {f"{kind}s": types.count(kind) for kind in ("model", "seed", "snapshot", "test") if kind in types}
    counts |= {"sources": len(manifest.sources), "exposures": len(manifest.exposures)}
    return Discovery(scope(home(manifest), config.namespace, config.models), counts)


def read(config: DbtConfig, state: State | None = None) -> Iterator[Item | ReadWarning]:
    """Yield the project, people, datasets, jobs, tests, exposures, results, each by name. Keeps no state."""
    reading, results = Joined(config, _manifest(config), _catalog(config)), _results(config)
    yield Project(reading.home, reading.name)
    yield from merged(reading.people())
    yield from reading.groups()
    yield from reading.datasets()
    yield from reading.jobs()
    yield from reading.tests()
    yield from reading.exposures()
    yield from reading.model_owners()
    if results is not None:
        yield from _outcomes(reading, results, config)


def _manifest(config: DbtConfig) -> artifacts.Manifest:
    path = _path(config.manifest)
    manifest = artifacts.manifest(path)
    for name in ("project_name", "adapter_type"):
        if not getattr(manifest.metadata, name):
            raise BadInput(
                f"the manifest does not say its {name}",
                where=f"{path}: $.metadata.{name}",
                hint="Let dbt-core write it: dbt build, or dbt docs generate",
            )
    return manifest


def _catalog(config: DbtConfig) -> artifacts.Catalog | None:
    return artifacts.catalog(_path(config.catalog)) if config.catalog else None


def _results(config: DbtConfig) -> artifacts.RunResults | None:
    return artifacts.run_results(_path(config.run_results)) if config.run_results else None


def _path(said: str) -> Path:
    return Path(said).expanduser()


def _outcomes(
    reading: Joined, results: artifacts.RunResults, config: DbtConfig
) -> Iterator[TestResult | JobRun | ReadWarning]:
    """Yield how tests and jobs came out, when a command ran them; nothing else in an artifact tells."""
    which = results.args.which or "an unknown command"
    if which not in TRUSTED:
        yield ReadWarning(
            f"the run results are of dbt {which}, which runs no test: not read",
            where=config.run_results,
            hint="dbt docs generate writes run_results.json anew: copy it after dbt build",
        )
        return
    invocation = results.metadata.invocation_id or results.metadata.generated_at.isoformat()
    for each in sorted(results.results, key=lambda each: each.unique_id):
        node = reading.manifest.nodes.get(each.unique_id)
        if node is not None and node.resource_type in BUILDS:
            yield _job_run(reading, each, invocation)
        elif node is not None and node.resource_type == "test" and each.status not in TEST_STATUS:
            yield ReadWarning(f"{each.unique_id} came out as {each.status!r}, which is not known", config.run_results)
        elif node is not None and node.resource_type == "test" and reading.tested(node):
            ended = _last(timing.completed_at for timing in each.timing) or results.metadata.generated_at
            milliseconds = round(each.execution_time * 1000, 3)
            test = reading.node(each.unique_id)
            yield TestResult(test, each.status, each.failures, each.message, milliseconds, ended)


def _job_run(reading: Joined, result: artifacts.Result, invocation: str) -> JobRun:
    started = [timing.started_at for timing in result.timing if timing.started_at]
    return JobRun(
        reading.node(result.unique_id),
        invocation,
        result.status,
        min(started, default=None),
        _last(timing.completed_at for timing in result.timing),
        round(result.execution_time * 1000, 3),
        result.message,
    )


def _last(moments: Iterable[datetime | None]) -> datetime | None:
    return max((each for each in moments if each), default=None)
