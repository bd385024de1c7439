"""The demo's data, as the Makefile builds it: a DuckDB file, dbt's artifacts, a store of MLflow, and the recipes that
read them."""

from __future__ import annotations

import io
import os
from functools import cache
from pathlib import Path

import pytest

from clew_connectors.dry_run import DryRun
from clew_connectors.recipe import Recipe, load
from clew_connectors.run import run
from clew_schemas import Record
from clew_schemas.event import decode

ROOT = Path(__file__).parents[2]
WORK = ROOT / "demo" / ".work"
RECIPES = ("duckdb", "dbt")
EVERY_RECIPE = (*RECIPES, "mlflow", "project")


def recipe(name: str) -> Recipe:
    """Return one of the demo's recipes; fail with the command to run where the demo was not built."""
    if not (WORK / ".built").exists() and not (WORK / "target" / "manifest.json").exists():
        pytest.fail("the demo's data is not built: run make demo ONCE=1, or make test")
    environment = {
        "NYC_DUCKDB": str(WORK / "nyc.duckdb"),
        "DBT_ARTIFACTS": str(WORK / "target"),
        "MLFLOW_STORE": str(WORK / "mlflow"),
        **os.environ,
    }
    return load(ROOT / "demo" / "recipes" / f"{name}.yml", environment)


@cache
def records(name: str, clock: int = 1_750_000_000_000_000) -> tuple[Record, ...]:
    """Return all records of one crawl of the demo: its open, its groups, its close."""
    paper = io.StringIO()
    run(recipe(name), DryRun(paper), clock=lambda: clock)
    return tuple(decode(line.encode()) for line in paper.getvalue().splitlines())
