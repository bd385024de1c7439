"""What the PostgreSQL connector must be told."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, SecretStr, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from clew_connectors.port import ConnectorConfig

Name = Annotated[str, StringConstraints(min_length=1)]
SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

DEFAULT_PORT = 5432
_INSTEAD = ("host", "port", "database", "user", "password", "ssl_mode", "ssl_root_certificate")
"""Keys that say piece by piece what `url` says at once."""


class PostgresConfig(ConnectorConfig):
    """Reads one database of a PostgreSQL server, 12 or newer, in one read-only transaction."""

    host: Name | None = Field(default=None, description="Host of the server; localhost by default")
    port: int | None = Field(default=None, ge=1, le=65535, description="Port of the server; 5432 by default")
    database: Name | None = Field(default=None, description="The database to read; one a recipe")
    user: Name | None = Field(default=None, description="Who reads; rights on the tables themselves are not needed")
    password: SecretStr | None = Field(default=None, description="The user's password")
    ssl_mode: SslMode | None = Field(
        default=None, description="How much the connection is secured, in libpq's words; prefer by default"
    )
    ssl_root_certificate: Name | None = Field(
        default=None, description="Path of the certificates that the server's is checked against"
    )
    url: SecretStr | None = Field(
        default=None,
        validate_default=True,
        description="All of it in one: postgresql://user:password@host:port/database; instead of host, database, …",
    )
    namespace: Name | None = Field(
        default=None, description="Namespace of the datasets; without it postgres://<host>:<port>"
    )
    schemas: Annotated[tuple[Name, ...], Field(min_length=1)] | None = Field(
        default=None, description="Schemas to read, with * and ? as wildcards; all by default, never the system's own"
    )
    exclude: tuple[Name, ...] = Field(default=(), description="Schemas to leave out, with * and ? as wildcards")
    partitions: bool = Field(
        default=False, description="Whether each partition is a dataset too; else it is part of its table"
    )
    functions: bool = Field(default=True, description="Whether functions and procedures are read")
    owners: bool = Field(default=False, description="Whether the roles that own things are given as their owners")
    statistics: bool = Field(default=True, description="Whether what ANALYZE found out about columns is read")
    values: bool = Field(
        default=False, description="Whether statistics hold the most common values; these are data, not metadata"
    )
    usage: bool = Field(default=False, description="Whether the server's counts of scans and writes are read")
    connect_timeout: int = Field(default=10, ge=2, le=600, description="Seconds to wait for the server to answer")
    statement_timeout: float = Field(default=60.0, gt=0, le=3600, description="Seconds that one question may take")
    lock_timeout: float = Field(
        default=5.0, ge=0, le=600, description="Seconds to wait, in all, for tables that somebody has locked"
    )

    @field_validator("url")
    @classmethod
    def _one_way(cls, url: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Accept a database, or a URL that names one, and not both."""
        if url is None:
            if "database" in info.data and info.data["database"] is None:
                raise PydanticCustomError("postgres_database", "neither `database` nor `url` says what to read")
            return url
        for name in _INSTEAD:
            if info.data.get(name) is not None:
                raise PydanticCustomError("postgres_url", "`url` says it all: leave out `{name}`", {"name": name})
        if not _parsed(url).get("dbname"):
            raise PydanticCustomError("postgres_url", "the URL names no database")
        return url

    @property
    def connection(self) -> dict[str, Any]:
        """Where and as whom to connect, in the words of libpq. Holds the password."""
        if self.url is not None:
            return _parsed(self.url)
        said = {
            "host": self.host or "localhost",
            "port": self.port or DEFAULT_PORT,
            "dbname": self.database,
            "user": self.user,
            "password": self.password.get_secret_value() if self.password else None,
            "sslmode": self.ssl_mode,
            "sslrootcert": self.ssl_root_certificate,
        }
        return {name: value for name, value in said.items() if value is not None}

    @property
    def address(self) -> str:
        """The database as people would write it, without user and password."""
        return f"{self._server}/{self.connection['dbname']}"

    @property
    def home(self) -> str:
        """The namespace of the datasets."""
        return self.namespace or self._server

    @property
    def _server(self) -> str:
        """The server; of several hosts that stand for one another, the first."""
        host, port = (str(self.connection.get(name) or "").split(",")[0] for name in ("host", "port"))
        return f"postgres://{host or 'localhost'}:{port or DEFAULT_PORT}"

    def wants(self, schema: str) -> bool:
        """Say whether a schema of this name is to be read."""
        included = self.schemas is None or any(fnmatchcase(schema, each) for each in self.schemas)
        return included and not any(fnmatchcase(schema, each) for each in self.exclude)


def _parsed(url: SecretStr) -> dict[str, Any]:
    try:
        return conninfo_to_dict(url.get_secret_value())
    except ProgrammingError:
        # What the driver says may quote a part of the password.
        raise PydanticCustomError(
            "postgres_url", "not a URL of PostgreSQL: postgresql://user:password@host:port/database"
        ) from None
