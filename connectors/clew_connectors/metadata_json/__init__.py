"""metadata.json: the file in which a project says what it was trained on, how, how well, and where it answers.

The file is described by `metadata.v1.json`, against which each is checked.
"""

from clew_connectors.metadata_json.config import MetadataConfig
from clew_connectors.metadata_json.read import check, discover, read
from clew_connectors.metadata_json.records import Item
from clew_connectors.metadata_json.translate import translate
from clew_connectors.port import Connector

CONNECTOR: Connector[MetadataConfig, Item] = Connector(
    name="metadata_json",
    version="1",
    spec=MetadataConfig,
    check=check,
    discover=discover,
    read=read,
    translate=translate,
)
