"""How fast runs are recorded: through the SDK into a running `clew up`, and into MLflow's own SQLite store beside it.

    python -m benchmarks.sdk_runs --runs 3000 --repeat 5

A run has three events: how it ended, its parameters, its metrics. Timed is from the first run until the house has
answered for the last one (`flush`). MLflow records the same runs through its client into a fresh SQLite store; where
it is not installed, that line is left out. 10,000 steps of one metric follow: bytes sent, against the bytes of the
points by themselves.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import clew

STEPS = 10_000


@contextmanager
def running(home: Path) -> Iterator[None]:
    """Run `clew up` on a home of its own while the block lasts."""
    command = [str(Path(sys.executable).with_name("clew")), "up", "--port", "0"]
    environment = {**os.environ, "CLEW_HOME": str(home)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (home / "run.json").exists():
            if process.poll() is not None:
                raise SystemExit("clew up did not start")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def through_sdk(home: Path, runs: int, *, full: bool) -> tuple[float, float]:
    """Record runs; return how long the script was held up, and until the house had answered, in seconds."""
    with clew.connect(home=home, project="bench") as client:
        started = time.perf_counter()
        for number in range(runs):
            with client.run("train", describe_environment=full) as run:
                run.log_params({"depth": number % 12, "rate": 0.1, "trees": 100})
                run.log_metrics({"rmse": 30.0 + number / runs, "mae": 20.0})
        said = time.perf_counter() - started
        if not client.flush(600):
            raise SystemExit(f"not all arrived: {client.stats()}")
        done = time.perf_counter() - started
        stats = client.stats()
        if stats.refused or stats.dropped or stats.sent < runs * 3:
            raise SystemExit(f"not all was taken: {stats} {list(client.errors)[:3]}")
    return said, done


def through_mlflow(folder: Path, runs: int) -> float:
    """Record the same runs in MLflow's SQLite store; return seconds."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.set_experiment("bench")
    with mlflow.start_run():  # the store is made at its first use
        mlflow.log_metric("rmse", 0.0)
    started = time.perf_counter()
    for number in range(runs):
        with mlflow.start_run():
            mlflow.log_params({"depth": number % 12, "rate": 0.1, "trees": 100})
            mlflow.log_metrics({"rmse": 30.0 + number / runs, "mae": 20.0})
    return time.perf_counter() - started


def metric_history(home: Path) -> tuple[float, int, int]:
    """Log one metric of 10,000 steps; return seconds until answered, bytes sent, and bytes of the points alone."""
    with clew.connect(home=home, project="bench") as client, client.run("steps", describe_environment=False) as run:
        client.flush()
        before, started = client.stats().bytes_sent, time.perf_counter()
        for step in range(STEPS):
            run.log_metric("loss", 1.0 / (step + 1), step=step)
        if not client.flush(600):
            raise SystemExit("not all arrived")
        seconds = time.perf_counter() - started
        sent = client.stats().bytes_sent - before
    stamp = "2026-11-21T03:14:15.926535Z"
    points = [{"name": "loss", "value": 1.0 / (n + 1), "step": n, "time": stamp} for n in range(STEPS)]
    return seconds, sent, sum(len(json.dumps(each, separators=(",", ":"))) + 1 for each in points)


def main() -> None:
    """Measure, and print medians."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=3000)
    arguments.add_argument("--mlflow-runs", type=int, default=100)
    arguments.add_argument("--repeat", type=int, default=5)
    asked = arguments.parse_args()
    has_mlflow = importlib.util.find_spec("mlflow") is not None
    plain, full, other = [], [], []
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "home"):
        home = Path(folder) / "home"
        through_sdk(home, 200, full=True)
        for at in range(asked.repeat):
            plain.append(through_sdk(home, asked.runs, full=False))
            full.append(through_sdk(home, asked.runs, full=True))
            if has_mlflow:
                store = Path(folder) / f"mlflow-{at}"
                store.mkdir()
                other.append(through_mlflow(store, asked.mlflow_runs))
        seconds, sent, points = metric_history(home)
    for name, found in (("run, parameters, metrics", plain), ("the same with environment and code", full)):
        said, done = median(each[0] for each in found), median(each[1] for each in found)
        print(f"clew, {name}: {asked.runs / done:,.0f} runs/s ({asked.runs / said:,.0f} runs/s seen by the script)")
    if other:
        print(f"MLflow's SQLite store: {asked.mlflow_runs / median(other):,.0f} runs/s")
    share = f"{sent:,} bytes sent, {points:,} bytes of points ({sent / points:.2f})"
    print(f"{STEPS:,} metric steps: {seconds:.2f} s, {share}")


if __name__ == "__main__":
    main()
