"""What the MLflow connector must be told."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, StringConstraints

from clew_connectors.port import ConnectorConfig

Name = Annotated[str, StringConstraints(min_length=1)]


class MlflowConfig(ConnectorConfig):
    """Reads one MLflow tracking store with its model registry, as it lies; nothing is written to it."""

    tracking: Name = Field(
        description="Tracking URI: sqlite:///relative.db, sqlite:////absolute.db, file:///folder/mlruns or http(s)://…"
    )
    namespace: Name = Field(description="Namespace of experiments, runs, models and logged datasets, as mlflow://nyc")
    experiments: Annotated[tuple[Name, ...], Field(min_length=1)] | None = Field(
        default=None, description="Names of the experiments to read runs of; without it all that are not deleted"
    )
    owner_tag: Name = Field(default="owner", description="The tag whose value names owners, by e-mail or name")
    namespaces: dict[Name, Name] = Field(
        default_factory=dict,
        description="Where logged sources are catalogued: from a source's URI, the beginning of one, or a source type, "
        "to the namespace of the platform. An unlisted URI stands for itself",
    )
    files: bool = Field(default=True, description="Read model files: signature, environment, learned values")
    verify: bool = Field(
        default=False,
        description="Run the SQL of logged sources again, read-only, and compare digests (DuckDB; extra mlflow-verify)",
    )
    databases: dict[Name, Name] = Field(
        default_factory=dict,
        description="For verify: from a source's URI, or the beginning of one, to the path of the DuckDB file to ask",
    )
    verify_rows: int = Field(default=1_000_000, ge=1, description="For verify: rows that a result may have at most")
    verify_seconds: float = Field(default=60.0, gt=0, le=3600, description="For verify: seconds that a query may take")

    @property
    def where(self) -> str:
        """The tracking URI as it may be said: without user, password and query."""
        return without_user(self.tracking)


def without_user(uri: str) -> str:
    """Return a URI without user, password and query; a path as it is."""
    scheme, mark, rest = uri.partition("://")
    if not mark:
        return uri
    host, slash, path = rest.partition("/")
    return scheme + mark + host.rpartition("@")[2] + slash + re.split("[?#]", path, maxsplit=1)[0]
