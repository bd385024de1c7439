"""SQLite: the tables and views of a database file, with keys, indexes, the views' SQL, row counts and sizes."""

from clew_connectors.port import Connector
from clew_connectors.sqlite.config import SQLiteConfig
from clew_connectors.sqlite.read import check, discover, read
from clew_connectors.sqlite.records import Item
from clew_connectors.sqlite.translate import translate

CONNECTOR: Connector[SQLiteConfig, Item] = Connector(
    name="sqlite", version="1", spec=SQLiteConfig, check=check, discover=discover, read=read, translate=translate
)
