"""DuckDB: the schemas, tables and views of a database file, with keys, comments, the views' SQL and row counts."""

from clew_connectors.duckdb.config import DuckDBConfig
from clew_connectors.duckdb.read import check, discover, read
from clew_connectors.duckdb.records import Item
from clew_connectors.duckdb.translate import translate
from clew_connectors.port import Connector

CONNECTOR: Connector[DuckDBConfig, Item] = Connector(
    name="duckdb", version="1", spec=DuckDBConfig, check=check, discover=discover, read=read, translate=translate
)
