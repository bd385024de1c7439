"""What the DuckDB connector must be told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from clew_connectors.port import ConnectorConfig

Name = Annotated[str, StringConstraints(min_length=1)]


class DuckDBConfig(ConnectorConfig):
    """Reads one DuckDB database file, as it lies."""

    database: Name = Field(description="Path of the database file")
    namespace: Name | None = Field(
        default=None, description="Namespace of the datasets; without it duckdb://<absolute path of the file>"
    )
    schemas: Annotated[tuple[Name, ...], Field(min_length=1)] | None = Field(
        default=None, description="Schemas to read; without it all that are not DuckDB's own"
    )
    lock_timeout: float = Field(
        default=10.0, ge=0, le=3600, description="Seconds to wait for a process that is writing to the file"
    )

    @property
    def path(self) -> Path:
        """The database file, absolute."""
        return Path(self.database).expanduser().absolute()

    @property
    def home(self) -> str:
        """The namespace of the datasets."""
        return self.namespace or f"duckdb://{self.path}"
