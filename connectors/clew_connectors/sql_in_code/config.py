"""What the connector for SQL in code must be told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from clew_connectors.port import ConnectorConfig

Name = Annotated[str, StringConstraints(min_length=1)]


class SqlInCodeConfig(ConnectorConfig):
    """Reads the Python files and notebooks below a folder. Nothing of them is run."""

    folder: Name = Field(description="The folder that is looked through")
    code: Annotated[str, StringConstraints(pattern=r"^[^\s]{1,200}$")] = Field(
        description="Namespace of the statements, such as code://shop-etl: what the project is called"
    )
    dialect: Name = Field(description="The SQL dialect, as sqlglot calls it: snowflake, bigquery, postgres, …")
    namespace: Name = Field(description="Namespace of the datasets that the SQL names")
    database: Name | None = Field(default=None, description="Database that names are completed with")
    db_schema: Name | None = Field(default=None, alias="schema", description="Schema that names are completed with")
    exclude: tuple[Name, ...] = Field(
        default=(".*", "node_modules", "venv", "build", "dist", "__pycache__", "site-packages"),
        description="Names of files and folders that are left out; * and ? stand for anything",
    )

    @property
    def root(self) -> Path:
        """The folder, absolute."""
        return Path(self.folder).expanduser().absolute()
