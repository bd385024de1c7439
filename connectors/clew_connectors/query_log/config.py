"""What the query log connector must be told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from clew_connectors.port import ConnectorConfig

Name = Annotated[str, StringConstraints(min_length=1)]
Segment = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
Format = Literal["jsonl", "csv", "postgres_log", "pg_stat_statements"]
Part = Literal["text", "time", "user", "session", "database", "schema", "times", "status"]


class QueryLogConfig(ConnectorConfig):
    """Reads the statements that a platform logged. Literals in them are blanked before anything is sent."""

    path: Name = Field(description="Path of one log, or a pattern for many that are read in order of their names")
    format: Format = Field(
        default="jsonl",
        description="jsonl: an object a line; csv: with a header; postgres_log: PostgreSQL's csvlog;"
        " pg_stat_statements: the view written out as CSV with a header",
    )
    dialect: Name = Field(description="The SQL dialect, as sqlglot calls it: snowflake, bigquery, postgres, …")
    namespace: Name = Field(description="Namespace of the datasets that the SQL names")
    name: Segment = Field(default="queries", description="What the log is called, where a namespace has several")
    database: Name | None = Field(
        default=None, description="Database that names are completed with, if the log is silent"
    )
    db_schema: Name | None = Field(
        default=None, alias="schema", description="Schema that names are completed with, if the log is silent"
    )
    fields: dict[Part, Name] = Field(
        default_factory=dict,
        description="What the log calls the text, time, user, session, database, schema, times (how often) and status"
        " of a statement, where it is none of the usual words; a dot leads into an object",
    )
