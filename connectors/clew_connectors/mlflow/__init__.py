"""MLflow: experiments, runs with their metrics, logged datasets, models, versions with what they learned, aliases.

Read with `mlflow-skinny`; the full package is never needed, and traces are left alone.
"""

import os

# MLflow decides at its import whether it reports its own use, and at each call how long it tries. Without a pool no
# connection outlives the copy of a store that it reads.
for _name, _value in {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}.items():
    os.environ.setdefault(_name, _value)

from clew_connectors.mlflow.config import MlflowConfig  # noqa: E402 - after the environment, see above
from clew_connectors.mlflow.read import check, discover, read  # noqa: E402
from clew_connectors.mlflow.records import Item  # noqa: E402
from clew_connectors.mlflow.translate import translate  # noqa: E402
from clew_connectors.port import Connector  # noqa: E402

CONNECTOR: Connector[MlflowConfig, Item] = Connector(
    name="mlflow", version="1", spec=MlflowConfig, check=check, discover=discover, read=read, translate=translate
)
