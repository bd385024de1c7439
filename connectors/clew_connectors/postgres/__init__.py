"""PostgreSQL: the schemas, tables, views and functions of a database, with keys, SQL, sizes and statistics."""

from clew_connectors.port import Connector
from clew_connectors.postgres.config import PostgresConfig
from clew_connectors.postgres.read import check, discover, read
from clew_connectors.postgres.records import Item
from clew_connectors.postgres.translate import translate

CONNECTOR: Connector[PostgresConfig, Item] = Connector(
    name="postgres", version="1", spec=PostgresConfig, check=check, discover=discover, read=read, translate=translate
)
