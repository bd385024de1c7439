"""Feast: feature views of all sorts and feature services of a repository, with their sources, features and code."""

from clew_connectors.feast.config import FeastConfig
from clew_connectors.feast.read import check, discover, read
from clew_connectors.feast.records import Item
from clew_connectors.feast.translate import translate
from clew_connectors.port import Connector

CONNECTOR: Connector[FeastConfig, Item] = Connector(
    name="feast", version="1", spec=FeastConfig, check=check, discover=discover, read=read, translate=translate
)
