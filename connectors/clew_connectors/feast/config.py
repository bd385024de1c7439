"""What the Feast connector must be told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from clew_connectors.port import ConnectorConfig

Name = Annotated[str, StringConstraints(min_length=1)]


class Home(ConnectorConfig):
    """Where the tables of a data source are."""

    namespace: Name = Field(description="Namespace of the tables, such as postgres://host:5432 or duckdb://nyc")
    database: Name | None = Field(default=None, description="Database of tables that are named without one")
    schema_: Name | None = Field(
        default=None, alias="schema", description="Schema of tables that are named without one"
    )
    name: Name | None = Field(
        default=None, description="The whole name of the dataset, where the source's own says something else"
    )


class FeastConfig(ConnectorConfig):
    """Reads the registry of a Feast repository, by an interpreter that has Feast; nothing of it is loaded here."""

    repository: Name = Field(description="Path of the folder with the repository's feature_store.yaml")
    settings: Name = Field(default="feature_store.yaml", description="Name of the settings file in that folder")
    python: Name = Field(description="Path of a Python interpreter with Feast in it: <its environment>/bin/python")
    namespace: Name | None = Field(default=None, description="Namespace of the features; without it feast://<project>")
    namespaces: dict[Name, Name | Home] = Field(
        default_factory=dict,
        description="Where tables are, by the name of a data source or by its type: file, postgres, snowflake, …",
    )
    timeout: float = Field(default=120.0, gt=0, le=3600, description="Seconds that reading the registry may take")

    @property
    def path(self) -> Path:
        """The repository's folder, absolute."""
        return Path(self.repository).expanduser().absolute()

    def home_of(self, source: str, type_: str) -> Home | None:
        """Return where the tables of a source are, None when nobody says."""
        said = self.namespaces.get(source) or self.namespaces.get(type_)
        return Home(namespace=said) if isinstance(said, str) else said
