"""Trains a model of arrival delays in two versions under MLflow, on the feature table that dbt built.

    python demo/train.py [--database demo/.work/nyc.duckdb] [--store demo/.work/mlflow]

The first version is a linear one on six numbers; the second, a forest, also knows origin and carrier, and is the
champion. Both log the SQL that their data came from, in a total order, so that it can be run again.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import time
import warnings
from pathlib import Path
from typing import Any

os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}

import duckdb
import mlflow
import numpy as np
import pandas as pd
from load import DATABASE, HERE, checked
from mlflow.data.dataset_source import DatasetSource
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

STORE = HERE / ".work" / "mlflow"
MODEL, TARGET, TABLE = "flight_delay", "arr_delay", "nyc.main_features.delay_features"
NUMBERS = ["distance", "sched_dep_minute", "plane_age", "prev_dep_delay", "flights_before_today", "wind_speed"]
WORDS = ["origin", "carrier"]
SEED = 2013
TREES = (5, 10, 20, 30)
"""Trees after which the forest is measured: the steps of its metrics."""


class DuckDBSource(DatasetSource):
    """Where a logged set of data came from: the database by the name that the catalog knows, the table and the SQL."""

    def __init__(self, uri: str, table: str, sql: str) -> None:
        self.said = {"uri": uri, "table": table, "sql": sql}

    @staticmethod
    def _get_source_type() -> str:
        return "duckdb"

    def load(self, **_: Any) -> Any:
        raise NotImplementedError("read it with DuckDB")

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return False

    @classmethod
    def _resolve(cls, raw_source: Any) -> DuckDBSource:
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        return self.said

    @classmethod
    def from_dict(cls, source_dict: dict[str, Any]) -> DuckDBSource:
        return cls(**source_dict)


def pipeline(features: list[str], model: Any) -> Pipeline:
    """Missing numbers become the median, numbers are scaled, words one column a value."""
    numbers = [each for each in features if each in NUMBERS]
    words = [each for each in features if each in WORDS]
    steps: list[tuple[str, Any, list[str]]] = [
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers)
    ]
    if words:
        steps.append(("words", OneHotEncoder(handle_unknown="ignore"), words))
    return Pipeline([("prepare", ColumnTransformer(steps)), ("model", model)])


def read(database: Path, features: list[str]) -> tuple[pd.DataFrame, str]:
    """Return the rows of January and February, and the SQL that gives them in a total order."""
    columns = ", ".join([*features, TARGET])
    sql = f"select {columns} from {TABLE} where flight_date < date '2013-03-01' order by flight_key"
    with duckdb.connect(str(database), read_only=True) as connection:
        frame = connection.execute(sql).df()
    numbers = [each for each in [*features, TARGET] if each not in WORDS]
    return frame.astype(dict.fromkeys(numbers, "float64")), sql


def train(database: Path, name: str, features: list[str], model: Any, steps: tuple[int, ...]) -> str:
    """Train, measure and register one version; return its number."""
    frame, sql = read(database, features)
    train_rows, test_rows = train_test_split(frame, test_size=0.25, random_state=SEED)
    fitted = pipeline(features, model)
    with mlflow.start_run(run_name=name) as run:
        mlflow.log_input(
            mlflow.data.from_pandas(
                frame, source=DuckDBSource("duckdb://nyc", TABLE, sql), targets=TARGET, name="delay_features"
            ),
            context="training",
        )
        mlflow.log_params({"algorithm": type(model).__name__, "seed": SEED, **model.get_params()})
        for step in steps or (0,):
            if steps:
                fitted.set_params(model__n_estimators=step)
            fitted.fit(train_rows[features], train_rows[TARGET])
            guessed = fitted.predict(test_rows[features])
            mlflow.log_metric("rmse", float(root_mean_squared_error(test_rows[TARGET], guessed)), step=step)
            mlflow.log_metric("mae", float(mean_absolute_error(test_rows[TARGET], guessed)), step=step)
        mlflow.set_tags({"owner": "data-science@nyc-flights.example", "stage": "demo"})
        logged = mlflow.sklearn.log_model(
            fitted,
            name="model",
            registered_model_name=MODEL,
            signature=infer_signature(test_rows[features].head(), guessed[:5]),
            pip_requirements=["scikit-learn", "skops"],
            serialization_format="skops",
            skops_trusted_types=["sklearn.tree._tree.Tree", "numpy.dtype"],
        )
        rmse = run.info.run_id and root_mean_squared_error(test_rows[TARGET], guessed)
    print(f"{MODEL} {logged.registered_model_version}: {name}, {len(frame):,} rows, RMSE {rmse:.2f} minutes")
    return str(logged.registered_model_version)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", type=Path, default=DATABASE, help="default: %(default)s")
    parser.add_argument("--store", type=Path, default=STORE, help="folder of the store, made anew: %(default)s")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning, module="mlflow")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    started = time.perf_counter()
    shutil.rmtree(arguments.store, ignore_errors=True)
    arguments.store.mkdir(parents=True)
    store = arguments.store.resolve()
    mlflow.set_tracking_uri(f"sqlite:///{store / 'mlflow.db'}")
    mlflow.create_experiment("arrival delays", artifact_location=(store / "artifacts").as_uri())
    mlflow.set_experiment("arrival delays")
    np.random.seed(SEED)
    database = checked(arguments.database)
    train(database, "linear", NUMBERS, Ridge(alpha=1.0), ())
    forest = RandomForestRegressor(TREES[-1], max_depth=8, n_jobs=1, random_state=SEED, warm_start=True)
    best = train(database, "forest", [*NUMBERS, *WORDS], forest, TREES)
    client = mlflow.MlflowClient()
    client.set_registered_model_alias(MODEL, "champion", best)
    client.set_registered_model_tag(MODEL, "owner", "data-science@nyc-flights.example")
    client.update_registered_model(MODEL, "How late a flight will arrive, in minutes, told before it leaves.")
    print(f"trained in {time.perf_counter() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
