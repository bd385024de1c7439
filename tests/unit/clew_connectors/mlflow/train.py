"""Trains small models under MLflow, in a process of its own: `python train.py <folder> <a secret URL>`.

Leaves `flights.duckdb`; `good.db`, a store in which all is well; `odd.db`, the same with runs that have something
wrong; and `mlruns`, a store of files.
"""

import os
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1", "MLFLOW_ALLOW_FILE_STORE": "true"}
warnings.filterwarnings("ignore")

import duckdb  # noqa: E402
import mlflow  # noqa: E402
from mlflow.data.dataset_source import DatasetSource  # noqa: E402
from mlflow.data.meta_dataset import MetaDataset  # noqa: E402
from mlflow.entities import Metric  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.ensemble import RandomForestRegressor  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LinearRegression  # noqa: E402
from sklearn.pipeline import Pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: E402

FLIGHTS = """
create table flights as select
  (i * 37) % 97 as dep_delay,
  case when i % 11 = 0 then null else (i * 13) % 1000 end::double as distance,
  ['EWR', 'JFK', 'LGA'][i % 3 + 1] as origin,
  ((i * 37) % 97) * 0.9 + i % 7 as arr_delay
from range(2000) t(i)
"""
SQL = "select dep_delay::double as dep_delay, distance, origin, arr_delay from main.flights order by all"


class DuckDBSource(DatasetSource):
    """Says which DuckDB file, which table, and by which SQL."""

    def __init__(self, uri: str, table: str, sql: str) -> None:
        self.said = {"uri": uri, "table": table, "sql": sql}

    @staticmethod
    def _get_source_type() -> str:
        return "duckdb"

    def load(self) -> Any:
        return duckdb.connect(self.said["uri"].removeprefix("duckdb://"), read_only=True).sql(self.said["sql"]).df()

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return False

    @classmethod
    def _resolve(cls, raw_source: Any) -> "DuckDBSource":
        raise NotImplementedError

    def to_dict(self) -> dict[str, str]:
        return self.said

    @classmethod
    def from_dict(cls, source_dict: dict[str, str]) -> "DuckDBSource":
        return cls(**source_dict)


def pipeline(depth: int) -> Pipeline:
    numbers = Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())])
    prepare = ColumnTransformer(
        [("num", numbers, ["dep_delay", "distance"]), ("cat", OneHotEncoder(handle_unknown="ignore"), ["origin"])]
    )
    forest = RandomForestRegressor(5, max_depth=depth, random_state=7, n_jobs=1)
    return Pipeline([("prepare", prepare), ("model", forest)])


def train(frame: Any, source: DatasetSource, secret: str) -> None:
    """Two versions of one model, on data with a source, and an alias."""
    features = frame.drop(columns="arr_delay")
    for depth in (3, 6):
        with mlflow.start_run(run_name=f"depth-{depth}", description="Grows a forest.") as run:
            dataset = mlflow.data.from_pandas(frame, source=source, name="flights", targets="arr_delay")
            mlflow.log_input(dataset, context="training")
            mlflow.log_params({"depth": depth, "share": "0.5", "shuffle": "True", "seed": 7, "zip": "007"})
            for step in range(5):
                mlflow.log_metric("rmse", 10 / (step + depth), step=step)
            mlflow.set_tags({"team": "delays", "copied": secret})
            model = pipeline(depth).fit(features, frame.arr_delay)
            mlflow.sklearn.log_model(
                model,
                name="model",
                signature=infer_signature(features, model.predict(features)),
                registered_model_name="delay",
                pip_requirements=["scikit-learn==1.9.1", "pandas>=2.2"],
                skops_trusted_types=["sklearn.tree._tree.Tree", "numpy.dtype"],
            )
            with mlflow.start_run(run_name="within", nested=True, parent_run_id=run.info.run_id):
                mlflow.log_metric("fold", 1.0)
    client = mlflow.MlflowClient()
    client.set_registered_model_alias("delay", "champion", "2")
    client.set_registered_model_tag("delay", "owner", "Ada Lovelace <ada@example.org>, grace@example.org")
    client.update_registered_model("delay", "Tells how late a flight arrives.")
    client.set_model_version_tag("delay", "2", "checked", "yes")


def go_wrong(frame: Any, source: DatasetSource, secret: str) -> None:
    """Runs with something amiss."""
    client = mlflow.MlflowClient()
    with mlflow.start_run(run_name="endless") as run:
        mlflow.log_metrics({"nan": float("nan"), "up": float("inf"), "down": float("-inf")})
        mlflow.log_input(MetaDataset(source=source, name="bare"), context="training")
        points = [Metric("loss", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(10_000)]
        for at in range(0, len(points), 1_000):
            client.log_batch(run.info.run_id, points[at : at + 1_000])
        endless = run.info.run_id
    client.update_run(endless, status="RUNNING")
    with mlflow.start_run(run_name="twice"):
        dataset = mlflow.data.from_pandas(frame, source=source, name="held out", targets="arr_delay")
        mlflow.log_input(dataset, context="validation")
        inputs = frame[["dep_delay"]]
        for slope in ("first", "second"):
            model = LinearRegression().fit(inputs, frame.arr_delay)
            mlflow.sklearn.log_model(
                model,
                name=slope,
                signature=infer_signature(inputs, model.predict(inputs)),
                registered_model_name="slope" if slope == "second" else None,
                pip_requirements=["scikit-learn"],
                serialization_format="cloudpickle" if slope == "second" else "skops",
            )
    with mlflow.start_run(run_name="odd source"):
        table = DuckDBSource(f"postgres://ada:{secret.split(':')[2].split('@')[0]}@db.example/shop", "public.t", "")
        mlflow.log_input(mlflow.data.from_pandas(frame, source=table, name="leaky"), context="training")


def main(folder: Path, secret: str) -> None:
    database = folder / "flights.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(FLIGHTS)
    source = DuckDBSource(f"duckdb://{database}", "main.flights", SQL)
    frame = source.load()
    mlflow.set_tracking_uri(f"sqlite:///{folder}/good.db")
    tags = {"owner": "ada@example.org"}
    mlflow.MlflowClient().create_experiment("delays", artifact_location=(folder / "files").as_uri(), tags=tags)
    mlflow.set_experiment("delays")
    train(frame, source, secret)
    shutil.copy(folder / "good.db", folder / "odd.db")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/odd.db")
    mlflow.set_experiment("delays")
    go_wrong(frame, source, secret)
    mlflow.set_tracking_uri((folder / "mlruns").as_uri())
    mlflow.set_experiment("filed")
    train(frame, source, secret)
    shutil.rmtree(folder / "mlruns" / ".trash")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
