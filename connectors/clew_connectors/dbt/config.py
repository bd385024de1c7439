"""What the dbt connector must be told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from clew_connectors.port import ConnectorConfig

Name = Annotated[str, StringConstraints(min_length=1)]


class DbtConfig(ConnectorConfig):
    """Reads the artifacts that dbt leaves in its target folder."""

    manifest: Name = Field(description="Path of manifest.json, version 12 (dbt 1.8 or newer)")
    catalog: Name | None = Field(
        default=None, description="Path of catalog.json, version 1, for the columns of relations"
    )
    run_results: Name | None = Field(
        default=None,
        description="Path of run_results.json, version 6, written by dbt build, test, run, seed or snapshot",
    )
    namespace: Name = Field(
        description="Namespace of the relations, which no artifact tells, such as duckdb://nyc or postgres://host:5432"
    )
    models: Name | None = Field(
        default=None,
        description="Namespace of the models that exposures name in meta.mlflow_model, such as mlflow://shop",
    )
