"""dbt: a project's models as jobs, with their compiled SQL, the relations they build, sources, tests and exposures."""

from clew_connectors.dbt.config import DbtConfig
from clew_connectors.dbt.read import check, discover, read
from clew_connectors.dbt.records import Item
from clew_connectors.dbt.translate import translate
from clew_connectors.port import Connector

CONNECTOR: Connector[DbtConfig, Item] = Connector(
    name="dbt",
    version="1",
    spec=DbtConfig,
    check=check,
    discover=discover,
    read=read,
    translate=translate,
    rank=45,  # the platform that holds the relations knows their columns and keys better
)
