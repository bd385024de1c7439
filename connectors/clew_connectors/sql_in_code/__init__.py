"""SQL in code: the statements that stand as text in Python files and notebooks, each with its place."""

from clew_connectors.port import Connector
from clew_connectors.sql_in_code.config import SqlInCodeConfig
from clew_connectors.sql_in_code.read import check, discover, read
from clew_connectors.sql_in_code.records import Statement
from clew_connectors.sql_in_code.translate import translate

CONNECTOR: Connector[SqlInCodeConfig, Statement] = Connector(
    name="sql_in_code",
    version="1",
    spec=SqlInCodeConfig,
    check=check,
    discover=discover,
    read=read,
    translate=translate,
)
