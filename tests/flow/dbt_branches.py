"""The demo's dbt project in a git repository with four branches, each compiled by dbt itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from flow.demo_data import ROOT, WORK

BRANCHES = ("drop", "rename", "formula", "reformat")
RULES = "check:\n  namespace: duckdb://nyc\n  models_namespace: mlflow://nyc\n  dialect: duckdb\n"
COMPILE = """
import sys
from dbt.cli.main import dbtRunner
for name in sys.argv[1:]:
    words = ["compile", "--project-dir", name, "--profiles-dir", name, "--target-path", f"../target-{name}", "--quiet"]
    done = dbtRunner().invoke([*words, "--log-path", "../logs"])
    if not done.success:
        sys.exit(f"{name}: {done.exception}")
"""
REFORMATTED = """-- Delays by airport and day.
WITH days AS (
    SELECT origin, flight_date,
        COUNT(*) AS scheduled,
        COUNT(*) FILTER (WHERE (is_cancelled)) AS cancelled,
        AVG(dep_delay) AS avg_dep_delay, MAX(dep_delay) AS max_dep_delay,
        SUM(CASE WHEN 60 < dep_delay THEN 1 ELSE 0 END) AS very_late
    FROM {{ ref('stg_flights') }}
    GROUP BY ALL
)

SELECT
    d.*,
    a.airport_name,
    AVG(avg_dep_delay) OVER (PARTITION BY origin ORDER BY flight_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)
        AS avg_dep_delay_7d,
    SUM(cancelled) OVER week AS cancelled_7d
FROM days AS d
INNER JOIN {{ ref('stg_airports') }} AS a ON a.airport = d.origin
WINDOW week AS (PARTITION BY d.origin ORDER BY d.flight_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)
"""


def repository(folder: Path) -> Path:
    """Make the repository with its branches in a folder, a work tree for each beside; return the one of main."""
    main = folder / "main"
    shutil.copytree(ROOT / "demo" / "dbt", main, ignore=shutil.ignore_patterns("logs", "target", "dbt_packages"))
    (main / "clew.yml").write_text(RULES)
    (main / ".gitignore").write_text("target/\nlogs/\n")
    git(main, "init", "--quiet", "--initial-branch", "main")
    commit(main, "As it is")
    for branch in BRANCHES:
        git(main, "worktree", "add", "--quiet", "-b", branch, f"../{branch}")
        CHANGES[branch](folder / branch)
        commit(folder / branch, branch)
    return main


def compiled(folder: Path) -> None:
    """Write target-<branch> for each branch and for main: dbt's manifest, and the catalog as main was built."""
    python = WORK / "venv" / "bin" / "python"
    if not python.exists() or not (WORK / "nyc.duckdb").exists():
        pytest.fail("the demo's data is not built: run make demo ONCE=1, or make test")
    shutil.copyfile(WORK / "nyc.duckdb", folder / "nyc.duckdb")
    environment = {**os.environ, "NYC_DUCKDB": str(folder / "nyc.duckdb"), "DO_NOT_TRACK": "1"}
    names = ("main", *BRANCHES)
    subprocess.run([python, "-c", COMPILE, *names], cwd=folder, env=environment, check=True, timeout=240)
    for name in names:
        shutil.copyfile(WORK / "target" / "catalog.json", folder / f"target-{name}" / "catalog.json")


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@nyc-flights.example")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def edited(file: Path, *pairs: tuple[str, str]) -> None:
    text = file.read_text()
    for before, after in pairs:
        assert before in text, f"{file} has no {before!r}"
        text = text.replace(before, after)
    file.write_text(text)


def _drop(project: Path) -> None:
    edited(project / "models/staging/stg_flights.sql", ("sched_arr_time)", "sched_arr_time, dep_delay)"))


def _rename(project: Path) -> None:
    models = project / "models"
    new = "sched_arr_time, dep_delay),\n    dep_delay as departure_delay"
    edited(models / "staging/stg_flights.sql", ("sched_arr_time)", new))
    edited(
        models / "intermediate/int_flight_delays.sql",
        ("    dep_delay,\n", "    departure_delay as dep_delay,\n"),
        ("    dep_delay - arr_delay", "    departure_delay - arr_delay"),
        ("delay_band('dep_delay')", "delay_band('departure_delay')"),
    )
    edited(models / "features/aircraft_rotation.sql", ("lag(dep_delay)", "lag(departure_delay)"))
    edited(
        models / "marts/daily_origin_delays.sql",
        ("avg(dep_delay) as", "avg(departure_delay) as"),
        ("max(dep_delay) as", "max(departure_delay) as"),
        ("when dep_delay >", "when departure_delay >"),
    )
    edited(models / "staging/staging.yml", ("      - name: dep_delay\n", "      - name: departure_delay\n"))


def _formula(project: Path) -> None:
    edited(project / "models/intermediate/int_flight_delays.sql", ("arr_delay > 15 as", "arr_delay >= 15 as"))


def _reformat(project: Path) -> None:
    (project / "models/marts/daily_origin_delays.sql").write_text(REFORMATTED)


CHANGES = {"drop": _drop, "rename": _rename, "formula": _formula, "reformat": _reformat}
