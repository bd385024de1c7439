"""What the SQLite connector must be told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from clew_connectors.port import ConnectorConfig

Name = Annotated[str, StringConstraints(min_length=1)]


class SQLiteConfig(ConnectorConfig):
    """Reads one SQLite database file, as it lies; nothing is attached to it."""

    database: Name = Field(description="Path of the database file")
    namespace: Name | None = Field(
        default=None, description="Namespace of the datasets; without it sqlite://<absolute path of the file>"
    )
    count_up_to: int = Field(
        default=1_000_000,
        ge=0,
        description="Rows up to which a table is counted; one that has more says no number. 0 counts nothing",
    )
    lock_timeout: float = Field(
        default=10.0, ge=0, le=3600, description="Seconds to wait for a process that has locked the whole file"
    )

    @property
    def path(self) -> Path:
        """The database file, absolute."""
        return Path(self.database).expanduser().absolute()

    @property
    def home(self) -> str:
        """The namespace of the datasets."""
        return self.namespace or f"sqlite://{self.path}"
