"""Runs the SQL of a logged dataset again, and sees whether the same digest comes out.

Only a single SELECT is run, on a DuckDB file opened read-only, without access to anything else, and bounded in rows
and time. What MLflow's digest sees: the names of the columns, the number of rows, and of the first 10,000 rows the
columns of numbers and of strings; neither booleans nor dates, nor any row after those.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlflow.data.digest_utils import compute_pandas_digest

from clew_connectors.mlflow.config import MlflowConfig
from clew_connectors.mlflow.records import LoggedDataset
from clew_connectors.mlflow.sources import longest
from clew_connectors.port import ReadWarning
from clew_schemas.errors import BadInput

DTYPES = {
    "boolean": "bool",
    "integer": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "string": "str",
    "datetime": "datetime64[ns]",
}
"""Types of pandas by MLflow's."""


def drivers() -> tuple[Any, Any]:
    """Return DuckDB and pandas; raise BadInput where the extra is not installed."""
    try:
        return importlib.import_module("duckdb"), importlib.import_module("pandas")
    except ImportError as error:
        raise BadInput(
            f"verify needs {error.name}, which is not installed",
            where="config.verify",
            hint="pip install 'clew[mlflow-verify]'",
        ) from error


def verified(dataset: LoggedDataset, config: MlflowConfig) -> str | ReadWarning | None:
    """Return how the digest was found to be equal, or why it was not; None for what holds no SQL of DuckDB's."""
    source = dataset.source
    if source.sql is None or source.type != "duckdb":
        return None
    where = f"{dataset.name} {dataset.digest}"
    path = longest(source.uri, config.databases)
    if path is None:
        return ReadWarning(
            "not verified: the recipe names no database file for its source", where, "Add its URI to `databases`"
        )
    duckdb, pandas = drivers()
    try:
        frame = _result(duckdb, pandas, Path(path).expanduser(), source.sql, config)
        types = {name: DTYPES[type_] for name, type_ in dataset.columns or () if type_ in DTYPES and name in frame}
        digest = compute_pandas_digest(frame.astype(types))
    except (duckdb.Error, ValueError, TypeError, OSError, _Refused) as error:
        return ReadWarning(f"not verified: {str(error).splitlines()[0]}", where)
    if digest != dataset.digest:
        return ReadWarning(
            f"not verified: run again, its SQL gives the digest {digest}",
            where,
            "The data has changed since, or the SQL puts its rows in no order",
        )
    return f"the SQL, run again, gave {len(frame)} rows with the same digest"


class _Refused(Exception):
    """A query that is not run, or not to its end."""


def _result(duckdb: Any, pandas: Any, path: Path, sql: str, config: MlflowConfig) -> Any:
    if not path.is_file():
        raise _Refused(f"there is no DuckDB file {path}")
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise _Refused("its SQL is no single SELECT")
    alone = {"enable_external_access": "false", "lock_configuration": "true"}
    connection = duckdb.connect(str(path), read_only=True, config=alone)
    try:
        with _bounded(connection, config.verify_seconds):
            connection.execute(sql)
            return _frame(pandas, connection, config.verify_rows)
    except duckdb.InterruptException as error:
        raise _Refused(f"its SQL took more than {config.verify_seconds:g} seconds") from error
    finally:
        connection.close()


@contextmanager
def _bounded(connection: Any, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _frame(pandas: Any, connection: Any, most: int) -> Any:
    """Return the result as one frame, and give up beyond `most` rows."""
    chunks = [connection.fetch_df_chunk()]
    count = len(chunks[0])
    while len(chunks[-1]):
        chunks.append(connection.fetch_df_chunk())
        count += len(chunks[-1])
        if count > most:
            raise _Refused(f"its SQL gives more than {most} rows")
    return pandas.concat(chunks[:-1] or chunks, ignore_index=True)
