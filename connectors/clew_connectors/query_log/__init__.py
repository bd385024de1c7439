"""Query logs: who ran which SQL when, from JSON lines, CSV, PostgreSQL's log or `pg_stat_statements`."""

from clew_connectors.port import Connector
from clew_connectors.query_log.config import QueryLogConfig
from clew_connectors.query_log.read import check, discover, read
from clew_connectors.query_log.records import Portion
from clew_connectors.query_log.translate import translate

CONNECTOR: Connector[QueryLogConfig, Portion] = Connector(
    name="query_log", version="1", spec=QueryLogConfig, check=check, discover=discover, read=read, translate=translate
)
